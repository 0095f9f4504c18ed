"""Many levels: noise is not learned by heart, and true effects are found."""

import numpy as np
import pandas as pd
import pytest

from tests.categories.tables import blended_or_not, quick, r2_of, table_of_levels
from sklearn_gar import GARRegressor

FULL = pytest.param({"hidden_layer_sizes": (128, 256, 128, 64), "n_estimators": 4,
                     "max_iter": "auto"}, id="default", marks=pytest.mark.slow)
SHORT = pytest.param({"hidden_layer_sizes": (64, 32), "max_iter": 20}, id="short")


def noise_of_levels(n_rows, n_levels, seed):
    """Levels, and targets that have nothing to do with them."""
    rng = np.random.RandomState(seed)
    frame = pd.DataFrame({"shop": [f"shop {one}" for one in rng.randint(n_levels, size=n_rows)]})
    return frame, rng.normal(size=n_rows)


@pytest.mark.parametrize("settings", [SHORT, FULL])
@pytest.mark.parametrize("n_levels", [300, 8, 1500])
def test_targets_of_pure_noise(n_levels, settings):
    model = quick(**settings).fit(*noise_of_levels(1500, n_levels, 0))
    frame, y = noise_of_levels(3000, n_levels, 1)
    assert r2_of(model.predict(frame), y) > -0.05


@pytest.mark.slow
def test_targets_of_pure_noise_with_the_defaults_as_they_are():
    model = GARRegressor(random_state=0).fit(*noise_of_levels(1500, 300, 0))
    frame, y = noise_of_levels(3000, 300, 1)
    assert r2_of(model.predict(frame), y) > -0.05


def test_targets_of_pure_noise_and_several_columns():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({name: rng.randint(300, size=3000) for name in "abc"}).astype(str)
    y = rng.normal(size=3000)
    model = quick(max_iter=20).fit(frame[:1500], y[:1500])
    assert r2_of(model.predict(frame[1500:]), y[1500:]) > -0.05


def test_targets_of_pure_noise_and_a_skewed_count_of_levels():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"a": rng.zipf(1.5, size=3000).clip(max=10**6)}).astype(str)
    y = rng.standard_t(3, size=3000)
    model = quick(max_iter=20).fit(frame[:1500], y[:1500])
    assert r2_of(model.predict(frame[1500:]), y[1500:]) > -0.05


@blended_or_not
def test_names_of_rows_do_no_harm(blend):
    """A column with a level of its own for each row tells nothing about other rows."""
    rng = np.random.RandomState(0)
    x = rng.normal(size=1200)
    frame = pd.DataFrame({"x": x, "name": [f"row {row}" for row in range(1200)]})
    y = 3 * x + rng.normal(size=1200)
    scores = []
    for columns in (["x"], ["x", "name"]):
        model = quick(max_iter=60, blend=blend, learning_rate=0.01).fit(
            frame[columns][:600], y[:600])
        scores.append(r2_of(model.predict(frame[columns][600:]), y[600:]))
    assert scores[0] > 0.85
    assert scores[1] > scores[0] - 0.03


def shrunken_means(frame, y, noise):
    """Best linear prediction of normal effects of variance 1: means drawn towards the whole."""
    groups = pd.Series(y).groupby(frame["shop"].to_numpy())
    mean, count = groups.mean(), groups.size()
    return y.mean() + (mean - y.mean()) * count / (count + noise**2)


def score_of_oracle(train, y, test, y_test, noise):
    means = shrunken_means(train, y, noise)
    return r2_of(test["shop"].map(means).fillna(y.mean()).to_numpy(), y_test)


@pytest.mark.parametrize("settings", [SHORT, FULL])
@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_effects_of_many_levels_are_found_as_by_shrunken_means(noise, settings):
    frame, y, _ = table_of_levels(300, 6000, noise=noise)
    model = quick(**settings).fit(frame[:3000], y[:3000])
    found = r2_of(model.predict(frame[3000:]), y[3000:])
    expected = score_of_oracle(frame[:3000], y[:3000], frame[3000:], y[3000:], noise)
    assert found > expected - 0.05


def test_means_of_few_rows_are_drawn_towards_the_whole_further_than_those_of_many():
    """Half of the rows have levels of about 100 rows each, the others of about 2."""
    rng = np.random.RandomState(0)
    code = np.where(rng.uniform(size=9000) < 0.5, rng.randint(15, size=9000),
                    100 + rng.randint(700, size=9000))
    frame = pd.DataFrame({"shop": [f"shop {one}" for one in code]})
    y = rng.normal(size=800)[code] + rng.normal(size=9000)
    model = quick(max_iter=20).fit(frame[:3000], y[:3000])
    found = r2_of(model.predict(frame[3000:]), y[3000:])
    assert found > score_of_oracle(frame[:3000], y[:3000], frame[3000:], y[3000:], 1.0) - 0.015


@pytest.mark.parametrize("n_levels", [2, 5, 20, 60, 1000])
def test_effects_are_found_whatever_the_number_of_levels(n_levels):
    """There is no gap between few levels and many."""
    frame, y, _ = table_of_levels(n_levels, 8000, noise=0.5, seed=3)
    model = quick(max_iter=15).fit(frame[:4000], y[:4000])
    found = r2_of(model.predict(frame[4000:]), y[4000:])
    expected = score_of_oracle(frame[:4000], y[:4000], frame[4000:], y[4000:], 0.5)
    assert found > expected - 0.06


def test_each_of_several_targets_has_effects_of_its_own():
    frame, y, _ = table_of_levels(200, 6000, n_targets=3)
    y *= [1.0, 100.0, -1.0]
    model = quick(max_iter=20).fit(frame[:3000], y[:3000])
    scores = r2_of(model.predict(frame[3000:]), y[3000:])
    for score, target in zip(scores, (y / [1.0, 100.0, -1.0]).T):
        expected = score_of_oracle(frame[:3000], target[:3000], frame[3000:], target[3000:], 1.0)
        assert score > expected - 0.05


def test_targets_do_not_leak_into_each_other():
    """A target of noise stays noise beside one with effects, and the other keeps its effects."""
    frame, y, _ = table_of_levels(200, 6000, n_targets=2)
    y[:, 1] = np.random.RandomState(5).normal(size=6000)
    model = quick(max_iter=20).fit(frame[:3000], y[:3000])
    with_effects, noise = r2_of(model.predict(frame[3000:]), y[3000:])
    expected = score_of_oracle(frame[:3000], y[:3000, 0], frame[3000:], y[3000:, 0], 1.0)
    assert with_effects > expected - 0.07
    assert noise > -0.05


def test_interactions_of_levels_and_numbers_are_found():
    """The slope of a number depends on the level, which means of the target do not show."""
    rng = np.random.RandomState(0)
    level, x = rng.randint(4, size=2000), rng.normal(size=2000)
    frame = pd.DataFrame({"level": np.array(list("abcd"))[level], "x": x})
    y = np.array([-3.0, -1.0, 1.0, 3.0])[level] * x + 0.1 * rng.normal(size=2000)
    model = quick(max_iter=60, hidden_layer_sizes=(32, 32), learning_rate=0.02).fit(
        frame[:1000], y[:1000])
    assert r2_of(model.predict(frame[1000:]), y[1000:]) > 0.9
