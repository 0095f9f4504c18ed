"""Targets and predictions as columns of the rows that count, checked and standardised."""

import numpy as np
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
)


def check_columns(y_true, y_pred, sample_weight, *, finite_predictions=True):
    """Columns (n, k) of the rows that count, with weights (n,) of sum one."""
    check_consistent_length(y_true, y_pred, sample_weight)
    y_true, y_pred = (check_array(y, ensure_2d=False, dtype=(np.float64, np.float32),
                                  ensure_all_finite=finite, input_name=name)
                      for y, finite, name in ((y_true, True, "y_true"),
                                              (y_pred, finite_predictions, "y_pred")))
    y_true, y_pred = (y[:, None] if y.ndim == 1 else y for y in (y_true, y_pred))
    if y_true.shape != y_pred.shape:
        raise ValueError("y_true and y_pred must have the same number of outputs, got "
                         f"{y_true.shape[1]} and {y_pred.shape[1]}")
    weight = _check_sample_weight(sample_weight, y_true, dtype=np.float64)
    if (weight < 0).any() or not weight.any():
        raise ValueError("sample_weight must be at least 0 and above it for one row, got "
                         f"values from {weight.min()} to {weight.max()}")
    counts = weight > 0
    weight = weight[counts] / weight.max()
    return y_true[counts], y_pred[counts], weight / weight.sum()


def standardized(columns, weight):
    """Columns of mean zero and variance one, or all zero; no square leaves the float range."""
    columns = scaled(columns)
    # a large offset leaves the first mean with a rounding error that the second removes
    for _ in range(2):
        columns = columns - weight @ columns
    columns = scaled(columns)
    return divided(columns, np.sqrt(weight @ columns ** 2))


def scaled(columns):
    """Columns whose largest magnitude is one."""
    return divided(columns, np.abs(columns).max(axis=0))


def divided(columns, scale):
    return columns / np.where(scale > 0, scale, 1)
