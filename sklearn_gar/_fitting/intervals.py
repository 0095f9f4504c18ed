"""Prediction intervals from the residuals of rows that networks held out.

This is split conformal prediction with normalised residuals: a residual is divided by what is
expected for its row, and the quantile of these ratios times what is expected for a new row is
half of the width of its interval.
"""

import numpy as np
import torch
from sklearn.ensemble import RandomForestRegressor

from sklearn_gar._fitting.out_of_bag import OutOfBag
from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._fitting.problem import Problem

# A forest that models residuals: so many trees leave out every row often enough, and so many
# rows are enough for a tree.
_N_TREES, _ROWS_OF_A_TREE, _ROWS_OF_A_LEAF = 50, 300, 10
# Shares of the mean residual in what is expected for a row; the forest has the rest.  With a
# share of 1 all intervals are equally wide.
_SHARES_OF_MEAN = (1, 2 / 3, 1 / 2, 1 / 3, 1 / 5, 1 / 10, 1 / 20)
# Each network keeps the epoch that suits its n held-out rows best, so their residuals are too
# small: measured, by this over the square root of n.
_OPTIMISM = 0.4
# A larger residual overflows in sums.
_LARGEST = 1e300
# Rows that are enough to compare the networks with their mean.
_ROWS_TO_COMPARE = 1000
# The mean of the networks is not taken to have less than this share of a single one's variance.
_SMALLEST_SHARE = 0.25


class Intervals:
    """Half widths of prediction intervals, learned from the rows that networks held out.

    Parameters
    ----------
    predictor : Predictor
        The trained networks.
    problem : Problem
        What they trained on, and what they held out.
    out_of_bag : OutOfBag
        Predictions for the rows held out.

    Attributes
    ----------
    scores : ndarray of shape (h, k)
        Sorted ratios of residuals to those expected, for each target.
    share_of_mean : ndarray of shape (k,)
        Share of the mean residual in what is expected for a row.
    shares : ndarray of shape (h, k)
        Share of the weight up to each score, that of a row to come included.
    """

    def __init__(self, predictor: Predictor, problem: Problem, out_of_bag: OutOfBag):
        rows, prediction = out_of_bag
        features = problem.table.X.take(torch.from_numpy(rows)).numpy(force=True)
        y = problem.table.y.numpy(force=True)[rows]
        residuals = np.nan_to_num(np.abs(y - prediction), nan=_LARGEST).clip(max=_LARGEST)
        mean = residuals.mean(0)
        self.unit = np.where(mean > 0, mean, 1)
        residuals = residuals / self.unit
        self.forest = RandomForestRegressor(
            _N_TREES, min_samples_leaf=_ROWS_OF_A_LEAF, max_features=1 / 3, oob_score=True,
            max_samples=min(len(rows), _ROWS_OF_A_TREE), random_state=problem.seeds[0, 0])
        self.forest.fit(_columns(features, prediction),
                        residuals.squeeze(1 if residuals.shape[1] == 1 else ()))
        modelled = self.forest.oob_prediction_.reshape(residuals.shape)
        self.forest.oob_prediction_ = None  # of the rows, which are not kept
        self.share_of_mean = _best_shares(residuals, modelled)
        scores = residuals / self._expected(modelled)
        scores *= _correction(predictor, problem, rows, residuals, self.unit)
        weight = problem.rows.weight
        weight = np.ones(len(rows)) if weight is None else weight[rows]
        order = scores.argsort(axis=0, kind="stable")
        self.scores = np.take_along_axis(scores, order, axis=0)
        self.shares = weight[order].cumsum(axis=0) / (weight.sum() + weight.mean())

    def predict(self, predictor: Predictor, X: np.ndarray, coverage: np.ndarray) -> np.ndarray:
        """Lower and upper bounds (n, k, 2, c) for checked features (n, d) and coverages (c,)."""
        quantiles = self._quantiles(coverage)
        features, prediction = predictor.features_and_scaled(X)
        expected = self._expected(self.forest.predict(_columns(features, prediction)))
        bounds = [predictor.scaling.unscale_targets(prediction + side * self.unit * expected * one)
                  for one in quantiles for side in (-1, 1)]
        shape = (len(prediction), -1, len(coverage), 2)
        return np.stack(bounds, axis=-1).reshape(shape).swapaxes(2, 3)

    def _expected(self, forest_prediction):
        """Expected residuals (n, k), above 0 and of mean 1, from what the forest predicts."""
        modelled = forest_prediction.reshape(len(forest_prediction), -1)
        return self.share_of_mean + (1 - self.share_of_mean) * modelled

    def _quantiles(self, coverage):
        """Scores (c, k) up to which there is this share of the weight."""
        largest = self.shares[-1, 0]
        coverage = coverage - 1e-12  # the shares are rounded sums
        if coverage.max() > largest:
            n_rows = len(self.scores)
            raise ValueError(
                f"coverage must be at most {np.floor(1000 * largest) / 1000:g} for {n_rows} rows "
                f"held out, since beyond their largest residual nothing is known, got "
                f"{coverage.max() + 1e-12:g}; lower it, or fit to more rows, or set "
                "validation_split='kfold', which holds out every row once")
        columns = zip(self.scores.T, self.shares.T)
        return np.stack([scores[np.searchsorted(shares, coverage)]
                         for scores, shares in columns], axis=1)


def check_coverage(coverage) -> np.ndarray:
    """Coverages (c,) as floats."""
    numbers = np.asarray(coverage)
    if numbers.ndim > 1 or not numbers.size or numbers.dtype.kind not in "iuf":
        raise ValueError("coverage must be a number above 0 and below 1, or a list of them, got "
                         f"{coverage!r}")
    numbers = np.atleast_1d(numbers).astype(np.float64)
    if not ((numbers > 0) & (numbers < 1)).all():
        raise ValueError("coverage must be above 0 and below 1, such as 0.9 for 90 per cent, got "
                         f"{coverage!r}")
    return numbers


def _columns(features, prediction):
    """What residuals are modelled by: features, and predictions, in single precision."""
    with np.errstate(over="ignore"):
        return np.nan_to_num(np.hstack((features, prediction)).astype(np.float32))


def _best_shares(residuals, modelled):
    """Shares (k,) of the mean, with which residuals (h, k) of mean 1 are likeliest.

    They are taken to have an exponential distribution around 0, as errors of Laplace do.
    """
    shares = np.reshape(_SHARES_OF_MEAN, (-1, 1, 1))
    expected = shares + (1 - shares) * modelled
    with np.errstate(divide="ignore"):  # all residuals are zero
        losses = np.log((residuals / expected).mean(1)) + np.log(expected).mean(1)
    return np.array(_SHARES_OF_MEAN)[losses.argmin(0)]


@torch.no_grad()
def _correction(predictor, problem, rows, residuals, unit):
    """Factors (k,) from residuals of held-out rows to those of the mean of the networks.

    The mean of m networks varies less than one of them, by 1 - 1/m of the variance between
    them.  And the epoch of each was chosen by the rows that it held out.
    """
    compared = rows[::-(-len(rows) // _ROWS_TO_COMPARE)]
    outputs = predictor.net.member_outputs(problem.table.X.take(torch.from_numpy(compared)),
                                           predictor.members).double()
    share = 0.0 if predictor.blend is None else predictor.blend.share
    outputs = outputs.numpy(force=True) / unit
    gain = (1 - share) ** 2 * outputs.var(0).mean(0)  # 1 - 1/m of the unbiased variance
    squares = (residuals ** 2).mean(0)
    remains = 1 - np.divide(gain, squares, out=np.zeros_like(squares), where=squares > 0)
    n_held_out = min(len(part.held_out) for part in problem.parts)
    return np.sqrt(np.maximum(remains, _SMALLEST_SHARE)) * (1 + _OPTIMISM / n_held_out ** 0.5)
