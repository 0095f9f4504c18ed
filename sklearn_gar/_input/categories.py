"""The levels of the categorical columns of a table, and their codes."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from numbers import Number

import numpy as np
from sklearn.utils import check_array

from sklearn_gar._input.category_columns import find_columns
from sklearn_gar._input.tables import (
    column_label,
    column_types,
    column_values,
    is_frame,
    is_missing,
    is_single_precision,
    take_columns,
)


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
        columns = find_columns(X, categorical_features)
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
        if 0 in X.shape:  # an error of the whole table, not of a column
            return np.empty(X.shape)
        if not self.levels:
            return _check_numbers(X, list(range(X.shape[1])))
        numeric = [column for column in range(X.shape[1]) if column not in self.levels]
        numbers = np.empty(X.shape)
        if numeric:
            numbers[:, numeric] = _check_numbers(X, numeric)
        for column, levels in self.levels.items():
            numbers[:, column] = [_code(level, levels) for level in _column_levels(X, column)]
        return numbers


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
            values = [np.nan if is_missing(value) else value
                      for value in column_values(X, column)]
            if not any(value != value for value in values if isinstance(value, float)):
                raise
            return check_array(np.array(values, dtype=object)[:, None], **options)
    except (TypeError, ValueError) as error:
        _refuse_nested(X, column, error)
        raise type(error)(f"{column_label(X, column)} of X: {error}") from None


def _refuse_nested(X, column, error):
    """Raise an error with a remedy if a cell holds several values; a TypeError says so itself."""
    kind = next((type(value).__name__ for value in column_values(X, column)
                 if isinstance(value, (list, tuple, dict, set, np.ndarray))), None)
    if kind is not None:
        rule = str(error) if isinstance(error, TypeError) else (
            f"a cell must hold a single number or level, got {kind}")
        raise type(error)(f"{column_label(X, column)} of X: {rule}; give each of its values a "
                          "column of its own") from None


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
    return [None if is_missing(value) else value for value in values]
