"""Text of reports and of progress."""

import pytest

from benchmarks.text import (
    be,
    counted,
    days,
    duration,
    failure,
    rst_heading,
    rst_table,
    titled_tables,
)


def test_table_is_as_wide_as_its_cells():
    assert rst_table(["a", "long"], [["wide one", "1"]]) == (
        "========  ====\na         long\n========  ====\nwide one  1\n========  ====")


def test_heading_is_underlined_to_its_length():
    assert rst_heading("Title") == "Title\n-----" and rst_heading("To", "=") == "To\n=="


@pytest.mark.parametrize("number, text", [(0, "0 threads"), (1, "1 thread"), (2, "2 threads")])
def test_counts_have_their_plural(number, text):
    assert counted(number, "thread") == text


def test_verb_of_a_count():
    assert [be(number) for number in (0, 1, 2)] == ["are", "is", "are"]


@pytest.mark.parametrize("seconds, text", [(0.4, "0 s"), (99.4, "99 s"), (100, "2 min"),
                                           (7200, "120 min")])
def test_durations_are_seconds_or_minutes(seconds, text):
    assert duration(seconds) == text


def test_days_are_the_first_and_the_last():
    dates = ["2026-01-03T01:00:00+00:00", "2026-01-02T23:00:00+00:00", "2026-01-03T00:00:00"]
    assert days(dates) == "2026-01-02 to 2026-01-03" and days(dates[:1]) == "2026-01-03"


def test_failure_stands_on_one_line():
    assert failure(ValueError("no\n   luck")) == "ValueError: no luck"


def test_a_table_without_rows_is_left_out_with_its_title():
    full = rst_table(["a"], [["1"]])
    assert rst_table(["a", "b"], []) == ""
    assert titled_tables(("One:", "Two:"), (full, "")) == ["One:", full]
