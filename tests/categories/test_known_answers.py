"""Linear models trained by squared error find the answers of least squares."""

import numpy as np
import pandas as pd
import pytest

from tests.categories.tables import (
    EFFECTS,
    FRAMES,
    least_squares,
    mixed_columns,
    quick,
    r2_of,
)


def means_of_groups(levels, y, weight=None):
    """The weighted mean of the targets (n, k) of each level, for each row."""
    weight = np.ones(len(y)) if weight is None else weight
    keys = [str(type(level)) + str(level) for level in levels]
    found = np.empty_like(y)
    for key in set(keys):
        rows = np.array([one == key for one in keys])
        found[rows] = np.average(y[rows], axis=0, weights=weight[rows])
    return found


def assert_close(found, expected, y):
    assert np.abs(found - expected).max() < 0.01 * np.std(y)


@pytest.mark.parametrize("name", ["town", "member"])
@pytest.mark.parametrize("gaps", [True, False], ids=["gaps", "complete"])
@pytest.mark.parametrize("kind", ["pandas objects", "Arrow", "polars enum"])
def test_one_column_of_categories_is_predicted_by_the_means_of_its_levels(kind, gaps, name):
    columns, y = mixed_columns(gaps=gaps)
    frame = FRAMES[kind](columns)[[name]]
    model = least_squares().fit(frame, y)
    assert_close(model.predict(frame), means_of_groups(columns[name], y), y)


def test_weighted_means_of_levels():
    columns, y = mixed_columns()
    weight = np.random.RandomState(0).choice([0.0, 0.5, 1.0, 4.0], size=100)
    frame = FRAMES["pandas objects"](columns)[["town"]]
    model = least_squares().fit(frame, y, weight)
    assert_close(model.predict(frame), means_of_groups(columns["town"], y, weight), y)


def test_means_of_levels_for_several_targets():
    columns, y = mixed_columns()
    Y = np.column_stack([y, -np.abs(y - 130), np.random.RandomState(0).normal(size=100)])
    frame = FRAMES["pandas objects"](columns)[["town"]]
    model = least_squares().fit(frame, Y)
    found, expected = model.predict(frame), means_of_groups(columns["town"], Y)
    for one, other, target in zip(found.T, expected.T, Y.T):
        assert_close(one, other, target)


def test_two_columns_of_categories_add_up():
    columns, y = mixed_columns()
    frame = FRAMES["pandas objects"](columns)[["town", "member"]]
    indicators = pd.get_dummies(frame.fillna("missing").astype(str)).to_numpy(dtype=float)
    design = np.column_stack([np.ones(100), indicators])
    expected = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert_close(least_squares().fit(frame, y).predict(frame), expected, y)


def test_a_number_with_gaps_has_a_line_and_a_level_of_its_own():
    """With an indicator, least squares is the line of the numbers and the mean of the gaps."""
    columns, y = mixed_columns()
    x = np.array(columns["age"], dtype=float)
    missing = np.isnan(x)
    slope, intercept = np.polyfit(x[~missing], y[~missing], 1)
    expected = np.where(missing, y[missing].mean(), intercept + slope * x)
    model = least_squares(scale_features="standard").fit(x[:, None], y)
    assert_close(model.predict(x[:, None]), expected, y)


@pytest.mark.parametrize("kind", ["pandas objects", "polars strings"])
def test_ridge_regressions_take_categories_and_gaps(kind):
    """After one epoch of tiny steps only the ridge of the blend can have learned."""
    columns, y = mixed_columns(400)
    model = quick(max_iter=1, learning_rate=1e-9).fit(FRAMES[kind](columns), y)
    columns, y = mixed_columns(400, seed=1)
    assert r2_of(model.predict(FRAMES[kind](columns)), y) > 0.9
    assert model.ridge_share_[0] > 0.5


def test_effects_of_levels_are_found_by_the_networks():
    columns, y = mixed_columns(600)
    model = quick(max_iter=60, blend=None).fit(FRAMES["pandas inferred"](columns), y)
    columns, y = mixed_columns(600, seed=1)
    frame = FRAMES["pandas inferred"](columns)
    assert r2_of(model.predict(frame), y) > 0.9
    found = [model.predict(frame.assign(town=pd.Series([town] * 600, dtype=object))).mean()
             for town in EFFECTS]
    assert np.abs(np.diff(found) - np.diff(list(EFFECTS.values()))).max() < 6
