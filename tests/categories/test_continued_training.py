"""partial_fit and warm_start keep the levels and the scaling of the first call."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from tests.categories.tables import (
    assert_differ,
    assert_finite,
    assert_same_predictions,
    each_frame,
    mixed_columns,
    mixed_frame,
    pandas_or_polars,
    quick,
    r2_of,
)


@each_frame
def test_first_partial_fit_is_a_fit_of_one_epoch(build):
    columns, y = mixed_columns()
    settings = {"lr_schedule": "constant", "max_iter": 1, "blend": None, "early_stopping": False}
    found = quick(**settings).partial_fit(build(columns), y).predict(build(columns))
    expected = quick(**settings).fit(build(columns), y).predict(build(columns))
    assert_same_predictions(found, expected, y)


@pandas_or_polars
def test_levels_are_those_of_the_first_call(build):
    first, y = mixed_columns(gaps=False)
    later = {**first, "town": ["Basel"] * 50 + first["town"][50:]}
    model = quick().partial_fit(build(first), y)
    before = model.predict(build(first))
    for _ in range(3):
        model.partial_fit(build(later), y)
    assert_differ(model.predict(build(first)), before, y)
    basel, olten, missing = (model.predict(build({**first, "town": [town] * 100}))
                             for town in ("Basel", "Olten", None))
    assert_finite(basel, 100)
    assert_array_equal(basel, olten)
    assert_array_equal(basel, missing)


def test_a_stream_of_chunks_is_learned():
    frame, y = mixed_frame(600)
    model = quick(learning_rate=0.01, early_stopping=False)
    for _ in range(15):
        for start in range(0, 600, 120):
            model.partial_fit(frame[start:start + 120], y[start:start + 120])
    assert r2_of(model.predict(frame), y) > 0.7


def test_gaps_that_come_later():
    X = np.random.RandomState(0).normal(size=(100, 3))
    y = X.sum(1)
    model = quick().partial_fit(X, y)
    later = X.copy()
    later[::3, 1] = np.nan
    model.partial_fit(later, y)
    assert_finite(model.predict(X), 100)
    assert_finite(model.predict(later), 100)


def test_numbers_that_come_later():
    """A column that was empty so far, of numbers or of levels."""
    frame, y = mixed_frame()
    empty = frame.assign(age=np.nan, town=pd.Series([None] * 100, dtype=object))
    model = quick().partial_fit(empty, y)
    for _ in range(3):
        model.partial_fit(frame, y)
    assert_finite(model.predict(frame), 100)
    assert_finite(model.predict(empty), 100)


@pandas_or_polars
def test_a_chunk_of_one_level_and_no_gaps(build):
    columns, y = mixed_columns()
    model = quick().partial_fit(build(columns), y)
    chunk = {name: [next(one for one in values if one is not None)] * 2
             for name, values in columns.items()}
    model.partial_fit(build(chunk), y[:2])
    assert_finite(model.predict(build(columns)), 100)


@pandas_or_polars
def test_partial_fit_goes_on_from_a_fit(build):
    columns, y = mixed_columns(300)
    model = quick(max_iter=40).fit(build(columns), y)
    before = r2_of(model.predict(build(columns)), y)
    model.set_params(learning_rate=1e-4).partial_fit(build(columns), y)
    assert r2_of(model.predict(build(columns)), y) > before - 0.05
    assert before > 0.7


@pandas_or_polars
def test_warm_start_goes_on_with_the_levels_of_the_first_fit(build):
    columns, y = mixed_columns(gaps=False)
    later = {**columns, "town": ["Basel"] * 30 + columns["town"][30:],
             "age": [None] * 10 + columns["age"][10:]}
    model = quick(warm_start=True, max_iter=20).fit(build(columns), y)
    before = model.predict(build(columns))
    model.fit(build(later), y)
    assert_differ(model.predict(build(columns)), before, y)
    basel, olten = (model.predict(build({**columns, "town": [town] * 100}))
                    for town in ("Basel", "Olten"))
    assert_finite(basel, 100)
    assert_array_equal(basel, olten)


def test_warm_start_learns_on():
    frame, y = mixed_frame(300)
    model = quick(warm_start=True, max_iter=5, blend=None, learning_rate=0.02).fit(frame, y)
    before = r2_of(model.predict(frame), y)
    for _ in range(6):
        model.fit(frame, y)
    assert r2_of(model.predict(frame), y) > max(before, 0.7)


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_other_columns_are_refused(method):
    frame, y = mixed_frame()
    model = quick(warm_start=True).fit(frame, y)
    expected = model.predict(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        getattr(model, method)(frame[frame.columns[::-1]], y)
    assert_array_equal(model.predict(frame), expected)


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_categories_must_not_change(method):
    frame, y = mixed_frame()
    model = quick(warm_start=True, categorical_features=["town", "member"]).fit(frame, y)
    expected = model.predict(frame)
    model.set_params(categorical_features=["town", "member", "size"])
    with pytest.raises(ValueError, match="categorical_features"):
        getattr(model, method)(frame, y)
    assert_array_equal(model.predict(frame), expected)


def test_a_failed_fit_keeps_the_levels_of_the_last():
    frame, y = mixed_frame()
    model = quick().fit(frame, y)
    expected = model.predict(frame)
    for bad in (frame.assign(size=np.inf), frame.assign(town=[["a"]] * 100)):
        with pytest.raises((ValueError, TypeError)):
            model.fit(bad.assign(more=1.0), y)
        assert_array_equal(model.predict(frame), expected)
        assert model.n_features_in_ == 4
