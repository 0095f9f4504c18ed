"""Dates and times in text, as days."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_gar._command.reading import DATE, DURATION, Reading

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day first", "month first", "year first"
# distinct texts that decide which formats are tried on the whole column
N_TEXTS_TRIED = 50
# fewer dates may be sorted by chance
MIN_SORTED = 6
# digits, a sign or a blank, digits; or the name of a month before a year
LIKE_A_DATE = r"\d\D+\d|[^\W\d_]{3,}\W+\d{2,4}$"
LIKE_ISO = r"\d{4}-\d"
TIMES = (" %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class DateFormat:
    """A format of `pandas.to_datetime`, and what it takes first where others would fit too."""

    text: str
    convention: str | None = None


def _numeric_formats(sign):
    """Dates of numbers; points are used where the day comes first."""
    formats = [DateFormat(f"%d{sign}%m{sign}%Y", DAY_FIRST),
               DateFormat(f"%m{sign}%d{sign}%Y", MONTH_FIRST),
               DateFormat(f"%d{sign}%m{sign}%y", DAY_FIRST),
               DateFormat(f"%m{sign}%d{sign}%y", MONTH_FIRST)]
    if sign == ".":
        formats = formats[::2]
    return [DateFormat(f"%Y{sign}%m{sign}%d"), *formats,
            DateFormat(f"%y{sign}%m{sign}%d", YEAR_FIRST)]


FORMATS = [DateFormat("ISO8601"),
           *(date_format for sign in "-/." for date_format in _numeric_formats(sign)),
           *(DateFormat(f"{weekday}{date}") for weekday in ("", "%a, ", "%a ", "%A, ")
             for month in ("%b", "%B")
             for date in (f"%d {month} %Y", f"{month} %d, %Y", f"{month} %d %Y", f"%d. {month} %Y",
                          f"%d-{month}-%Y", f"%d-{month}-%y")),
           *(DateFormat(f"{month}{sign}{year}") for month in ("%b", "%B") for sign in " -"
             for year in ("%Y", "%y")),
           DateFormat("%m/%Y"), DateFormat("%Y/%m"), DateFormat("%YQ%m"), DateFormat("%G-W%V-%u")]


def read_dates(texts, convention=None):
    """The distinct texts (a Series) as days since 1970, or None if they are no dates.

    Where day and month can be told apart by no text, the order of `convention` is taken, else the
    one that sorts the dates, else the month first.
    """
    sample = texts.iloc[:N_TEXTS_TRIED]
    if sample.str.contains(LIKE_A_DATE).mean() < 0.5:
        return None
    times = TIMES if sample.str.contains(":").mean() >= 0.5 else ("",)
    readings = []
    for date_format in FORMATS:
        for time in ("",) if date_format.text == "ISO8601" else times:
            if np.isfinite(_days(sample, date_format, time)).mean() >= 0.5:
                days = _days(texts, date_format, time)
                readings.append(Reading(days, DATE, date_format.convention or "",
                                        date_format.convention))
                if date_format.convention is None and readings[-1].is_complete:
                    return readings[-1]
    return _choose(readings, convention) if readings else None


def _days(texts, date_format, time):
    import pandas
    if date_format.text == "ISO8601":
        # pandas also takes 2020.5 for May 2020
        texts = texts.where(texts.str.match(LIKE_ISO))
    if date_format.text == "%YQ%m":
        # the first month of a quarter, which pandas has no format for
        texts = texts.str.replace(r"^(\d{4})[- ]?Q([1-4])$",
                                  lambda match: f"{match[1]}Q{3 * int(match[2]) - 2}", regex=True)
    if date_format.text == "%G-W%V-%u":
        # the Monday of a week
        texts = texts.str.replace(r"^(\d{4}-W\d\d)$", r"\1-1", regex=True)
    dates = pandas.to_datetime(texts, format=date_format.text + time, errors="coerce", utc=True)
    return days_since_1970(dates)


def days_of_digits(numbers):
    """Numbers that are all dates such as 20200131 as days since 1970, else None."""
    import pandas
    known = np.isfinite(numbers)
    if not ((numbers[known] >= 19000101) & (numbers[known] <= 21001231)).all():
        return None
    digits = pandas.Series(numbers[known]).astype(np.int64).astype(str)
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
    """The reading that fits most texts; of equals as `read_dates` says."""
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
    """The readings but those that, next to others, take a day for a year of two digits.

    Such a reading spreads the dates of a few years over the days of a month, so over 30 years.
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
