"""From what users hand in to the tensors that are trained on, and back."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches
from sklearn.utils.validation import _check_sample_weight, check_array, validate_data

from sklearn_gar._training import Table

_FLOATS = (np.float64, np.float32)
_VALUES_AT_ONCE = 1 << 22
# a network's sums of features beyond would overflow in float32
_FAR = 1e15


def check_table(estimator, X, y, sample_weight, *, reset):
    """Finite X (n, d), y (n, k) or (n,) in float64, and weights (n,) or None.

    A memory-mapped X stays one.
    """
    mapped = isinstance(X, np.memmap)
    y = y if y is None else _check_targets(y)
    X, y = validate_data(estimator, X, y, dtype=_FLOATS, multi_output=True, reset=reset,
                         ensure_min_samples=2)
    if sample_weight is not None:
        sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64,
                                             ensure_non_negative=True)
        # ratios alone count; a power of two leaves every digit as it is
        sample_weight = np.ldexp(sample_weight, -np.frexp(sample_weight.max())[1])
    return X.view(np.memmap) if mapped else X, y, sample_weight


def check_rows(estimator, X, y, sample_weight, *, reset):
    """Rows that count, as :func:`check_table` gives them."""
    return drop_weightless(*check_table(estimator, X, y, sample_weight, reset=reset))


@contextmanager
def unchanged_on_error(estimator):
    """A fit that fails leaves the fitted state of the one before."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def take(rows, index):
    """Some of the rows."""
    return tuple(None if part is None else part[index] for part in rows)


def check_validation_rows(estimator, X, y, sample_weight, y_train):
    """The rows of `X_val`, `y_val` and `sample_weight_val`, or None."""
    if X is None and y is None:
        if sample_weight is not None:
            raise ValueError("sample_weight_val needs X_val and y_val, got neither")
        return None
    if X is None or y is None:
        missing, given = ("X_val", "y_val") if X is None else ("y_val", "X_val")
        raise ValueError(f"X_val and y_val must be given together, got {given} without {missing}")
    try:
        X, y, weight = check_rows(estimator, X, y, sample_weight, reset=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"X_val, y_val and sample_weight_val are unfit: {error}") from None
    if y.shape[1:] != y_train.shape[1:]:
        raise ValueError(f"y_val must have the targets of y, shape (n, *{y_train.shape[1:]}), "
                         f"got shape {y.shape}")
    return X, y, weight


def _check_targets(y):
    try:
        return check_array(y, dtype=np.float64, ensure_2d=False, ensure_min_samples=2,
                           input_name="y")
    except TypeError as error:
        raise TypeError(f"y must be dense and numeric: {error}") from None


def drop_weightless(X, y, weight):
    """A row of weight zero must not take a place in a batch."""
    if weight is None:
        return X, y, None
    counts = weight > 0
    if counts.sum() < 2:
        raise ValueError("sample_weight must be above zero for at least 2 rows, got "
                         f"{counts.sum()}: all others are zero weights")
    return (X, y, weight) if counts.all() else take((X, y, weight), counts)


def merge_equal_rows(rows):
    """Rows in one order without repeats, their weights added up.

    A table of one batch is trained on these, so that a weight of two is a row given
    twice, and the order of the rows is none of the training's business, to the last bit.
    """
    X, y, weight = rows
    _, first, groups = np.unique(np.column_stack((X, y)), axis=0, return_index=True,
                                 return_inverse=True)
    weight = np.bincount(groups.ravel(), weights=weight)
    return X[first], y[first], None if np.ptp(weight) == 0 else weight


def split_rows(n_rows, n_held_out, seed):
    """Index of the rows to train on, and of those to validate on."""
    order = torch.randperm(n_rows, generator=torch.Generator().manual_seed(int(seed)))
    return order[n_held_out:].sort().values, order[:n_held_out].sort().values


class Scaling:
    """Standardised features and targets, each if wanted, and which features are numeric.

    Parameters
    ----------
    features, target : bool
        Whether to standardise.
    dtype : torch.dtype
        Precision of the tensors.
    device : torch.device
        Where they live.
    """

    def __init__(self, features, target, dtype, device):
        self.features = StandardScaler() if features else None
        self.target = StandardScaler() if target else None
        self.dtype = dtype
        self.device = device
        self.numeric = ()

    def fit(self, X, y, weight):
        self.numeric = _numeric_columns(X)
        for scaler, columns in ((self.features, X), (self.target, _columns(y))):
            if scaler is not None:
                for rows in _pieces(columns):
                    scaler.partial_fit(columns[rows], sample_weight=None if weight is None
                                       else weight[rows])
        return self

    def table(self, X, y, weight):
        """Table of the rows, for training or validation."""
        y = _columns(y)
        features = MappedFeatures(X, self.tensor) if isinstance(X, np.memmap) else self.tensor(X)
        return Table(features, self._to_tensor(y if self.target is None
                                               else self.target.transform(y)),
                     None if weight is None else self._to_tensor(weight / weight.mean()))

    def tensor(self, X):
        """Features (n, d) as the network takes them."""
        X = X if self.features is None else self.features.transform(X)
        return self._to_tensor(np.clip(X, -_FAR, _FAR))

    def tensors(self, X):
        """The same in pieces that are small beside the table."""
        return (self.tensor(X[rows]) for rows in _pieces(X))

    def _to_tensor(self, array):
        tensor = torch.from_numpy(np.require(array, requirements=["C", "W"]))
        return tensor.to(self.device, self.dtype)

    def predictions(self, array):
        """Targets (n, k) in their own units, float64."""
        array = array.astype(np.float64)
        return array if self.target is None else self.target.inverse_transform(array)


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


def _numeric_columns(X):
    """Index of the columns with more than two values; zeros and ones need no embedding."""
    pieces = list(_pieces(X))
    low = np.min([X[rows].min(0) for rows in pieces], axis=0)
    high = np.max([X[rows].max(0) for rows in pieces], axis=0)
    between = np.any([((X[rows] > low) & (X[rows] < high)).any(0) for rows in pieces], axis=0)
    return tuple(np.flatnonzero(between).tolist())


def check_features(estimator, X):
    """Features to predict for, finite and as wide as those of `fit`."""
    return validate_data(estimator, X, dtype=_FLOATS, reset=False)


def _pieces(array):
    """Slices of some million values."""
    n_rows = len(array)
    return gen_batches(n_rows, max(1, min(n_rows, _VALUES_AT_ONCE // max(1, array.shape[1]))))


def _columns(y):
    return y[:, None] if y.ndim == 1 else y
