"""Dates in text, against the dates that were written."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from sklearn_gar._command.text_dates import (DAY_FIRST, MONTH_FIRST, days_of_digits,
                                             days_since_1970, read_dates, read_durations)

FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f",
           "%Y-%m-%dT%H:%M:%SZ", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m", "%m/%Y",
           "%d.%m.%Y", "%d.%m.%y", "%d.%m.%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
           "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%m/%d/%Y %I:%M %p",
           "%d/%m/%Y %H:%M:%S", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y",
           "%B %d, %Y", "%B %d %Y", "%a, %d %b %Y", "%A, %B %d, %Y", "%b %Y", "%B %Y", "%b-%y",
           "%d. %B %Y"]


def texts(values):
    return pd.Series(values, dtype=object)


def days(moment):
    return (moment - datetime(1970, 1, 1)) / timedelta(days=1)


@pytest.mark.parametrize("written", FORMATS)
def test_dates_are_read_as_they_were_written(written):
    moments = [datetime(2019, 1, 1) + k * timedelta(days=11, hours=5, minutes=7)
               for k in range(120)]
    moments = [moments[k] for k in np.random.default_rng(0).permutation(120)]
    values = list(dict.fromkeys(moment.strftime(written) for moment in moments))
    reading = read_dates(texts(values))
    assert reading.is_complete and not reading.ambiguous
    expected = [days(datetime.strptime(value, written)) for value in values]
    np.testing.assert_allclose(reading.values, expected, rtol=0, atol=1e-9)


def test_dates_without_leading_zeros():
    reading = read_dates(texts(["1.2.2020", "13.2.2020", "3.12.2020"]))
    expected = [date(2020, 2, 1), date(2020, 2, 13), date(2020, 12, 3)]
    assert reading.values.tolist() == [(day - date(1970, 1, 1)).days for day in expected]


def test_quarters_and_weeks():
    for values in (["2020Q1", "2019Q4"], ["2020-Q1", "2019-Q4"], ["2020 Q1", "2019 Q4"]):
        assert read_dates(texts(values)).values.tolist() == [18262, 18262 - 92]
    weeks = [date.fromisocalendar(2020, week, 1) for week in (1, 5, 53)]
    reading = read_dates(texts([f"2020-W{week:02}" for week in (1, 5, 53)]))
    assert reading.values.tolist() == [(day - date(1970, 1, 1)).days for day in weeks]


def test_dates_of_eight_digits():
    got = days_of_digits(np.array([20200101, np.nan, 20200301]))
    np.testing.assert_array_equal(got, [18262, np.nan, 18262 + 60])
    for number in (20201301, 20200230, 2020, 20200101.5, -20200101):
        assert days_of_digits(np.array([20200101, number])) is None


def test_far_dates():
    days = np.array(["2020-01-01", "9999-12-31"], dtype="datetime64[s]")
    column = pd.Series(days).dt.tz_localize("UTC")
    assert days_since_1970(column).tolist() == [18262, (date.max - date(1970, 1, 1)).days]


def test_time_zones_count_from_one_moment():
    reading = read_dates(texts(["2020-01-01T12:00:00+02:00", "2020-01-01T10:00:00Z",
                                "2020-01-01 05:00:00-05:00"]))
    assert reading.values.tolist() == [18262 + 10 / 24] * 3


@pytest.mark.parametrize("sign", "/-")
def test_one_unambiguous_date_decides(sign):
    ambiguous = [f"0{month}{sign}0{day}{sign}2020" for month in (3, 1, 5) for day in (4, 2)]
    by_day = read_dates(texts([*ambiguous, f"13{sign}01{sign}2020"]))
    by_month = read_dates(texts([*ambiguous, f"01{sign}13{sign}2020"]))
    assert (by_day.convention, by_day.ambiguous) == (DAY_FIRST, False)
    assert (by_month.convention, by_month.ambiguous) == (MONTH_FIRST, False)
    assert by_day.values[-1] == by_month.values[-1]


@pytest.mark.parametrize("convention", [None, DAY_FIRST, MONTH_FIRST])
def test_ambiguous_dates_follow_the_convention_else_month_first(convention):
    reading = read_dates(texts(["03/04/2020", "01/02/2020", "05/01/2020"]), convention)
    assert reading.ambiguous == (convention is None)
    assert reading.convention == (convention or MONTH_FIRST)
    first = date(2020, 4, 3) if convention == DAY_FIRST else date(2020, 3, 4)
    assert reading.values[0] == (first - date(1970, 1, 1)).days


def test_sorted_dates_show_their_order():
    in_order = ["01/02/2020", "02/02/2020", "01/03/2020", "05/03/2020", "02/04/2020", "03/04/2020"]
    for values in (in_order, in_order[::-1]):
        reading = read_dates(texts(values))
        assert reading.convention == DAY_FIRST and not reading.ambiguous
    assert read_dates(texts(in_order[::2] + in_order[1::2])).ambiguous
    assert read_dates(texts(in_order[1:4])).ambiguous


def test_equal_day_and_month_are_not_ambiguous():
    reading = read_dates(texts(["05/05/2020", "02/02/2020"]))
    assert not reading.ambiguous


@pytest.mark.parametrize("values", [
    ["a", "b"], ["1.5", "2020.5"], ["5 kg", "6 kg"], ["1,234", "5,678"], ["1.2.3", "4.5.6"],
    ["A-1", "B-2"], ["10-20", "30-40"], ["1 of 2", "2 of 2"], ["May", "June"], ["12", "13"],
    ["2020-13-01", "2020-14-01"], ["-", ""], ["192.168.0.1", "10.0.0.1"],
    ["555-1234", "555-9876"]])
def test_other_text_is_no_date(values):
    assert read_dates(texts(values)) is None
    assert read_durations(texts(values)) is None


def test_share_of_dates():
    reading = read_dates(texts(["2020-01-01", "2020-01-02", "2020-01-03", "unknown"]))
    assert not reading.is_complete and reading.share == 0.75


@pytest.mark.parametrize("values, hours", [
    (["12:30", "00:15", "23:59"], [12.5, 0.25, 24 - 1 / 60]),
    (["12:30:36", "01:00:00"], [12.51, 1]),
    (["1:30 PM", "12:15 AM"], [13.5, 0.25]),
    (["100:30", "7:00"], [100.5, 7]),
    (["0 days 06:00:00", "2 days 00:00:00", "-1 days +23:00:00"], [6, 48, -1]),
])
def test_times_and_durations(values, hours):
    np.testing.assert_allclose(read_durations(texts(values)).values, np.divide(hours, 24))
