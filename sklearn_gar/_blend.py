"""What predictions are blended with: ridge regressions, as far as the rows held out ask for it."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import RidgeCV
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits

# penalties to choose from, as shares of the rows
_PENALTIES = np.logspace(-5, 3, 17)
# values of features that tell the weights of a linear model well enough
_VALUES = 1 << 22


class Blend(NamedTuple):
    """A linear model and its share in the prediction of each target, in scaled units."""

    weights: np.ndarray  # (d, k)
    bias: np.ndarray     # (k,)
    share: np.ndarray    # (k,)

    def __call__(self, prediction: np.ndarray, X: torch.Tensor) -> np.ndarray:
        """Blended predictions (n, k), given those of the networks and the features (n, d)."""
        if not self.share.any():
            return prediction
        linear = X.numpy(force=True) @ self.weights + self.bias
        return prediction + self.share * (linear - prediction)


def blend(net, table, ridges, members=slice(None)) -> Blend:
    """The blend of a problem's networks, these members of the net, with its ridge regressions.

    The share is that of least squares on the rows held out, between 0 and 1: next to nothing
    where the networks are far better, and nearly all where there is no more than a linear
    function and noise.  Each network holds out its own rows, and so does its ridge regression.
    """
    weights, bias = ridges
    X, y, weight = table.validation.whole()
    prediction = net.predict_members(X, members)
    gap = X @ weights.to(X) + bias.to(X) - prediction
    weight = 1 if weight is None else weight[..., None]
    along = (weight * gap * (y - prediction)).sum((0, 1)).double()
    share = (along / (weight * gap * gap).sum((0, 1)).double()).nan_to_num(0, 0, 0).clamp(0, 1)
    return Blend(*(part.numpy(force=True) for part in (weights.mean(0), bias.mean((0, 1)), share)))


def ridges(table) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (m, d, k) and biases (m, 1, k) of ridge regressions on each member's rows.

    The penalty is chosen by leave-one-out cross-validation.
    """
    found = {}
    for rows in table.rows:
        if id(rows) not in found:
            found[id(rows)] = _ridge(table, rows)
    weights, biases = zip(*(found[id(rows)] for rows in table.rows))
    return torch.stack(weights), torch.stack(biases)


def _ridge(table, rows):
    """Of many rows a part will do."""
    n_features, n_targets = table.X[:1].shape[1], table.y.shape[1]
    index = np.arange(len(table)) if rows is None else rows.numpy(force=True)
    n_most = max(2, _VALUES // n_features)
    if len(index) > n_most:
        index = np.sort(check_random_state(0).choice(index, n_most, replace=False))
    X, y, weight = (None if part is None else part[index].numpy(force=True).astype(np.float64)
                    for part in (table.X, table.y, table.weight))
    # one thread, for the last digits depend on their number; of degenerate rows comes a nan
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        model = RidgeCV(len(X) * _PENALTIES, alpha_per_target=True).fit(
            X, y, None if weight is None else weight / weight.mean())
    weights = torch.from_numpy(model.coef_.reshape(n_targets, n_features).T.copy())
    bias = torch.from_numpy(np.reshape(model.intercept_, (1, n_targets)))
    if not (weights.isfinite().all() and bias.isfinite().all()):
        return torch.zeros_like(weights), torch.zeros_like(bias)
    return weights, bias
