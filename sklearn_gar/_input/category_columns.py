"""Which columns of a table are categories."""

import re
from decimal import Decimal
from numbers import Number

import numpy as np
from sklearn.utils.validation import _get_feature_names

from sklearn_gar._input.tables import column_types, column_values, is_frame, is_missing

# Types of text, categories and truth values, in pandas, Arrow and polars.
_TYPES = re.compile(r"(category|categorical|enum|dictionary|bool|boolean"
                    r"|str|string|string_view|large_string|utf8)\b")


def find_columns(X, categorical_features) -> np.ndarray:
    """Positions of the columns that `categorical_features` stands for."""
    if categorical_features is None:
        return np.array([], dtype=int)
    if isinstance(categorical_features, str):  # "from_dtype"
        types = column_types(X) if is_frame(X) else []
        return np.flatnonzero([
            _TYPES.match(dtype) is not None
            or dtype.startswith("object") and not _are_numbers(column_values(X, column))
            for column, dtype in enumerate(types)])
    wanted = np.asarray(categorical_features)
    if not wanted.size:
        return np.array([], dtype=int)
    if wanted.ndim != 1 or wanted.dtype.kind not in "biuOU":
        raise ValueError("categorical_features must be \"from_dtype\", None, or an array of "
                         f"names, of indices or of booleans, got {categorical_features!r}")
    n_features = np.shape(X)[1] if np.ndim(X) == 2 else 0
    if wanted.dtype.kind == "b":
        return _columns_of_mask(wanted, n_features)
    if wanted.dtype.kind in "iu":
        return _columns_of_indices(wanted, n_features)
    return _columns_of_names(wanted.tolist(), X)


def _are_numbers(values):
    """Whether all objects that are not missing are numbers, and not truth values."""
    present = [value for value in values if not is_missing(value)]
    return bool(present) and all(
        isinstance(value, (Number, Decimal)) and not isinstance(value, (bool, np.bool_))
        for value in present)


def _columns_of_mask(mask, n_features):
    if len(mask) != n_features:
        raise ValueError("categorical_features as a mask must have a value for each of the "
                         f"{n_features} features, got {len(mask)}")
    return np.flatnonzero(mask)


def _columns_of_indices(indices, n_features):
    if indices.min() < 0 or indices.max() >= n_features:
        raise ValueError("categorical_features as indices must be from 0 to "
                         f"{n_features - 1}, got {indices.tolist()}")
    return np.unique(indices)


def _columns_of_names(wanted, X):
    names = _get_feature_names(X)
    if names is None:
        raise ValueError("categorical_features can be names only if X is a frame whose columns "
                         f"have names, got {wanted}; give indices or a mask")
    names = names.tolist()
    if len(set(names)) < len(names):
        raise ValueError("categorical_features can be names only if those of the features are "
                         f"unique, got {names}; give indices or a mask")
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ValueError(f"categorical_features must be names of features, got {unknown}, the "
                         f"features are {names}")
    return np.flatnonzero([name in wanted for name in names])
