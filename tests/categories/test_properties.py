"""Properties of fits on frames of columns of all kinds."""

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.categories.tables import assert_finite, assert_same_predictions, quick
from tests.properties.checks import leaves_all_as_found

LEVELS = st.one_of(st.text(max_size=3), st.sampled_from(["a", "b", "c"]))
COLUMNS = {
    "numbers": lambda values, rng, n: rng.normal(size=n),
    "skewed numbers": lambda values, rng, n: np.exp(4 * rng.normal(size=n)),
    "two numbers": lambda values, rng, n: rng.randint(2, size=n).astype(float),
    "constant": lambda values, rng, n: np.full(n, 3.0),
    "flags": lambda values, rng, n: rng.uniform(size=n) < 0.5,
    "levels": lambda values, rng, n: np.array(values, dtype=object)[
        rng.randint(len(values), size=n)],
    "a level a row": lambda values, rng, n: np.array([f"{one}" for one in range(n)],
                                                     dtype=object),
    "one level": lambda values, rng, n: np.array(values[:1], dtype=object).repeat(n),
}


@st.composite
def frames(draw):
    """A frame of pandas, rows to predict for, targets and weights or None."""
    n_rows = draw(st.sampled_from([2, 3, 9, 40, 130, 200]))
    table = {}
    for index in range(draw(st.integers(1, 4))):
        kind, share = draw(st.sampled_from(list(COLUMNS))), draw(st.sampled_from([0, 0, 0.3, 1]))
        rng = np.random.RandomState(draw(st.integers(0, 99)))
        values = COLUMNS[kind](draw(st.lists(LEVELS, min_size=1, max_size=6)), rng, 2 * n_rows)
        missing = rng.uniform(size=2 * n_rows) < share
        is_number = values.dtype.kind == "f"
        table[f"column {index}"] = pd.Series(
            [None if gap else value for gap, value in zip(missing, values.tolist())],
            dtype="float64" if is_number else object)
    rng = np.random.RandomState(draw(st.integers(0, 99)))
    weight = draw(st.sampled_from([None, rng.uniform(0.1, 3, n_rows)]))
    frame = pd.DataFrame(table)
    return frame[:n_rows], frame[n_rows:], rng.normal(size=n_rows), weight


def fast(**settings):
    return quick(**{"max_iter": 2, "hidden_layer_sizes": (4,), "n_estimators": 1, **settings})


@given(frames())
def test_frames_fit_predict_and_are_left_as_found(rows):
    frame, others, y, weight = rows
    with leaves_all_as_found(frame, others, y, weight):
        model = fast().fit(frame, y, weight)
        assert_finite(model.predict(frame), len(frame))
        prediction = model.predict(others)
    assert_finite(prediction, len(others))
    assert np.abs(prediction).max() < 30 * np.ptp(y) + np.abs(y).max()


@given(frames())
def test_the_order_of_rows_means_nothing(rows):
    frame, others, y, weight = rows
    if frame.astype(str).duplicated().any():  # rows that tie have no order of their own
        frame = frame.assign(tie=np.random.RandomState(0).normal(size=len(frame)))
        others = others.assign(tie=0.5)
    order = np.random.RandomState(1).permutation(len(frame))
    shuffled = fast().fit(frame.iloc[order], y[order], None if weight is None else weight[order])
    assert_same_predictions(shuffled.predict(others), fast().fit(frame, y, weight).predict(others),
                            y)


@given(frames())
def test_polars_and_pandas_give_the_same_model(rows):
    frame, others, y, weight = rows
    twin, other_twin = (pl.DataFrame({name: pl.Series(
        [None if value is None or value != value else value for value in column.tolist()],
        dtype=pl.Float64 if column.dtype == "float64" else (
            pl.Boolean if isinstance(frame[name].dropna().get(frame[name].first_valid_index()),
                                     bool) else pl.String))
        for name, column in part.items()}) for part in (frame, others))
    expected = fast().fit(frame, y, weight).predict(others)
    assert_same_predictions(fast().fit(twin, y, weight).predict(other_twin), expected, y)
