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
# Share of the mean residual in what is expected for a row; the forest has the rest.  Without it
# intervals of rows that look easy would be far too narrow if they are not.
_SHARE_OF_MEAN = 1 / 3
# Each network keeps the epoch that suits its n held-out rows best, so their residuals are too
# small: measured, by this over the square root of n.
_OPTIMISM = 0.4
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
    shares : ndarray of shape (h, k)
        Share of the weight up to each score, that of a row to come included.
    """

    def __init__(self, predictor: Predictor, problem: Problem, out_of_bag: OutOfBag):
        rows, prediction = out_of_bag
        features = problem.table.X.take(torch.from_numpy(rows)).numpy(force=True)
        y = problem.table.y.numpy(force=True)[rows]
        residuals = np.abs(y - prediction).astype(np.float64)
        self.mean = residuals.mean(0)
        self.unit = np.where(self.mean > 0, self.mean, 1)
        self.forest = RandomForestRegressor(
            _N_TREES, min_samples_leaf=_ROWS_OF_A_LEAF, max_features=1 / 3, oob_score=True,
            max_samples=min(len(rows), _ROWS_OF_A_TREE), random_state=problem.seeds[0, 0])
        targets = (residuals / self.unit).squeeze(axis=1) if residuals.shape[1] == 1 else (
            residuals / self.unit)
        self.forest.fit(_columns(features, prediction), targets)
        expected = self._expected(self.forest.oob_prediction_)
        self.forest.oob_prediction_ = None  # of the rows, which are not kept
        scores = _correction(predictor, problem, rows, residuals) * residuals / expected
        weight = problem.rows.weight
        weight = np.ones(len(rows)) if weight is None else weight[rows]
        order = scores.argsort(axis=0, kind="stable")
        self.scores = np.take_along_axis(scores, order, axis=0)
        self.shares = weight[order].cumsum(axis=0) / (weight.sum() + weight.mean())

    def predict(self, predictor: Predictor, X: np.ndarray, coverage: np.ndarray) -> np.ndarray:
        """Lower and upper bounds (n, k, 2, c) for checked features (n, d) and coverages (c,)."""
        quantiles = self._quantiles(coverage)
        features, prediction = predictor.features_and_scaled(X)
        half = (self._expected(self.forest.predict(_columns(features, prediction)))[..., None]
                * quantiles)
        bounds = [predictor.scaling.unscale_targets(prediction + side * half[..., one])
                  for one in range(len(coverage)) for side in (-1, 1)]
        shape = (len(prediction), -1, len(coverage), 2)
        return np.stack(bounds, axis=-1).reshape(shape).swapaxes(2, 3)

    def _expected(self, forest_prediction):
        """Expected residuals (n, k), above 0, from what the forest predicts."""
        forest_prediction = forest_prediction.reshape(len(forest_prediction), -1)
        return self.unit * (_SHARE_OF_MEAN + (1 - _SHARE_OF_MEAN) * forest_prediction)

    def _quantiles(self, coverage):
        """Score (k, c) up to which there is this share of the weight."""
        largest = self.shares[-1, 0]
        if coverage.max() > largest:
            n_rows = len(self.scores)
            raise ValueError(
                f"coverage must be at most {np.floor(1000 * largest) / 1000:g} for {n_rows} rows "
                f"held out, since beyond their largest residual nothing is known, got "
                f"{coverage.max():g}; lower it, or fit to more rows, or set "
                "validation_split='kfold', which holds out every row once")
        columns = zip(self.scores.T, self.shares.T)
        return np.stack([scores[np.searchsorted(shares, coverage - 1e-12)]
                         for scores, shares in columns])


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
    return np.hstack((features, prediction)).astype(np.float32)


@torch.no_grad()
def _correction(predictor, problem, rows, residuals):
    """Factors (k,) from residuals of held-out rows to those of the mean of the networks.

    The mean of m networks varies less than one of them, by 1 - 1/m of the variance between
    them.  And the epoch of each was chosen by the rows that it held out.
    """
    compared = rows[::-(-len(rows) // _ROWS_TO_COMPARE)]
    outputs = predictor.net.member_outputs(problem.table.X.take(torch.from_numpy(compared)),
                                           predictor.members).double()
    share = 0.0 if predictor.blend is None else predictor.blend.share
    m = len(outputs)
    between = outputs.var(0, correction=1 if m > 1 else 0).mean(0).numpy(force=True)
    gain = (1 - 1 / m) * (1 - share) ** 2 * between
    squares = (residuals ** 2).mean(0)
    remains = 1 - np.divide(gain, squares, out=np.zeros_like(squares), where=squares > 0)
    n_held_out = min(len(part.held_out) for part in problem.parts)
    return np.sqrt(np.maximum(remains, _SMALLEST_SHARE)) * (1 + _OPTIMISM / n_held_out ** 0.5)
