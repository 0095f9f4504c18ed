"""Features and targets scaled for training, and predictions scaled back."""

import numpy as np
from sklearn.preprocessing import StandardScaler

from sklearn_gar._input.pieces import row_slices
from sklearn_gar._input.rows import Rows
from sklearn_gar._input.tails import LARGEST_FEATURE, Tails

# The values of a constant column may differ by this many units in the last place.
_ROUNDING = 8


class Scaling:
    """Scaled features and targets, each if wanted, and what kinds of features there are.

    Parameters
    ----------
    features : bool or "standard"
        Whether to scale features; "standard" leaves their tails as they are.
    target : bool
        Whether to standardise targets.

    Attributes
    ----------
    numeric : tuple of int
        Columns of more than two values.
    constant : tuple of int
        Columns of one value, up to rounding.
    """

    def __init__(self, features, target):
        self.tails = Tails() if features and features != "standard" else None
        self.feature_scaler = StandardScaler() if features else None
        self.target_scaler = StandardScaler() if target else None
        self.numeric = self.constant = ()

    def fit(self, rows: Rows):
        X, y, weight = rows.X, rows.y, rows.weight
        low, high, between = _ranges(X)
        constant = _is_constant(low, high)
        units = np.where(high > low, np.maximum(np.abs(low), np.abs(high)), 1)[constant]
        self.numeric, self.constant = (tuple(np.flatnonzero(columns).tolist())
                                       for columns in (between & ~constant, constant))
        if self.tails is not None:
            self.tails.fit(X, weight)
            self.tails.scale[constant] = units  # rounding vanishes in these
        for piece in row_slices(X):
            w = None if weight is None else weight[piece]
            if self.feature_scaler is not None:
                self.feature_scaler.partial_fit(self._without_tails(X[piece]), sample_weight=w)
            if self.target_scaler is not None:
                with np.errstate(all="ignore"):
                    self.target_scaler.partial_fit(y[piece], sample_weight=w)
        self._check_targets(y)
        if self.feature_scaler is not None:
            self.feature_scaler.scale_[constant] = units if self.tails is None else 1
        if self.tails is not None:
            # Two values stay 2 apart, however rare one is: divided by the deviation, a rare
            # one would lie far out.
            low, high = self._without_tails(np.array([low, high], X.dtype))
            two_valued = ~between & ~constant & (high - low > np.finfo(X.dtype).tiny)
            self.feature_scaler.scale_[two_valued] = (high - low)[two_valued] / 2
        return self

    def _check_targets(self, y):
        """Raise if squares of the targets overflow, or underflow to no variance."""
        if self.target_scaler is None:
            return
        with np.errstate(all="ignore"):
            low, high = y.min(0), y.max(0)
            vanishes = (low < high) & (np.abs(y).max(0) ** 2 < np.finfo(np.float64).tiny)
        for target in np.flatnonzero(vanishes | ~np.isfinite(self.target_scaler.var_)):
            raise ValueError(
                "targets must vary within what float64 can square, some 1e-150 to 1e150, got "
                f"values from {low[target]:g} to {high[target]:g} in y"
                f"{f'[:, {target}]' if len(low) > 1 else ''}; multiply them by a constant")

    def scale_features(self, X):
        """Features (n, d) as the network takes them."""
        if self.feature_scaler is not None:
            X = self.feature_scaler.transform(self._without_tails(X))
        return np.clip(X, -LARGEST_FEATURE, LARGEST_FEATURE)

    def scale_targets(self, y):
        """Targets (n, k) as the loss takes them."""
        return y if self.target_scaler is None else self.target_scaler.transform(y)

    def unscale_targets(self, y):
        """Predictions (n, k) in the units of the targets, float64."""
        y = y.astype(np.float64)
        return y if self.target_scaler is None else self.target_scaler.inverse_transform(y)

    def _without_tails(self, X):
        return X if self.tails is None else self.tails.transform(X)


def _ranges(X):
    """Smallest and largest value of each column, and whether there are values between.

    Columns of two values, zeros and ones say, need no embedding.
    """
    pieces = list(row_slices(X))
    low = np.min([X[rows].min(0) for rows in pieces], axis=0)
    high = np.max([X[rows].max(0) for rows in pieces], axis=0)
    between = np.any([((X[rows] > low) & (X[rows] < high)).any(0) for rows in pieces], axis=0)
    return low, high, between


def _is_constant(low, high):
    """Whether columns between these values are constant but for rounding.

    Whole numbers are not rounded: dates and ids may differ in the last digits alone.
    """
    with np.errstate(over="ignore"):
        rounding = _ROUNDING * np.finfo(low.dtype).eps * np.maximum(np.abs(low), np.abs(high))
        whole = (np.rint(low) == low) & (np.rint(high) == high)
        return high - low <= np.where(whole, 0, rounding)
