"""What users hand in, checked."""

import numpy as np
from sklearn.utils.validation import _check_sample_weight, check_array, validate_data

from sklearn_gar._input.rows import Rows

_FLOATS = (np.float64, np.float32)


def check_rows(estimator, X, y, sample_weight, *, reset) -> Rows:
    """Finite rows to train on, with targets and weights in float64."""
    y = y if y is None else _check_targets(y)
    given = X
    X, y = validate_data(estimator, X, y, dtype=_FLOATS, multi_output=True, reset=reset,
                         ensure_min_samples=2)
    mapped = isinstance(given, np.memmap) and np.may_share_memory(given, X)
    if sample_weight is not None:
        sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64,
                                             ensure_non_negative=True)
        # Only ratios count.  Dividing by a power of two leaves every digit as it is.
        sample_weight = np.ldexp(sample_weight, -np.frexp(sample_weight.max())[1])
    return Rows(np.asarray(X), y.reshape(len(y), -1), sample_weight, y.shape[1:], mapped)


def check_validation_rows(estimator, X, y, sample_weight, target_shape) -> Rows | None:
    """The rows of `X_val`, `y_val` and `sample_weight_val`, or None."""
    if X is None and y is None:
        if sample_weight is not None:
            raise ValueError("sample_weight_val needs X_val and y_val, got neither")
        return None
    if X is None or y is None:
        missing, given = ("X_val", "y_val") if X is None else ("y_val", "X_val")
        raise ValueError(f"X_val and y_val must be given together, got {given} without {missing}")
    try:
        rows = check_rows(estimator, X, y, sample_weight, reset=False).without_weightless()
    except (TypeError, ValueError) as error:
        raise type(error)(f"X_val, y_val or sample_weight_val is not usable: {error}") from None
    if rows.target_shape != target_shape:
        shape = ", ".join(map(str, ("n", *target_shape)))
        raise ValueError(f"y_val must have the targets of y, shape ({shape}), got shape "
                         f"{rows.targets.shape}")
    return rows


def check_features(estimator, X) -> np.ndarray:
    """Finite features to predict for, as many as those of `fit`."""
    return validate_data(estimator, X, dtype=_FLOATS, reset=False)


def _check_targets(y):
    try:
        return check_array(y, dtype=np.float64, ensure_2d=False, ensure_min_samples=2,
                           input_name="y")
    except TypeError as error:
        raise TypeError(f"y must be dense and numeric: {error}") from None
