"""Ridge regressions that the networks' predictions are blended with."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import RidgeCV
from threadpoolctl import threadpool_limits

from sklearn_gar._input.pieces import sample_rows
from sklearn_gar.losses import make_criterion

# Penalties to choose from, in shares of the number of rows.
_PENALTIES = np.logspace(-5, 3, 9)
# Values of a sample that is enough for a linear function, and rows for any number of features.
_VALUES, _FEWEST_ROWS = 1 << 20, 1 << 14
# One step beyond either end, so that every share in [0, 1] has two neighbours.
_SHARES = np.linspace(-0.025, 1.025, 43)


class Blend(NamedTuple):
    """A linear model and its share in the prediction of each target, in scaled units."""

    weights: np.ndarray  # (d, k)
    bias: np.ndarray     # (k,)
    share: np.ndarray    # (k,)

    def __call__(self, prediction: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Blended predictions (n, k), given those of the networks and the features (n, d)."""
        if not np.count_nonzero(self.share):
            return prediction
        linear = X @ self.weights + self.bias
        return prediction + self.share * (linear - prediction)

    def without(self, targets: np.ndarray) -> "Blend":
        """The blend with a share of 0 for the targets of a mask."""
        return self._replace(share=np.where(targets, 0.0, self.share))


def choose_blend(net, table, ridges, estimator, members=slice(None)) -> Blend:
    """The blend of these members of a net with their ridge regressions.

    The share of the ridge regressions is the one with the lowest loss on the rows held out:
    next to nothing where the networks are far better, and nearly all where there is only a
    linear function and noise.  Each network holds out rows of its own, and so does its ridge
    regression.  The loss is taken over all of them, for each target or for all together.
    """
    X, y, weight = table.validation.whole()
    prediction, linear = net.member_outputs(X, members), ridge_outputs(ridges, X)
    if y.ndim == 2:  # all networks share these rows, and their mean predicts
        prediction, linear = prediction.mean(0), linear.mean(0)
    rows = [part.flatten(0, -2) for part in (prediction, linear, y)]
    weight = None if weight is None else weight.flatten()
    weights, bias = ridges
    share = _best_shares(estimator, len(weights), *rows, weight)
    weights, bias = weights.mean(0), bias.mean((0, 1))
    return Blend(weights.numpy(force=True), bias.numpy(force=True), share)


def ridge_outputs(ridges: tuple[torch.Tensor, torch.Tensor], X: torch.Tensor) -> torch.Tensor:
    """Predictions (m, n, k) of each member's ridge regression for features (n, d) or (m, n, d)."""
    weights, bias = ridges
    return X @ weights.to(X) + bias.to(X)


def _best_shares(estimator, n_members, prediction, linear, y, weight):
    """The share of lowest loss for each target (k,), or one for all if the loss is a module."""
    loss = make_criterion(estimator.loss, [estimator.alpha] * n_members)
    share = np.zeros(y.shape[-1])
    for targets in ([slice(one, one + 1) for one in range(len(share))]
                    if isinstance(estimator.loss, str) else [slice(None)]):
        columns = (part[:, targets] for part in (prediction, linear, y))
        share[targets] = _best_share(loss.validation_loss, *columns, weight)
    return share


@torch.no_grad()
def _best_share(loss, prediction, linear, y, weight):
    """The share of lowest loss: the best of a grid, refined by a parabola."""
    shares = torch.from_numpy(_SHARES).to(prediction)
    losses = loss(torch.lerp(prediction, linear, shares[:, None, None]), y, weight)
    losses = losses.double().nan_to_num(torch.inf, torch.inf, -torch.inf).numpy(force=True)
    best = int(losses.argmin())
    share = _SHARES[best]
    if 0 < best < len(losses) - 1:
        left, right = losses[best - 1] - losses[best], losses[best + 1] - losses[best]
        if 0 < left + right < np.inf:
            share += 0.5 * (_SHARES[1] - _SHARES[0]) * (left - right) / (left + right)
    return min(max(share, 0.0), 1.0)


def fit_ridges(table, n_codes: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (m, d, k) and biases (m, 1, k) of ridge regressions on each member's rows.

    The penalty is chosen by leave-one-out cross-validation.  The last `n_codes` features are
    codes of levels, of which nothing is linear: their weights are 0.
    """
    found = {}
    for rows in table.rows:
        if id(rows) not in found:
            found[id(rows)] = _fit_ridge(table, rows, n_codes)
    weights, biases = zip(*(found[id(rows)] for rows in table.rows))
    return torch.stack(weights), torch.stack(biases)


def _fit_ridge(table, rows, n_codes):
    """The ridge regression of one member; of many rows a sample is enough."""
    n_features, n_targets = table.X.n_features, table.y.shape[1]
    index = torch.arange(len(table)) if rows is None else rows
    n_values = max(_VALUES, _FEWEST_ROWS * n_features)
    index = index[sample_rows(len(index), n_features, n_values)]
    X, y, weight = (None if part is None else part.numpy(force=True).astype(np.float64)
                    for part in table.take(index[None]))
    n_numbers = n_features - n_codes
    nothing = torch.zeros(n_features, n_targets, dtype=torch.float64), torch.zeros(
        1, n_targets, dtype=torch.float64)
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        return nothing
    # One thread, since the last digits depend on their number.  Degenerate rows give a NaN.
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        model = RidgeCV(len(X) * _PENALTIES, alpha_per_target=True).fit(
            X[:, :n_numbers], y, None if weight is None else weight / weight.mean())
    weights = torch.zeros(n_features, n_targets, dtype=torch.float64)
    weights[:n_numbers] = torch.from_numpy(model.coef_.reshape(n_targets, n_numbers).T.copy())
    bias = torch.from_numpy(np.reshape(model.intercept_, (1, n_targets)))
    return (weights, bias) if weights.isfinite().all() and bias.isfinite().all() else nothing
