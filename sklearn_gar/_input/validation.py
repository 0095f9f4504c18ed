"""What users hand in, checked."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn import config_context
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_array,
    check_X_y,
    validate_data,
)

from sklearn_gar._input.categories import Categories
from sklearn_gar._input.dates import refuse_dates
from sklearn_gar._input.rows import Rows
from sklearn_gar._input.tables import is_frame

_FLOATS = (np.float64, np.float32)
# Values that are looked through in no time.
_FEW_VALUES = 1 << 10


def check_rows(estimator, X, y, sample_weight, *, categories: Categories | None = None) -> Rows:
    """Rows to train on, with targets and weights in float64.

    Without `categories`, those of an earlier call, the names of the features and the levels of
    categories are learned.

    Arrays are laid out row by row, so that sums over the same numbers have the same last
    digit, whatever held them.
    """
    X, y, sample_weight = map(_to_numpy, (X, y, sample_weight))
    refuse_dates("sample_weight", sample_weight)
    # Next to training, looking for NaN takes no time.
    with config_context(array_api_dispatch=False, assume_finite=False):
        y = y if y is None else _check_targets(y)
        given = X
        refuse_dates("X", X)
        reset = categories is None
        if reset:
            categories = Categories.of(X, estimator.categorical_features)
        X, y = _check_features(estimator, X, y, reset=reset, categories=categories)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64,
                                                 ensure_non_negative=True)
    mapped = isinstance(given, np.memmap) and np.may_share_memory(given, X)
    if sample_weight is not None:
        # Only ratios count.  Dividing by a power of two leaves every digit as it is.
        sample_weight = np.ldexp(sample_weight, -np.frexp(sample_weight.max())[1])
    return Rows(np.asarray(X), y.reshape(len(y), -1), sample_weight, y.shape[1:], mapped,
                categories)


def check_chunk(X) -> None:
    """Raise if there is a single row, as the last chunk of a stream may be."""
    try:
        n_rows = _num_samples(X)
    except TypeError:  # check_rows says what is wrong
        return
    if n_rows == 1:
        raise ValueError("partial_fit compares rows with each other, so a chunk must have at "
                         "least 2 rows, got 1 sample; join it to the chunk before or after it")


def check_validation_rows(estimator, X, y, sample_weight, rows: Rows) -> Rows | None:
    """The rows of `X_val`, `y_val` and `sample_weight_val`, or None; `rows` are to train on."""
    if X is None and y is None:
        if sample_weight is not None:
            raise ValueError("sample_weight_val needs X_val and y_val, got neither")
        return None
    if X is None or y is None:
        missing, given = ("X_val", "y_val") if X is None else ("y_val", "X_val")
        raise ValueError(f"X_val and y_val must be given together, got {given} without {missing}")
    try:
        validation = check_rows(estimator, X, y, sample_weight,
                                categories=rows.categories).without_weightless()
    except (TypeError, ValueError) as error:
        raise type(error)(f"X_val, y_val or sample_weight_val is not usable: {error}") from None
    if validation.target_shape != rows.target_shape:
        shape = ", ".join(map(str, ("n", *rows.target_shape)))
        raise ValueError(f"y_val must have the targets of y, shape ({shape}), got shape "
                         f"{validation.targets.shape}")
    return validation


def check_features(estimator, X, categories: Categories) -> np.ndarray:
    """Features to predict for, as many as those of `fit`, with codes instead of levels."""
    if not categories.columns and _is_checked(estimator, X):
        return X
    X = _to_numpy(X)
    refuse_dates("X", X)
    with config_context(array_api_dispatch=False):
        return _check_features(estimator, X, reset=False, categories=categories)


def _is_checked(estimator, X):
    """Whether features are a few rows that the checks would return as they are.

    For a single row, scikit-learn's checks take longer than the prediction.
    """
    return (type(X) is np.ndarray and X.dtype in _FLOATS and X.ndim == 2
            and X.flags.c_contiguous and 0 < X.size <= _FEW_VALUES
            and X.shape[1] == estimator.n_features_in_
            and not hasattr(estimator, "feature_names_in_") and not np.count_nonzero(np.isinf(X)))


def _check_features(estimator, X, *y, reset, categories):
    # an array in a file is not copied, but read batch by batch
    order = None if isinstance(X, np.memmap) else "C"
    options = {"dtype": _FLOATS, "order": order, "ensure_all_finite": "allow-nan",
               "ensure_min_samples": 2 if y else 1}
    if y:
        options["multi_output"] = True
    with np.errstate(over="ignore", invalid="ignore"), _remedy_for_text():  # of looking for NaN
        if not (categories.columns or is_frame(X) or getattr(X, "dtype", None) == object):
            return validate_data(estimator, X, *y, reset=reset, **options)
        validate_data(estimator, X, *y, reset=reset, skip_check_array=True)
        check = check_X_y if y else check_array
        return check(categories.to_numbers(X), *y, **options)


@contextmanager
def _remedy_for_text():
    """Say what to do about text in a numeric column."""
    try:
        yield
    except ValueError as error:
        if "could not convert string" not in str(error):
            raise
        raise ValueError(f"{error}; numeric features must hold numbers: name features of text in "
                         "categorical_features, or give a frame, with "
                         "set_output(transform='pandas') in a pipeline") from None


def _check_targets(y):
    refuse_dates("y", y)
    try:
        return check_array(y, dtype=np.float64, order="C", ensure_2d=False,
                           ensure_min_samples=0, input_name="y")
    except TypeError as error:
        raise TypeError(f"y must be dense and numeric: {error}") from None
    except ValueError as error:
        if "could not convert string" not in str(error):
            raise
        raise ValueError(f"y must be numeric: {error}") from None


def _to_numpy(data):
    """Tensors as arrays; everything else as it is."""
    if type(data).__name__ == "LazyFrame":
        raise TypeError("rows must be in memory, got a LazyFrame of polars; call its collect()")
    return data.numpy(force=True) if isinstance(data, torch.Tensor) else data
