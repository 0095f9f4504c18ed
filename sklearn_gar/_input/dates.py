"""Refuse dates and durations, because their value as a number depends on a unit."""

import datetime
from functools import partial

import numpy as np

from sklearn_gar._input.tables import column_at, column_dtypes, column_label, is_frame

_KINDS = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
# Parts of the names of types, in NumPy, pandas, Arrow and polars.
_NAMES = ("date", "time", "duration", "period")


def refuse_dates(name: str, data) -> None:
    """Raise if an array, a series, a list or a column of a frame holds dates or durations."""
    for label, dtype, values in _columns(name, data):
        found = _date_type(dtype, values)
        if found is not None:
            raise ValueError(
                f"{label} must hold numbers, got dates or durations of type {found}; turn them "
                "into numbers of a unit that you choose, for example days: "
                "(dates - dates.min()) / numpy.timedelta64(1, 'D') in NumPy and pandas, "
                "(dates - dates.min()).dt.total_days() in polars")


def _columns(name, data):
    """Label, type and a function that returns the values, of each column or of the whole."""
    if is_frame(data):
        for position, dtype in enumerate(column_dtypes(data)):
            label = f"{column_label(data, position)} of {name}"
            yield label, dtype, partial(column_at, data, position)
    elif isinstance(data, (list, tuple)):
        for one in data:
            if hasattr(one, "dtype"):
                yield name, one.dtype, lambda: one
        yield name, "object", lambda: np.array(data, dtype=object)
    elif hasattr(data, "dtype") or hasattr(data, "type"):
        yield name, getattr(data, "dtype", None) or data.type, lambda: data


def _date_type(dtype, values):
    """The type of dates that a type or a value stands for, or None."""
    if getattr(dtype, "kind", "O") in "biufc":  # of a number, in NumPy and pandas
        return None
    categories = getattr(dtype, "categories", None)
    if categories is not None and hasattr(categories, "dtype"):
        return _date_type(categories.dtype, lambda: categories)
    if any(part in str(dtype).lower() for part in _NAMES):
        return dtype
    if not str(dtype).lower().startswith("object"):
        return None
    return next((type(value).__name__ for value in np.asarray(values(), dtype=object).flat
                 if isinstance(value, _KINDS) or type(value).__name__ == "Period"), None)
