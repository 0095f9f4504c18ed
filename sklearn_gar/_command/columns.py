"""What each column counts as: numbers, dates, categories, or nothing that models can use."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_gar._command.messages import InputError, count, print_note, quote_names
from sklearn_gar._command.preprocessing import MAX_INDICATORS, MAX_LEVELS
from sklearn_gar._command.reading import DATE, DURATION, NUMBER_IN_TEXT
from sklearn_gar._command.text_dates import (MONTH_FIRST, days_of_digits, days_since_1970,
                                             read_dates, read_durations)
from sklearn_gar._command.text_numbers import read_numbers

# with more distinct values than this share of the rows, most categories would hold one row
MAX_DISTINCT = 0.9
MAX_CHARACTERS_QUOTED = 30
MAX_TEXTS_QUOTED = 3
CORRECT = "correct the others, or pass --missing TEXT for those that mean missing"
# what is said about the columns of each kind, and what the user can do about it
NOTES = {
    NUMBER_IN_TEXT: "read as numbers, without thousands separators and units",
    DATE: "read as dates, in days since 1970",
    DURATION: "read as times or durations, in days",
    "category": "taken as categories",
    "mixed": f"taken as categories, though most values are numbers or dates; {CORRECT}",
    "mixed identifier": "left out, because (nearly) every row has a different text, though most "
                        f"values are numbers or dates; {CORRECT}",
    "identifier": "left out, because (nearly) every row has a different text",
    "empty": "left out, because no row has a value",
}
CATEGORIES_NOTE = (
    "GARRegressor is given categories as they are, HistGradientBoostingRegressor the "
    f"{MAX_LEVELS} most frequent levels of each column and the others as one, MLPRegressor at "
    f"most {MAX_INDICATORS} indicators a column")
NUMERIC = ("number", NUMBER_IN_TEXT, DATE, DURATION)
LEFT_OUT = ("identifier", "mixed identifier", "empty")
PLAIN_NUMBERS = ("boolean", "decimal", "empty", "floating", "integer", "mixed-integer-float")


@dataclass
class Column:
    """A column as models see it: floats, or text for categories, NaN where missing.

    `unfit` is the first text that is no number or date, where most of the others are.
    """

    kind: str
    values: np.ndarray
    remark: str = ""
    convention: str | None = None
    ambiguous: bool = False
    unfit: str | None = None

    @property
    def is_numeric(self):
        return self.kind in NUMERIC

    @property
    def is_left_out(self):
        return self.kind in LEFT_OUT


def read_columns(frame, conventions):
    """A `Column` for each column of the frame, by name.

    `conventions` holds the decimal mark of numbers in text and the order of day and month in
    dates, or None where neither the user nor the format of the file says so.  An ambiguous column
    then follows the other columns, if they agree.
    """
    columns = {name: read_column(frame[name], conventions) for name in frame.columns}
    agreed = {kind: known or _agreed(columns, kind) for kind, known in conventions.items()}
    for name, column in columns.items():
        if column.ambiguous:
            columns[name] = read_column(frame[name], agreed)
    return columns


def _agreed(columns, kind):
    """The convention that all unambiguous columns of a kind share, or None."""
    found = {column.convention for column in columns.values()
             if column.kind == kind and column.convention and not column.ambiguous}
    return found.pop() if len(found) == 1 else None


def read_column(column, conventions):
    """The column as a `Column`."""
    from pandas.api.types import infer_dtype

    dtype = infer_dtype(column, skipna=True)
    if column.isna().all():
        return Column("empty", np.full(len(column), np.nan))
    if dtype in PLAIN_NUMBERS:
        numbers = _finite(column, column.to_numpy(np.float64, na_value=np.nan))
        days = days_of_digits(numbers)
        return Column("number", numbers) if days is None else Column(DATE, days, "year first")
    if dtype in ("date", "datetime", "datetime64"):
        return Column(DATE, _days(column))
    if dtype in ("timedelta", "timedelta64"):
        from pandas import Timedelta, to_timedelta
        days = to_timedelta(column) / Timedelta(days=1)
        return Column(DURATION, days.to_numpy(np.float64))
    texts = column.dropna().astype(str).str.strip()
    texts = texts[texts != ""]
    if dtype == "categorical":
        return _category(column, texts)
    return _read_text(column, texts, conventions)


def _days(column):
    from pandas import to_datetime
    return days_since_1970(to_datetime(column, utc=True))


def _finite(column, numbers):
    infinite = np.isinf(numbers)
    if infinite.any():
        raise InputError(f"columns must be finite, {column.name!r} holds infinity in "
                         f"{count(infinite.sum(), 'row')}: replace it by a missing value (in CSV "
                         "files, --missing inf does so)")
    return numbers


def _read_text(column, texts, conventions):
    """Text as dates or numbers where all of it is, else as categories."""
    from pandas import Series, factorize

    codes, distinct = factorize(texts)
    distinct = Series(distinct, dtype=object)
    if len(distinct) == 0:
        return Column("empty", np.full(len(column), np.nan))
    readings = _readings(distinct, conventions)
    complete = next((reading for reading in readings if reading.is_complete), None)
    if complete is not None:
        values = Series(complete.values[codes], index=texts.index).reindex(column.index)
        return Column(complete.kind, values.to_numpy(), _remark(complete), complete.convention,
                      complete.ambiguous)
    category = _category(column, texts)
    is_identifier = len(distinct) > MAX_DISTINCT * len(column)
    best = max(readings, key=lambda reading: reading.share, default=None)
    if best is not None and np.isfinite(best.values[codes]).mean() > 0.5:
        unfit = distinct[~np.isfinite(best.values)].tolist()
        return replace(category, kind="mixed identifier" if is_identifier else "mixed",
                       remark=f"not {_quote_texts(unfit)}", unfit=unfit[0])
    if is_identifier:
        return replace(category, kind="identifier",
                       remark=f"such as {_shorten(distinct.iloc[0])!r}")
    return category


def _readings(distinct, conventions):
    """The text read as numbers, dates and durations; numbers without a unit come first."""
    numbers = read_numbers(distinct, conventions[NUMBER_IN_TEXT])
    is_plain = numbers is not None and numbers.remark == ""
    others = [read_dates(distinct, conventions[DATE]), read_durations(distinct)]
    ordered = [numbers, *others] if is_plain else [*others, numbers]
    return [reading for reading in ordered if reading is not None]


def _remark(reading):
    """How the column was read, and what to do if that is wrong."""
    if not reading.ambiguous:
        return reading.remark
    if reading.kind == DATE:
        is_by_month = reading.convention == MONTH_FIRST
        doubt = "else pass --day-first" if is_by_month else "else write 2020-01-31"
    else:
        doubt = "decimal point, else pass --decimal ,"
    return ", ".join(filter(None, [reading.remark, doubt]))


def _category(column, texts):
    return Column("category", texts.reindex(column.index).to_numpy(object))


def _shorten(text):
    """The text, or its beginning if it is long."""
    if len(text) > MAX_CHARACTERS_QUOTED:
        return text[:MAX_CHARACTERS_QUOTED - 3] + "..."
    return text


def _quote_texts(texts):
    """Some of the texts in quotes, and how many more there are."""
    quoted = ", ".join(repr(_shorten(text)) for text in texts[:MAX_TEXTS_QUOTED])
    n_more = len(texts) - MAX_TEXTS_QUOTED
    return quoted + (f" and {n_more} more" if n_more > 0 else "")


def print_column_notes(columns):
    """Say which columns are of each kind; plain numbers need no note."""
    for kind, note in NOTES.items():
        remarks = {name: column.remark for name, column in columns.items() if column.kind == kind}
        if remarks:
            print_note(f"{count(len(remarks), 'column')} {note}: "
                       f"{quote_names(remarks, remarks)}")
    if not all(column.is_numeric or column.is_left_out for column in columns.values()):
        print_note(CATEGORIES_NOTE)
    missing = {name: f"{np.isnan(column.values).sum()}" for name, column in columns.items()
               if column.is_numeric and np.isnan(column.values).any()}
    if missing:
        print_note(f"{count(sum(map(int, missing.values())), 'missing number')}, replaced by the "
                   "median and marked by an indicator for MLPRegressor only: "
                   f"{quote_names(missing, missing)}")
