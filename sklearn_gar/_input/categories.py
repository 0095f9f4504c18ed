"""Which columns of a table are categories, and the codes of their levels."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Number

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

# Types of text, categories and truth values, in pandas, Arrow and polars.
_TYPES = re.compile(r"(category|categorical|enum|dictionary|bool|boolean"
                    r"|str|string|string_view|large_string|utf8)\b")

# A column of objects that holds more different numbers, and nothing else, holds numbers.
_MOST_NUMBERS = 20


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
            numbers[:, column] = [_code(level, levels) for level in _column_levels(X, column)]
        return numbers


def _find_columns(X, categorical_features):
    """Positions of the categorical columns."""
    if categorical_features is None:
        return np.array([], dtype=int)
    if isinstance(categorical_features, str):  # "from_dtype"
        types = column_types(X) if is_frame(X) else []
        return np.flatnonzero([
            _TYPES.match(dtype) is not None
            or dtype.startswith("object") and not _holds_many_numbers(column_values(X, column))
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


def _holds_many_numbers(values):
    """Whether objects are numbers only, and too many different ones to be levels."""
    numbers = set()
    for value in values:
        if _is_missing(value):
            continue
        if not isinstance(value, (Number, Decimal)) or isinstance(value, (bool, np.bool_)):
            return False
        numbers.add(value)
    return len(numbers) > _MOST_NUMBERS


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
    _refuse_sparse(X)
    dtype = np.float32 if is_single_precision(X) else (np.float64, np.float32)
    options = {"dtype": dtype, "ensure_all_finite": "allow-nan", "input_name": "X"}
    try:
        return check_array(take_columns(X, columns), **options)
    except (TypeError, ValueError):
        return np.hstack([_check_column(X, column, options) for column in columns])


def _check_column(X, column, options):
    """A single numeric column (n, 1), which may hold missing values of any kind."""
    try:
        try:
            return check_array(take_columns(X, [column]), **options)
        except (TypeError, ValueError):
            values = [np.nan if _is_missing(value) else value
                      for value in column_values(X, column)]
            if not any(value != value for value in values if isinstance(value, float)):
                raise
            return check_array(np.array(values, dtype=object)[:, None], **options)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{column_label(X, column)} of X: {error}") from None


def _refuse_sparse(X):
    """Raise if columns of a frame are sparse."""
    types = column_types(X) if is_frame(X) else []
    sparse = [column for column, dtype in enumerate(types) if dtype.startswith("sparse")]
    if sparse:
        raise TypeError(f"X must be dense, got a sparse {column_label(X, sparse[0])}; turn sparse "
                        "columns into dense ones, with frame[name].sparse.to_dense() in pandas")


def _code(level, levels):
    """The code of a level, or NaN; numbers and their text are the same unless both were seen.

    A chunk of a file may hold whole numbers where the whole file holds text.
    """
    if level in levels:
        return levels[level]
    for other in _other_forms(level):
        if other in levels:
            return levels[other]
    return np.nan


def _other_forms(level):
    """A number or a truth value as text, or the number or truth value that a text stands for."""
    if isinstance(level, str):
        yield from (truth for truth in (True, False) if level == str(truth))
        try:
            yield float(level)
        except ValueError:
            pass
    elif isinstance(level, Number):
        yield str(level)
        if not isinstance(level, (bool, np.bool_)) and isinstance(level, (float, np.floating)):
            if level.is_integer():
                yield str(int(level))


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
