"""Dates and durations are refused with the remedy, also as levels of a category."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.categories.tables import mixed_frame, quick

DAYS = pd.Series(pd.date_range("2024-02-25", periods=100))
SPANS = pd.Series(pd.to_timedelta(np.arange(100), unit="h"))
DATE_OBJECTS = pd.Series([day.date() for day in DAYS], dtype=object)
LEVELS = pd.Series(np.arange(100) % 3)

PANDAS_DATES = {
    "dates": DAYS, "durations": SPANS, "with a time zone": DAYS.dt.tz_localize("UTC"),
    "periods": DAYS.dt.to_period("D"), "objects": DATE_OBJECTS,
    "times": pd.Series([datetime.time(hour % 24) for hour in range(100)], dtype=object),
    "after a gap": pd.Series([None, *DATE_OBJECTS[1:]], dtype=object),
    "category of dates": DAYS.astype("category"),
    "category of durations": SPANS.astype("category"),
    "category of periods": DAYS.dt.to_period("D").astype("category"),
    "category of objects": pd.Series(pd.Categorical(DATE_OBJECTS)),
    "Arrow": pd.Series(DAYS.dt.date.tolist(), dtype=pd.ArrowDtype(pa.date32())),
    "Arrow durations": SPANS.astype(pd.ArrowDtype(pa.duration("us"))),
    "date among text": pd.Series(["a"] * 99 + [datetime.date(2024, 2, 25)], dtype=object),
}
POLARS_DATES = {
    "dates": pl.Series([day.date() for day in DAYS]),
    "datetimes": pl.Series([day.to_pydatetime() for day in DAYS]),
    "durations": pl.Series([span.to_pytimedelta() for span in SPANS]),
    "times": pl.Series([datetime.time(hour % 24) for hour in range(100)]),
}


def assert_refuses_dates(model, X, y):
    with pytest.raises((ValueError, TypeError), match="(?s)when.*(date|time|duration).*;"):
        model.fit(X, y)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("categories", ["from_dtype", ["town", "member", "when"], None],
                         ids=["from dtype", "named", "None"])
@pytest.mark.parametrize("when", PANDAS_DATES.values(), ids=list(PANDAS_DATES))
def test_dates_of_pandas_are_refused(when, categories):
    frame, y = mixed_frame()
    frame = frame[["size"]] if categories is None else frame
    assert_refuses_dates(quick(categorical_features=categories), frame.assign(when=when), y)


@pytest.mark.parametrize("categories", ["from_dtype", ["when"]], ids=["from dtype", "named"])
@pytest.mark.parametrize("when", POLARS_DATES.values(), ids=list(POLARS_DATES))
def test_dates_of_polars_are_refused(when, categories):
    frame, y = mixed_frame()
    frame = pl.DataFrame({"size": frame["size"].to_numpy(), "when": when})
    assert_refuses_dates(quick(categorical_features=categories), frame, y)


@pytest.mark.parametrize("when", [
    DATE_OBJECTS.tolist(), [*DAYS], [day.to_datetime64() for day in DAYS], [*SPANS]],
    ids=["dates", "timestamps", "of NumPy", "durations"])
def test_dates_in_arrays_of_objects_are_refused(when):
    frame, y = mixed_frame()
    when = pd.Series(when, dtype=object).to_numpy()
    X = np.column_stack([frame["size"].to_numpy(dtype=object), when])
    with pytest.raises((ValueError, TypeError), match="(?s)(date|time|duration).*;"):
        quick(categorical_features=[1]).fit(X, y)


def test_dates_are_refused_at_predict_and_as_validation_data():
    frame, y = mixed_frame()
    model = quick().fit(frame, y)
    dates = frame.assign(town=DAYS)
    with pytest.raises((ValueError, TypeError), match="(?s)town.*date.*;"):
        model.predict(dates)
    with pytest.raises((ValueError, TypeError), match="(?s)X_val.*town.*date.*;"):
        model.fit(frame, y, X_val=dates, y_val=y)


def test_text_that_looks_like_a_date_is_text():
    frame, y = mixed_frame()
    frame["when"] = DAYS.dt.strftime("%Y-%m-%d")
    assert np.isfinite(quick().fit(frame, y).predict(frame)).all()


def test_categories_of_text_whose_name_is_that_of_a_time_are_taken():
    frame, y = mixed_frame()
    frame = frame.assign(daytime=pd.Categorical(np.where(LEVELS > 1, "noon", "night")))
    frame["date"] = LEVELS.map({0: "datetime", 1: "duration", 2: "time"})
    polars = pl.DataFrame({"a": pl.Series(frame["date"].tolist(), dtype=pl.Enum(
        ["date", "datetime", "duration", "time"])), "size": frame["size"].to_numpy()})
    for table in (frame, polars):
        assert np.isfinite(quick().fit(table, y).predict(table)).all()
