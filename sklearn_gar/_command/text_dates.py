"""Dates and times in text, as days."""

import re
from dataclasses import dataclass, replace

import numpy as np

from sklearn_gar._command.reading import DATE, DURATION, Reading

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day first", "month first", "year first"
# the first distinct texts, and the share of them that a format must fit to be tried on all
N_TEXTS_TRIED = 50
MIN_SHARE = 0.5
FIRST_DATE_OF_DIGITS, LAST_DATE_OF_DIGITS = 19000101, 21001231
# fewer dates may be sorted by chance
MIN_SORTED = 6
# digits, a sign or a blank, digits; or the name of a month before a year
LIKE_A_DATE = r"\d\D+\d|[^\W\d_]{3,}\W+\d{2,4}$"
TIMES = (" %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
WEEKDAYS = ("", "%a, ", "%a ", "%A, ")
DATES_WITH_NAMES = ("%d MONTH %Y", "MONTH %d, %Y", "MONTH %d %Y", "%d. MONTH %Y", "%d-MONTH-%Y",
                    "%d-MONTH-%y")


@dataclass(frozen=True)
class DateFormat:
    """A format of `pandas.to_datetime`, and what it takes first where others would fit too."""

    text: str
    convention: str | None = None


def _numeric_formats(sign):
    """Dates in digits; with points, the day never comes after the month."""
    formats = [DateFormat(f"%d{sign}%m{sign}%Y", DAY_FIRST),
               DateFormat(f"%m{sign}%d{sign}%Y", MONTH_FIRST),
               DateFormat(f"%d{sign}%m{sign}%y", DAY_FIRST),
               DateFormat(f"%m{sign}%d{sign}%y", MONTH_FIRST)]
    if sign == ".":
        formats = formats[::2]
    return [DateFormat(f"%Y{sign}%m{sign}%d"), *formats,
            DateFormat(f"%y{sign}%m{sign}%d", YEAR_FIRST)]


def _formats_with_month_names():
    """Dates with the name of the month, after a weekday or not, with a day or without."""
    dates = [f"{weekday}{date}" for weekday in WEEKDAYS for date in DATES_WITH_NAMES]
    months = [f"MONTH{sign}{year}" for sign in " -" for year in ("%Y", "%y")]
    return [DateFormat(text.replace("MONTH", month)) for month in ("%b", "%B")
            for text in (*dates, *months)]


FORMATS = [DateFormat("ISO8601"), *_numeric_formats("-"), *_numeric_formats("/"),
           *_numeric_formats("."), *_formats_with_month_names(),
           *map(DateFormat, ("%m/%Y", "%Y/%m", "%YQ%m", "%G-W%V-%u"))]


def _first_month(text):
    """The quarter 2020Q2 as 2020Q4, the year and the first month."""
    match = re.fullmatch(r"(\d{4})[- ]?Q([1-4])", text)
    return f"{match[1]}Q{3 * int(match[2]) - 2}" if match else None


def _first_day(text):
    """The week 2020-W05 as its Monday, 2020-W05-1."""
    return f"{text}-1" if re.fullmatch(r"\d{4}-W\d\d", text) else None


def _iso(text):
    """The text if it begins like an ISO date; pandas also takes 2020.5 for May 2020."""
    return text if re.match(r"\d{4}-\d", text) else None


# formats of which pandas reads too much or too little
REWRITTEN = {"ISO8601": _iso, "%YQ%m": _first_month, "%G-W%V-%u": _first_day}


def read_dates(texts, convention=None):
    """Read the distinct texts (a Series) as days since 1970; None if they are no dates.

    If the texts fit with either the day or the month first, `convention` decides.  Without it,
    the order in which the dates are sorted is taken, and the month first if there is none.
    """
    sample = texts.iloc[:N_TEXTS_TRIED]
    if sample.str.contains(LIKE_A_DATE).mean() < MIN_SHARE:
        return None
    times = TIMES if sample.str.contains(":").mean() >= MIN_SHARE else ("",)
    readings = []
    for date_format in FORMATS:
        for time in ("",) if date_format.text == "ISO8601" else times:
            if np.isfinite(_days(sample, date_format, time)).mean() < MIN_SHARE:
                continue
            reading = Reading(_days(texts, date_format, time), DATE,
                              date_format.convention or "", date_format.convention)
            if reading.convention is None and reading.is_complete:
                return reading
            readings.append(reading)
    return _choose(readings, convention) if readings else None


def _days(texts, date_format, time):
    """The texts as days since 1970, NaN where they do not have the format."""
    import pandas
    if date_format.text in REWRITTEN:
        texts = texts.map(REWRITTEN[date_format.text])
    dates = pandas.to_datetime(texts, format=date_format.text + time, errors="coerce", utc=True)
    return days_since_1970(dates)


def days_of_digits(numbers):
    """Numbers that are all dates such as 20200131 as days since 1970, else None."""
    import pandas
    known = np.isfinite(numbers)
    present = numbers[known]
    in_range = (present >= FIRST_DATE_OF_DIGITS) & (present <= LAST_DATE_OF_DIGITS)
    if not (in_range & (present == np.floor(present))).all():
        return None
    digits = pandas.Series(present).astype(np.int64).astype(str)
    days = np.full(len(numbers), np.nan)
    days[known] = days_since_1970(pandas.to_datetime(digits, format="%Y%m%d", errors="coerce",
                                                     utc=True))
    return days if np.isfinite(days[known]).all() else None


def days_since_1970(dates):
    """Dates with time zone as days, the time of day as a fraction, NaN where missing."""
    # numpy has no bounds for dates such as 9999-12-31, which often stand for never
    dates = dates.dt.tz_convert(None).to_numpy()
    return (dates - np.datetime64(0, "D")) / np.timedelta64(1, "D")


def _choose(readings, convention):
    """The reading that fits most texts; `read_dates` says which of several such."""
    most = max(reading.share for reading in readings)
    best = _without_day_as_year([reading for reading in readings if reading.share == most])
    if all(np.array_equal(reading.values, best[0].values, equal_nan=True) for reading in best):
        return best[0]
    agreed = [reading for reading in best if reading.convention == convention]
    if convention is not None and agreed:
        return agreed[0]
    in_order = [reading for reading in best if _is_sorted(reading.values)]
    if len(in_order) == 1:
        return in_order[0]
    by_month = [reading for reading in best if reading.convention == MONTH_FIRST]
    return replace((by_month or best)[0], ambiguous=True)


def _without_day_as_year(readings):
    """Drop the readings that mistake a day for a year of two digits.

    Such a reading spreads dates of one month over 31 years, far more than the right reading.
    """
    spans = [np.ptp(reading.values[np.isfinite(reading.values)]) for reading in readings]
    return [reading for reading, span in zip(readings, spans) if span <= 2 * min(spans)
            or YEAR_FIRST not in {other.convention for other in readings}]


def _is_sorted(values):
    values = values[np.isfinite(values)]
    steps = np.diff(values)
    return len(values) >= MIN_SORTED and bool((steps >= 0).all() or (steps <= 0).all())


def read_durations(texts):
    """The distinct texts as times of day or durations in days, or None if one is not."""
    import pandas
    if not texts.str.contains(r"^[+-]?\d{1,4}:\d\d|^-?\d+ days?\b").all():
        return None
    clock = pandas.to_datetime(texts, format="%I:%M %p", errors="coerce", utc=True)
    if clock.notna().all():
        return Reading(days_since_1970(clock) % 1, DURATION)
    whole = texts.str.replace(r"^([+-]?\d+:\d\d)$", r"\1:00", regex=True)
    days = pandas.to_timedelta(whole, errors="coerce") / pandas.Timedelta(days=1)
    return Reading(days.to_numpy(np.float64), DURATION) if days.notna().all() else None
