"""Prediction intervals from the residuals of rows that networks held out.

This is split conformal prediction with normalised residuals: a residual is divided by what is
expected for its row, and the quantile of these ratios times what is expected for a new row is
half of the width of its interval.
"""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.ensemble import RandomForestRegressor

from sklearn_gar._fitting.out_of_bag import OutOfBag, out_of_bag
from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._fitting.problem import Problem

# A fit keeps at most so many rows and values of features, but values of so many rows always.
_MOST_ROWS, _MOST_VALUES, _ROWS_OF_ANY_WIDTH = 2000, 1 << 19, 300
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
# The mean of the networks is not taken to have less than this share of a single one's variance.
_SMALLEST_SHARE = 0.25
# Coverages are compared with rounded sums of weights.
_ROUNDING = 1e-12


class Intervals:
    """Half widths of prediction intervals, learned from rows that networks held out.

    Training keeps a sample of these rows.  The first prediction models their residuals, so that
    who never asks for intervals pays next to nothing.  The model follows from the sample alone,
    and is not pickled.

    Parameters
    ----------
    predictor : Predictor
        The trained networks.
    problem : Problem
        What they trained on, and what they held out.
    held_out : OutOfBag or None
        Predictions for rows held out.  None: those of the predictor's networks.

    Attributes
    ----------
    features, prediction : ndarray of shape (h, d) and (h, k)
        Features of the sample as the networks take them, and out-of-bag predictions, both in
        single precision.
    residuals : ndarray of shape (h, k)
        Absolute residuals in units of their mean.
    unit : ndarray of shape (k,)
        Mean absolute residual of each target.
    weight : ndarray of shape (h,) or None
        Weights of the rows.
    n_held_out : int
        Number of rows that a network held out, at the least.
    is_complete : bool
        Whether the sample has all rows that a network held out.
    """

    def __init__(self, predictor: Predictor, problem: Problem, held_out: OutOfBag | None = None):
        most = max(_ROWS_OF_ANY_WIDTH, _MOST_VALUES // problem.table.X.n_features)
        most = min(_MOST_ROWS, most)
        rows, prediction = (out_of_bag(predictor, problem, most) if held_out is None
                            else held_out)
        step = -(-len(rows) // most)
        rows, prediction = rows[::step], prediction[::step]
        X = problem.table.X.take(torch.from_numpy(rows)).numpy(force=True)
        self.features, self.prediction = _single_precision(X), _single_precision(prediction)
        y = problem.table.y.numpy(force=True)[rows]
        residuals = np.nan_to_num(np.abs(y - prediction), nan=_LARGEST).clip(max=_LARGEST)
        mean = residuals.mean(0)
        self.unit = np.where(mean > 0, mean, 1)
        self.residuals = residuals / self.unit
        weight = problem.rows.weight
        self.weight = None if weight is None else weight[rows]
        self.n_held_out = min(len(part.held_out) for part in problem.parts)
        self.is_complete = len(rows) == _n_held_out(problem)
        self.seed = problem.seeds[0, 0]
        self._model = None

    def __getstate__(self):
        return {**vars(self), "_model": None}

    def check_reach(self, coverage: np.ndarray) -> None:
        """Raise if there are too few rows for one of the coverages (c,)."""
        n_rows = len(self.residuals)
        largest = n_rows / (n_rows + 1)
        if coverage.max() - _ROUNDING > largest:
            more_rows = (", or fit to more rows, or set validation_split='kfold', which holds out "
                         "every row once" if self.is_complete else "")
            raise ValueError(
                f"coverage must be at most {np.floor(1e4 * largest) / 1e4:g} for {n_rows} rows "
                f"held out{'' if self.is_complete else ' and kept'}, since beyond their largest "
                f"residual nothing is known, got {coverage.max():g}; lower it{more_rows}")

    def predict(self, predictor: Predictor, X: np.ndarray, coverage: np.ndarray) -> np.ndarray:
        """Lower and upper bounds (n, k, 2, c) for checked features (n, d) and coverages (c,)."""
        if self._model is None:  # two threads would find the same
            self._model = _fit_model(self, predictor)
        features, prediction = predictor.features_and_scaled(X)
        half = self.unit * self._model.expected(features, prediction)
        bounds = [predictor.scaling.unscale_targets(prediction + side * half * quantile)
                  for quantile in self._model.quantiles(coverage) for side in (-1, 1)]
        shape = (len(prediction), -1, len(coverage), 2)
        return np.stack(bounds, axis=-1).reshape(shape).swapaxes(2, 3)


class _ResidualModel(NamedTuple):
    """How large residuals are expected to be, and how large they are in shares of that."""

    forest: RandomForestRegressor
    share_of_mean: np.ndarray  # (k,), of the mean residual in what is expected
    scores: np.ndarray         # (h, k), sorted ratios of residuals to those expected
    shares: np.ndarray         # (h, k), of the weight up to each score, that of a new row included

    def expected(self, features, prediction):
        """Expected residuals (n, k), above 0 and of mean 1."""
        modelled = self.forest.predict(_columns(features, prediction))
        return _mixed(self.share_of_mean, modelled.reshape(prediction.shape))

    def quantiles(self, coverage):
        """Scores (c, k) up to which there is this share of the weight."""
        last = len(self.scores) - 1
        return np.stack([
            scores[np.searchsorted(shares, coverage - _ROUNDING).clip(max=last)]
            for scores, shares in zip(self.scores.T, self.shares.T)], axis=1)


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


def _n_held_out(problem):
    """Number of rows that at least one network held out."""
    is_held_out = np.zeros(len(problem.rows), dtype=bool)
    for part in problem.parts:
        is_held_out[part.held_out.numpy()] = True
    return is_held_out.sum()


def _fit_model(sample: Intervals, predictor: Predictor) -> _ResidualModel:
    """The model of a sample's residuals; its random numbers are those of the fit."""
    residuals = sample.residuals
    weight = np.ones(len(residuals)) if sample.weight is None else sample.weight
    forest = RandomForestRegressor(
        _N_TREES, min_samples_leaf=_ROWS_OF_A_LEAF, max_features=1 / 3, oob_score=True,
        max_samples=min(len(residuals), _ROWS_OF_A_TREE), random_state=sample.seed)
    forest.fit(_columns(sample.features, sample.prediction),
               residuals.squeeze(1 if residuals.shape[1] == 1 else ()))
    modelled = forest.oob_prediction_.reshape(residuals.shape)
    share_of_mean = _best_shares(residuals, modelled)
    scores = residuals / _mixed(share_of_mean, modelled) * _correction(sample, predictor)
    order = scores.argsort(axis=0, kind="stable")
    return _ResidualModel(forest, share_of_mean, np.take_along_axis(scores, order, axis=0),
                          weight[order].cumsum(axis=0) / (weight.sum() + weight.mean()))


def _columns(features, prediction):
    """What residuals are modelled by: features, and predictions."""
    return np.hstack((_single_precision(features), _single_precision(prediction)))


def _single_precision(values):
    with np.errstate(over="ignore"):
        return np.nan_to_num(values.astype(np.float32))


def _mixed(share_of_mean, modelled):
    """Expected residuals (n, k): the mean, which is 1, with its share, and the modelled ones."""
    return share_of_mean + (1 - share_of_mean) * modelled


def _best_shares(residuals, modelled):
    """Shares (k,) of the mean, with which residuals (h, k) of mean 1 are likeliest.

    They are taken to have an exponential distribution around 0, as errors of Laplace do.
    """
    shares = np.reshape(_SHARES_OF_MEAN, (-1, 1, 1))
    expected = _mixed(shares, modelled)
    with np.errstate(divide="ignore"):  # all residuals are zero
        losses = np.log((residuals / expected).mean(1)) + np.log(expected).mean(1)
    return np.array(_SHARES_OF_MEAN)[losses.argmin(0)]


def _correction(sample, predictor):
    """Factors (k,) from residuals of held-out rows to those of the mean of the networks.

    The mean of the networks varies less than one of them.  And the epoch of each was chosen by
    the rows that it held out.
    """
    gain = predictor.averaged_variance(sample.features, sample.unit)
    squares = (sample.residuals ** 2).mean(0)
    remains = 1 - np.divide(gain, squares, out=np.zeros_like(squares), where=squares > 0)
    optimism = 1 + _OPTIMISM / sample.n_held_out ** 0.5
    return np.sqrt(np.maximum(remains, _SMALLEST_SHARE)) * optimism
