"""Units: features and targets scaled for training, and predictions scaled back."""

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state, gen_batches

from sklearn_gar._training import Table

_VALUES_AT_ONCE = 1 << 22
# a network's sums of features beyond would overflow in float32
_FAR = 1e15

# deviations from the median beyond which a value counts by its logarithm
_TAIL = 3.0
# last digits by which the values of a constant column may differ
_ROUNDING = 8
# of a normal distribution: quartiles and mean absolute deviation in standard deviations
_QUARTILE, _ABSOLUTE_DEVIATION = 0.6745, 0.7979


class Scaling:
    """Scaled features and targets, each if wanted, and what kinds of features there are.

    `numeric` is an index of the features of more than two values, `constant` of those of one,
    up to rounding.

    Parameters
    ----------
    features : bool or "standard"
        Whether to scale features; "standard" leaves their tails as they are.
    target : bool
        Whether to standardise targets.
    dtype : torch.dtype
        Precision of the tensors.
    device : torch.device
        Where they live.
    """

    def __init__(self, features, target, dtype, device):
        self.tails = Tails() if features and features != "standard" else None
        self.features = StandardScaler() if features else None
        self.target = StandardScaler() if target else None
        self.dtype = dtype
        self.device = device
        self.numeric = self.constant = ()

    def fit(self, X, y, weight):
        low, high, between = _ranges(X)
        constant = _is_constant(low, high)
        units = np.where(high > low, np.maximum(np.abs(low), np.abs(high)), 1)[constant]
        self.numeric, self.constant = (tuple(np.flatnonzero(columns).tolist())
                                       for columns in (between & ~constant, constant))
        if self.tails is not None:
            self.tails.fit(X, weight)
            self.tails.scale[constant] = units  # in which rounding vanishes
        y = _columns(y)
        for rows in _pieces(X):
            w = None if weight is None else weight[rows]
            if self.features is not None:
                self.features.partial_fit(self._without_tails(X[rows]), sample_weight=w)
            if self.target is not None:
                with np.errstate(all="ignore"):
                    self.target.partial_fit(y[rows], sample_weight=w)
        self._check_targets(y)
        if self.features is not None:
            self.features.scale_[constant] = units if self.tails is None else 1
        if self.tails is not None:
            # zeros and ones stay 2 apart, however rare: a deviation would send them far off
            low, high = self._without_tails(np.array([low, high], X.dtype))
            two_valued = ~between & ~constant & (high - low > np.finfo(X.dtype).tiny)
            self.features.scale_[two_valued] = (high - low)[two_valued] / 2
        return self

    def _check_targets(self, y):
        """Raise if squares of the targets overflow, or underflow to no variance."""
        if self.target is None:
            return
        with np.errstate(all="ignore"):
            low, high = y.min(0), y.max(0)
            vanishes = (low < high) & (np.abs(y).max(0) ** 2 < np.finfo(np.float64).tiny)
        for target in np.flatnonzero(vanishes | ~np.isfinite(self.target.var_)):
            raise ValueError(
                "targets must vary within what float64 can square, some 1e-150 to 1e150, got "
                f"values from {low[target]:g} to {high[target]:g} in y"
                f"{f'[:, {target}]' if len(low) > 1 else ''}; multiply them by a constant")

    def table(self, X, y, weight):
        """Table of the rows, for training or validation."""
        y = _columns(y)
        features = MappedFeatures(X, self.tensor) if isinstance(X, np.memmap) else self.tensor(X)
        return Table(features, self._to_tensor(y if self.target is None
                                               else self.target.transform(y)),
                     None if weight is None else self._to_tensor(weight / weight.mean()))

    def tensor(self, X):
        """Features (n, d) as the network takes them."""
        if self.features is not None:
            X = self.features.transform(self._without_tails(X))
        return self._to_tensor(np.clip(X, -_FAR, _FAR))

    def tensors(self, X):
        """The same in pieces that are small beside the table."""
        return (self.tensor(X[rows]) for rows in _pieces(X))

    def _without_tails(self, X):
        return X if self.tails is None else self.tails.transform(X)

    def _to_tensor(self, array):
        tensor = torch.from_numpy(np.require(array, requirements=["C", "W"]))
        return tensor.to(self.device, self.dtype)

    def predictions(self, array):
        """Targets (n, k) in their own units, float64."""
        array = array.astype(np.float64)
        return array if self.target is None else self.target.inverse_transform(array)


class Tails:
    """Features of which values far from the median count by their logarithm.

    The median is 0 and half the distance of the quartiles 0.67, as of a standard normal
    distribution; a value z beyond 3 becomes 3 (1 + log(z / 3)), which goes on with the same
    slope.  So a few huge values neither squeeze all others together nor throw the network
    far off, and a column without tails is as it was, up to its unit.
    """

    def fit(self, X, weight):
        chosen = some_rows(*X.shape)
        X, weight = np.asarray(X[chosen]), None if weight is None else weight[chosen]
        with np.errstate(all="ignore"):  # of numbers near the largest there are
            low, self.median, high = np.quantile(X, (0.25, 0.5, 0.75), axis=0, weights=weight,
                                                 method="inverted_cdf")
            # the deviation is for a column half of whose values or more are equal
            scales = [(high - low) / (2 * _QUARTILE), np.average(
                np.abs(X - self.median), axis=0, weights=weight) / _ABSOLUTE_DEVIATION]
        usable = [(np.finfo(X.dtype).tiny < scale) & np.isfinite(scale) for scale in scales]
        self.scale = np.select(usable, scales, 1).astype(X.dtype)
        return self

    def transform(self, X):
        with np.errstate(over="ignore"):
            z = np.clip((X - self.median) / self.scale, -_FAR, _FAR)
        far = np.abs(z) > _TAIL
        beyond = z[far]
        z[far] = np.copysign(_TAIL * (1 + np.log(np.abs(beyond) / _TAIL)), beyond)
        return z


class MappedFeatures:
    """Features (n, d) in a file, read and scaled batch by batch.

    Parameters
    ----------
    X : memmap of shape (n, d)
        The file.
    to_tensor : callable
        Turns some of its rows into what the network takes.
    """

    def __init__(self, X, to_tensor):
        self.X = X
        self.to_tensor = to_tensor
        self.device = to_tensor(X[:1]).device

    def __len__(self):
        return len(self.X)

    def __getitem__(self, rows):
        return self.to_tensor(np.asarray(self.X[rows]))

    def index_select(self, dim, index):
        return self[index.numpy(force=True)]


def _ranges(X):
    """Smallest and largest value of each column, and whether there are others between.

    Columns of two values, zeros and ones say, need no embedding.
    """
    pieces = list(_pieces(X))
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


def some_rows(n_rows, n_features):
    """Index of the rows of some million values, drawn where there are more."""
    n_most = max(2, _VALUES_AT_ONCE // n_features)
    if n_rows <= n_most:
        return slice(None)
    return np.sort(check_random_state(0).choice(n_rows, n_most, replace=False))


def _pieces(array):
    """Slices of some million values."""
    n_rows = len(array)
    return gen_batches(n_rows, max(1, min(n_rows, _VALUES_AT_ONCE // max(1, array.shape[1]))))


def _columns(y):
    return y[:, None] if y.ndim == 1 else y
