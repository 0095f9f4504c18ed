"""Which columns of a table are categories, and the codes of their levels."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import _get_feature_names

from sklearn_gar._input.tables import (
    column_label,
    column_types,
    column_values,
    is_frame,
    is_single_precision,
    take_columns,
)

# Types of text, categories, objects and truth values, in pandas, Arrow and polars.
_TYPES = re.compile(r"(category|categorical|enum|dictionary|object|bool|boolean"
                    r"|str|string|string_view|large_string|utf8)\b")


@dataclass(frozen=True)
class Categories:
    """The levels of each categorical column.

    Attributes
    ----------
    levels : dict of int to dict
        For each categorical column, the code of each level.  A missing value is the level None.
    """

    levels: dict[int, dict[Hashable, int]] = field(default_factory=dict)

    @property
    def columns(self) -> list[int]:
        """Positions of the categorical columns."""
        return list(self.levels)

    @classmethod
    def of(cls, X, categorical_features) -> "Categories":
        """Learn the levels of the columns that `categorical_features` stands for."""
        columns = _find_columns(X, categorical_features)
        if len(columns):
            X = _to_table(X)
        levels = {}
        for column in columns.tolist():
            levels[column] = {}
            for level in _column_levels(X, column):
                levels[column].setdefault(level, len(levels[column]))
        return cls(levels)

    def to_numbers(self, X) -> np.ndarray:
        """A table (n, d) of numbers: codes instead of levels, NaN for levels without a code."""
        X = _to_table(X)
        if not self.levels:
            return _check_numbers(X, list(range(X.shape[1])))
        numeric = [column for column in range(X.shape[1]) if column not in self.levels]
        numbers = np.empty(X.shape)
        if numeric:
            numbers[:, numeric] = _check_numbers(X, numeric)
        for column, levels in self.levels.items():
            numbers[:, column] = [levels.get(level, np.nan)
                                  for level in _column_levels(X, column)]
        return numbers


def _find_columns(X, categorical_features):
    """Positions of the categorical columns."""
    if categorical_features is None:
        return np.array([], dtype=int)
    if isinstance(categorical_features, str):  # "from_dtype"
        types = column_types(X) if is_frame(X) else []
        return np.flatnonzero([_TYPES.match(dtype) is not None for dtype in types])
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


def _to_table(X):
    """A frame or an array (n, d) whose columns keep their values."""
    if is_frame(X):
        return X
    if isinstance(X, (list, tuple)):  # as an array of one type, numbers would become text
        X = np.array(X, dtype=object)
    return check_array(X, dtype=None, ensure_all_finite=False, input_name="X")


def _check_numbers(X, columns):
    """The numeric columns (n, d); an error says which column holds no numbers."""
    dtype = np.float32 if is_single_precision(X) else (np.float64, np.float32)
    options = {"dtype": dtype, "ensure_all_finite": "allow-nan", "input_name": "X"}
    try:
        return check_array(take_columns(X, columns), **options)
    except (TypeError, ValueError):
        for column in columns:
            try:
                check_array(take_columns(X, [column]), **options)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{column_label(X, column)} of X: {error}") from None
        raise


def _column_levels(X, column):
    """The level of each row; None is missing."""
    values = column_values(X, column)
    try:
        for value in values:
            hash(value)
    except TypeError:
        raise ValueError(
            f"{column_label(X, column)} of X: levels of a category must be hashable, such as text "
            f"or numbers, got {type(value).__name__}") from None
    return [None if _is_missing(value) else value for value in values]


def _is_missing(value):
    return (value is None or isinstance(value, (float, np.floating)) and value != value
            or type(value).__name__ in ("NAType", "NaTType"))
