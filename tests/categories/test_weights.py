"""Weights of rows count in what is learned of levels and gaps."""

import numpy as np
import pandas as pd
import pytest

from tests.categories.tables import (
    assert_differ,
    assert_same_predictions,
    blended_or_not,
    each_frame,
    mixed_columns,
    mixed_frame,
    one_or_many_batches,
    quick,
    r2_of,
    table_of_levels,
)
from tests.regressors import repeats


def shops_table(n_rows, seed=0):
    """Many levels, a number with gaps and targets."""
    frame, y, _ = table_of_levels(n_rows // 5, n_rows, seed=seed)
    rng = np.random.RandomState(seed + 1)
    x = rng.normal(size=n_rows)
    return frame.assign(x=np.where(rng.uniform(size=n_rows) < 0.2, np.nan, x)), y + x


def mixed_or_shops(n_rows):
    return {"few levels": mixed_frame(n_rows), "many levels": shops_table(n_rows)}


few_or_many_levels = pytest.mark.parametrize("levels", ["few levels", "many levels"])


@few_or_many_levels
@one_or_many_batches
@blended_or_not
@pytest.mark.parametrize("n_targets", [None, 2])
def test_rows_of_weight_zero_do_not_matter(levels, n_rows, blend, n_targets):
    frame, y = mixed_or_shops(n_rows)[levels]
    y = y if n_targets is None else np.column_stack([y, np.cos(y)])
    name = frame.columns[0]
    weight = np.random.RandomState(2).uniform(0.5, 2.0, size=n_rows)
    weight[np.random.RandomState(3).uniform(size=n_rows) < 0.3] = 0
    counts = weight > 0
    # rows that do not count have wild targets, wrong levels and levels of their own
    y = np.where(counts if n_targets is None else counts[:, None], y, 1e6)
    strange = np.where(np.arange(n_rows) % 2, "never seen", frame[name].iloc[0])
    frame = frame.assign(**{name: frame[name].astype(object).where(counts, strange)})
    weighted = quick(blend=blend).fit(frame, y, weight)
    removed = quick(blend=blend).fit(frame[counts], y[counts], weight[counts])
    assert_same_predictions(weighted.predict(frame), removed.predict(frame), y[counts])


def test_levels_of_rows_of_weight_zero_alone_are_unseen():
    frame, y = mixed_frame()
    weight = np.where(frame["town"] == "Zug", 0.0, 1.0)
    model = quick().fit(frame, y, weight)
    assert_same_predictions(model.predict(frame.assign(town="Zug")),
                            model.predict(frame.assign(town="Basel")), y)


@few_or_many_levels
@blended_or_not
@pytest.mark.parametrize("n_targets", [None, 2])
def test_whole_weights_equal_repeated_rows_on_one_batch(levels, blend, n_targets):
    frame, y = mixed_or_shops(50)[levels]
    y = y if n_targets is None else np.column_stack([y, np.cos(y)])
    times = repeats(50)
    rows = np.random.RandomState(0).permutation(np.repeat(np.arange(50), times))
    assert len(rows) <= 128
    weighted = quick(blend=blend).fit(frame, y, sample_weight=times)
    repeated = quick(blend=blend).fit(frame.iloc[rows], y[rows])
    assert_same_predictions(weighted.predict(frame), repeated.predict(frame), y)
    assert_differ(weighted.predict(frame), quick(blend=blend).fit(frame, y).predict(frame), y)


@each_frame
def test_whole_weights_equal_repeated_rows_in_all_frames(build):
    columns, y = mixed_columns(50)
    times = repeats(50)
    rows = np.repeat(np.arange(50), times)
    repeated = {name: [values[row] for row in rows] for name, values in columns.items()}
    found = quick().fit(build(columns), y, times).predict(build(columns))
    expected = quick().fit(build(repeated), y[rows]).predict(build(columns))
    assert_same_predictions(found, expected, y)


@few_or_many_levels
@one_or_many_batches
@pytest.mark.parametrize("factor", [1e-100, 0.5, 1024.0, 1e100])
def test_only_ratios_of_weights_matter(levels, n_rows, factor):
    frame, y = mixed_or_shops(n_rows)[levels]
    weight = np.random.RandomState(2).uniform(0.5, 2.0, size=n_rows)
    one, other = (quick().fit(frame, y, scale * weight).predict(frame) for scale in (1.0, factor))
    assert np.abs(one - other).max() < 1e-3 * np.std(y)  # roundings of float32 add up


def test_heavy_rows_decide_on_the_effect_of_a_level():
    """Light rows of each level have the opposite effect of heavy ones."""
    rng = np.random.RandomState(0)
    level = rng.randint(100, size=4000)
    effects, heavy = rng.normal(size=100), rng.uniform(size=4000) < 0.5
    y = np.where(heavy, 1, -1) * effects[level] + 0.1 * rng.normal(size=4000)
    frame = pd.DataFrame({"level": level}).astype(str)
    model = quick(max_iter=15).fit(frame, y, np.where(heavy, 30.0, 1.0))
    assert r2_of(model.predict(frame[heavy]), y[heavy]) > 0.8


def test_validation_weights_and_frames():
    frame, y = mixed_frame(200)
    weight = np.r_[np.zeros(10), np.ones(40)]
    one = quick().fit(frame[50:], y[50:], X_val=frame[:50], y_val=y[:50],
                      sample_weight_val=weight)
    other = quick().fit(frame[50:], y[50:], X_val=frame[10:50], y_val=y[10:50],
                        sample_weight_val=np.ones(40))
    assert_same_predictions(one.predict(frame), other.predict(frame), y)
