"""Features and targets scaled for training, and predictions scaled back."""

import copy
from collections.abc import Iterator

import numpy as np

from sklearn_gar._input.columns import (
    Ranges,
    Units,
    column_means,
    mean_and_deviation,
    replace_columns,
)
from sklearn_gar._input.pieces import row_slices, sample_rows
from sklearn_gar._input.rows import Rows
from sklearn_gar._input.tails import Tails, limited

# Deviations from the mean beyond which no value may lie: a column that varies only in rows of
# next to no weight would throw them far out.  Equal weights reach it with 10,000 rows.
_LARGEST_DEVIATION = 100


class Scaling:
    """Scaled features and targets, each if wanted, and what kinds of features there are.

    Parameters
    ----------
    features : bool or "standard"
        Whether to scale features; "standard" leaves their tails as they are.
    target : bool
        Whether to standardise targets.
    n_codes : int, default=0
        Number of columns at the end that hold codes of levels.  They pass unchanged.

    Attributes
    ----------
    numeric : tuple of int
        Columns of more than two values.
    constant : tuple of int
        Columns of one value, up to rounding.
    constant_features, constant_targets : ndarray of shape (d,) and (k,)
        The value of each column that had only one, up to rounding, and NaN for the others.
    missing : ndarray of shape (d,)
        What the network takes for a missing value: the mean, which is 0 if it is scaled.
    """

    def __init__(self, features, target, n_codes=0):
        self.features = features
        self.scales_target = target
        self.n_codes = n_codes
        self.tails = None

    @property
    def scales_features(self) -> bool:
        return bool(self.features)

    @property
    def shortens_tails(self) -> bool:
        return self.scales_features and self.features != "standard"

    def fit(self, rows: Rows) -> "Scaling":
        X = self._numbers(rows.X)
        ranges = Ranges.of(X)
        self.numeric, self.constant = (
            tuple(np.flatnonzero(columns).tolist())
            for columns in (ranges.between & ~ranges.constant, ranges.constant))
        self.constant_features = np.where(ranges.constant, ranges.low, np.nan)
        self.feature_units = _no_units(ranges)
        if self.scales_features:
            self.feature_units.exponent = ranges.exponents
            ranges = ranges.transform(self.feature_units.normalise)
        if self.shortens_tails:
            self._fit_tails(X, rows.weight, ranges)
            ranges = ranges.transform(self.tails.transform)
        self.missing = np.zeros(X.shape[1])
        if self.scales_features:
            self._fit_features(X, rows.weight, ranges)
        else:
            self.missing = column_means(_weighted_pieces(X, rows.weight, self._shape))
        self._fit_targets(rows.y, rows.weight)
        return self

    def _fit_tails(self, X, weight, ranges):
        chosen = sample_rows(*X.shape)
        sample = self.feature_units.normalise(np.ascontiguousarray(X[chosen]))
        self.tails = Tails.fit(sample, None if weight is None else weight[chosen])
        constant = list(self.constant)
        self.tails.spread[constant] = _constant_units(ranges)[constant]

    def _fit_features(self, X, weight, ranges):
        constant, units = list(self.constant), self.feature_units
        mean, deviation = mean_and_deviation(lambda: _weighted_pieces(X, weight, self._shape))
        if weight is not None or self.shortens_tails:
            farthest = np.maximum(ranges.high - mean, mean - ranges.low)
            deviation = np.maximum(deviation, farthest / _LARGEST_DEVIATION)
        deviation[deviation == 0] = 1
        mean[constant] = ranges.low[constant]
        deviation[constant] = 1 if self.shortens_tails else _constant_units(ranges)[constant]
        if self.shortens_tails:
            # Two values stay 2 apart, however rare one is: divided by the deviation, a rare
            # one would lie far out.
            two_valued = ~ranges.between & (ranges.high > ranges.low)
            two_valued[constant] = False
            deviation[two_valued] = (ranges.high - ranges.low)[two_valued] / 2
        units.mean, units.scale = mean, deviation

    def _fit_targets(self, y, weight):
        ranges = Ranges.of(y)
        self.constant_targets = np.where(ranges.constant, ranges.low, np.nan)
        self.target_units = units = _no_units(ranges)
        if self.scales_target:
            units.exponent = ranges.exponents
            units.mean, units.scale = mean_and_deviation(
                lambda: _weighted_pieces(y, weight, units.normalise))
            units.scale[(units.scale == 0) | ranges.constant] = 1

    def adapt(self, rows: Rows) -> "Scaling":
        """The scaling to go on with: columns that were constant so far take new units.

        In the units of a constant, a column that varies later could be of any size.  The
        constants so far count as much as all of these rows, so that a column which is constant
        in each chunk of a stream, but not in the same value, varies as well.
        """
        adapted = copy.copy(self)
        weight = np.ones(len(rows)) if rows.weight is None else rows.weight
        weight = np.r_[weight.sum(), weight]
        columns = np.flatnonzero(~np.isnan(self.constant_features))
        y = np.vstack((np.where(np.isnan(self.constant_targets), rows.y[0],
                                self.constant_targets), rows.y))
        if len(columns):
            X = np.vstack((self.constant_features[columns], rows.X[:, columns]))
            fitted = Scaling(self.features, self.scales_target).fit(
                Rows(X.astype(rows.X.dtype), y, weight))
            adapted._take_features(columns, fitted)
        if not np.isnan(self.constant_targets).all():
            fitted = copy.copy(self)
            fitted._fit_targets(y, weight)
            adapted._take_targets(fitted)
        return adapted

    def _take_features(self, columns, fitted):
        """Take the units of the columns that vary in a scaling fitted to these columns alone."""
        positions = np.flatnonzero(np.isnan(fitted.constant_features))
        varying = columns[positions]
        self.constant = tuple(sorted(set(self.constant) - set(varying.tolist())))
        self.constant_features = self.constant_features.copy()
        self.constant_features[varying] = np.nan
        self.feature_units = replace_columns(varying, self.feature_units, fitted.feature_units,
                                             positions)
        self.missing = self.missing.copy()
        self.missing[varying] = fitted.missing[positions]
        if self.shortens_tails:
            self.tails = replace_columns(varying, self.tails, fitted.tails, positions)

    def _take_targets(self, fitted):
        """Take the units of the targets that were constant and vary in another scaling."""
        varying = np.flatnonzero(~np.isnan(self.constant_targets) & np.isnan(
            fitted.constant_targets))
        self.constant_targets = self.constant_targets.copy()
        self.constant_targets[varying] = np.nan
        self.target_units = replace_columns(varying, self.target_units, fitted.target_units,
                                            varying)

    @property
    def knows_all_targets(self) -> bool:
        """Whether all targets were constant, so that the networks learned nothing."""
        return not np.isnan(self.constant_targets).any()

    def scale_features(self, X: np.ndarray) -> np.ndarray:
        """Features (n, d) as the network takes them."""
        numbers = self._numbers(X)
        if self.scales_features:
            units = self.feature_units
            numbers = self._shape(numbers) - units.mean.astype(X.dtype, copy=False)
            numbers /= units.scale.astype(X.dtype, copy=False)
        numbers = limited(numbers)
        missing = np.isnan(numbers)
        if np.count_nonzero(missing):
            numbers = np.where(missing, self.missing.astype(X.dtype), numbers)
        return np.hstack((numbers, X[:, -self.n_codes:])) if self.n_codes else numbers

    def _numbers(self, X):
        """All columns but the codes of levels."""
        return X[:, :-self.n_codes] if self.n_codes else X

    def scale_targets(self, y: np.ndarray) -> np.ndarray:
        """Targets (n, k) as the loss takes them."""
        if not self.scales_target:
            return y
        return (self.target_units.normalise(y) - self.target_units.mean) / self.target_units.scale

    def unscale_targets(self, y: np.ndarray) -> np.ndarray:
        """Predictions (n, k) in the units of the targets, float64; constants are known."""
        y = y.astype(np.float64)
        if self.scales_target:
            y = y * self.target_units.scale + self.target_units.mean
            y = np.ldexp(y, self.target_units.exponent)
        constant = ~np.isnan(self.constant_targets)
        if np.count_nonzero(constant):
            y[:, constant] = self.constant_targets[constant]
        return y

    def _shape(self, X):
        """Features before their mean is subtracted."""
        X = self.feature_units.normalise(X)
        return self.tails.transform(X) if self.shortens_tails else X


def _no_units(ranges):
    zeros = np.zeros(len(ranges.low))
    return Units(zeros.astype(int), zeros, np.ones(len(ranges.low)))


def _constant_units(ranges):
    """Units of constant columns, in which rounding vanishes."""
    return np.where(ranges.largest > 0, ranges.largest, 1)


def _weighted_pieces(array, weight, transform) -> Iterator[tuple]:
    """Transformed rows of an array piece by piece, and their weights."""
    for rows in row_slices(array):
        piece = transform(np.ascontiguousarray(array[rows]))
        yield piece, None if weight is None else weight[rows]
