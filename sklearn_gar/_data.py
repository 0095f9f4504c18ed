"""What users hand in, checked."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils.validation import _check_sample_weight, check_array, validate_data

_FLOATS = (np.float64, np.float32)
# of the largest weight; less is lost in the sums, and would be a batch's downfall in float32
_LEAST_WEIGHT = 2.0 ** -64


def check_table(estimator, X, y, sample_weight, *, reset):
    """Finite X (n, d), y (n, k) or (n,) in float64, and weights (n,) or None.

    A memory-mapped X stays one.
    """
    given = X
    y = y if y is None else _check_targets(y)
    X, y = validate_data(estimator, X, y, dtype=_FLOATS, multi_output=True, reset=reset,
                         ensure_min_samples=2)
    mapped = isinstance(given, np.memmap) and np.may_share_memory(given, X)
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
        shape = ", ".join(map(str, ("n", *y_train.shape[1:])))
        raise ValueError(f"y_val must have the targets of y, shape ({shape}), got shape {y.shape}")
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
    counts = weight > _LEAST_WEIGHT * weight.max()
    if counts.sum() < 2:
        raise ValueError("sample_weight must be above zero for at least 2 rows, got "
                         f"{counts.sum()}: all others are zero weights, or less than 2^-64 of "
                         "the largest, which counts as zero")
    return (X, y, weight) if counts.all() else take((X, y, weight), counts)


def distinct_rows(rows):
    """Rows in one order without repeats, their weights added up.

    A table of one batch is trained on these, so that a weight of two is a row given
    twice, and the order of the rows is none of the training's business, to the last bit.
    """
    X, y, weight = rows
    _, first, groups = np.unique(np.column_stack((X, y)), axis=0, return_index=True,
                                 return_inverse=True)
    weight = np.bincount(groups.ravel(), weights=weight)
    return X[first], y[first], None if np.ptp(weight) == 0 else weight


def sorted_rows(rows):
    """Rows in one order with repeats, for losses that take no weights."""
    X, y, _ = rows
    return take(rows, np.lexsort(np.column_stack((X, y)).T[::-1]))


def split_rows(n_rows, n_held_out, seed):
    """Index of the rows to train on, and of those to validate on."""
    order = torch.randperm(n_rows, generator=torch.Generator().manual_seed(int(seed)))
    return order[n_held_out:].sort().values, order[:n_held_out].sort().values


def check_features(estimator, X):
    """Features to predict for, finite and as wide as those of `fit`."""
    return validate_data(estimator, X, dtype=_FLOATS, reset=False)
