"""Dates and durations, which are no numbers until somebody chooses a unit."""

import datetime

import numpy as np

_KINDS = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
# Parts of the names of types, in NumPy, pandas, Arrow and polars.
_NAMES = ("date", "time", "duration", "period")


def refuse_dates(name: str, data) -> None:
    """Raise if an array, a series or a column of a frame holds dates or durations."""
    if hasattr(data, "columns") and hasattr(data, "dtypes"):
        for column, dtype in zip(data.columns, data.dtypes):
            _refuse(f"column {column!r} of {name}", dtype,
                    lambda: np.asarray(data[column], dtype=object))
    elif hasattr(data, "dtype"):
        _refuse(name, data.dtype, lambda: np.asarray(data, dtype=object))
    elif isinstance(data, (list, tuple)):
        values = np.array(data, dtype=object)
        _refuse(name, values.dtype, lambda: values)


def _refuse(name, dtype, values):
    """Raise if a type is one of dates, or if it is object and a value is a date."""
    if any(part in str(dtype).lower() for part in _NAMES):
        found = dtype
    elif str(dtype).lower() != "object":
        return
    else:
        found = next((type(value).__name__ for value in values().flat
                      if isinstance(value, _KINDS)), None)
    if found is not None:
        raise ValueError(
            f"{name} must hold numbers, got dates or durations of type {found}; turn them into "
            "numbers of a unit that you choose, for example days: "
            "(dates - dates.min()) / numpy.timedelta64(1, 'D')")
