"""Tables of any kind, column by column: arrays, and frames of pandas, polars or Arrow."""

from decimal import Decimal

import numpy as np


def is_frame(X) -> bool:
    """Whether columns have types of their own."""
    return hasattr(X, "column_names") or (hasattr(X, "columns") and hasattr(X, "dtypes"))


def column_dtypes(frame) -> list:
    """Type of each column, as its library has it."""
    return list(frame.schema.types if hasattr(frame, "column_names") else frame.dtypes)


def column_types(frame) -> list[str]:
    """Name of the type of each column, in lower case."""
    return [str(dtype).lower() for dtype in column_dtypes(frame)]


def is_single_precision(X) -> bool:
    """Whether all columns of a frame are; scikit-learn knows this of pandas' NumPy types only."""
    types = column_types(X) if is_frame(X) else []
    return bool(types) and set(types) <= {"float", "float32", "float[pyarrow]"}


def column_label(X, position: int) -> str:
    """The column in words, by its name or its position."""
    if not is_frame(X):
        return f"column {position}"
    names = X.column_names if hasattr(X, "column_names") else list(X.columns)
    name = names[position]
    return f"column {name.item() if hasattr(name, 'item') else name!r}"


def column_at(X, position: int):
    """A column as its library has it."""
    if hasattr(X, "column_names"):
        return X.column(position)
    return X.iloc[:, position] if hasattr(X, "iloc") else X[:, position]


def column_values(X, position: int) -> list:
    """The values of a column as Python objects."""
    column = column_at(X, position)
    for method in ("to_pylist", "to_list"):  # of Arrow, and of pandas and polars
        if hasattr(column, method):
            return getattr(column, method)()
    return column.tolist()


def take_columns(X, positions: list[int]):
    """A table of some of the columns."""
    if hasattr(X, "column_names"):
        return X.select(positions)
    return X.iloc[:, positions] if hasattr(X, "iloc") else X[:, positions]


def is_missing(value) -> bool:
    """Whether a value is None, NaN, NA or NaT."""
    return (value is None or isinstance(value, (float, np.floating, Decimal)) and value != value
            or type(value).__name__ in ("NAType", "NaTType"))
