"""Prediction intervals: shapes, promises and invariances."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressorCV
from tests.data import smooth_table
from tests.out_of_bag.problems import holding_out
from tests.regressors import one_or_many_batches, quick

each_split = pytest.mark.parametrize("split", ["shuffle", "kfold"])


def with_intervals(**settings):
    return holding_out(**{"oob_score": False, "max_iter": 30, **settings})


def noisy(n_rows, *, seed=0, deviation=lambda X: 1.0):
    """A line with Gaussian noise of a deviation that may depend on the features."""
    rng = np.random.RandomState(seed)
    X = rng.uniform(-1, 1, size=(n_rows, 2))
    return X, 3 * X[:, 0] + deviation(X) * rng.normal(size=n_rows)


def covered(bounds, y):
    return (bounds[..., 0] <= y) & (y <= bounds[..., 1])


@pytest.mark.parametrize("n_targets", [None, 1, 2])
def test_shapes(n_targets):
    X, y = smooth_table(80, n_targets=n_targets)
    model = with_intervals().fit(X, y)
    bounds = model.predict_interval(X[:7], coverage=0.8)
    assert bounds.shape == (*y[:7].shape, 2)
    assert bounds.dtype == np.float64
    several = model.predict_interval(X[:7], coverage=[0.8, 0.5, 0.9])
    assert several.shape == (*y[:7].shape, 2, 3)
    assert_array_equal(several[..., 0], bounds)
    assert_array_equal(model.predict_interval(X[:7], coverage=[0.8])[..., 0], bounds)
    assert_array_equal(model.predict_interval(X[:7]), several[..., 2])


@each_split
@pytest.mark.parametrize("n_targets", [None, 2])
def test_bounds_are_around_the_prediction_and_nested(split, n_targets):
    X, y = smooth_table(120, n_targets=n_targets, noise=1.0)
    model = with_intervals(validation_split=split).fit(X, y)
    lower, upper = np.moveaxis(model.predict_interval(X, np.linspace(0.05, 0.9, 18)), -2, 0)
    assert (np.diff(lower, axis=-1) <= 0).all()
    assert (np.diff(upper, axis=-1) >= 0).all()
    assert (lower < upper).all()
    centre = np.broadcast_to(model.predict(X)[..., None], lower.shape)
    assert_allclose((lower + upper) / 2, centre, rtol=1e-10)


@each_split
@pytest.mark.parametrize("n_rows", [300, 1200])
def test_new_rows_are_covered(split, n_rows):
    X, y = noisy(n_rows)
    model = with_intervals(validation_split=split, n_estimators=4).fit(X, y)
    X, y = noisy(5000, seed=1)
    for coverage in (0.5, 0.8, 0.9, 0.95):
        share = covered(model.predict_interval(X, coverage), y).mean()
        # of h residuals the coverage has a beta distribution; 180 rows or more are held out
        assert abs(share - coverage) < 3.5 * np.sqrt(coverage * (1 - coverage) / 180)


def test_rows_with_more_noise_have_wider_intervals():
    X, y = noisy(2000, deviation=lambda X: np.where(X[:, 1] > 0, 4.0, 0.5))
    model = with_intervals(validation_split="kfold").fit(X, y)
    X, y = noisy(4000, seed=1, deviation=lambda X: np.where(X[:, 1] > 0, 4.0, 0.5))
    bounds, loud = model.predict_interval(X, 0.8), X[:, 1] > 0
    width = bounds[:, 1] - bounds[:, 0]
    assert np.median(width[loud]) > 2 * np.median(width[~loud])
    # intervals of one width would cover all of the quiet rows and 60 per cent of the others
    assert abs(covered(bounds, y)[loud].mean() - 0.8) < 0.12
    assert abs(covered(bounds, y)[~loud].mean() - 0.8) < 0.17


def test_targets_have_intervals_of_their_own():
    X, y = noisy(600)
    y = np.column_stack((y, 100 + 50 * np.random.RandomState(1).normal(size=600)))
    model = with_intervals(validation_split="kfold").fit(X, y)
    width = np.ptp(model.predict_interval(X, 0.9), axis=-1)
    # the deviations are 1 and 50
    assert 2.8 < np.median(width[:, 0]) < 4.2
    assert 140 < np.median(width[:, 1]) < 210


def test_rows_count_by_their_weights():
    X, y = noisy(3000, deviation=lambda X: np.random.RandomState(3).choice([0.1, 5.0], len(X)))
    quiet = np.random.RandomState(3).choice([0.1, 5.0], len(X)) == 0.1
    model = with_intervals(validation_split="kfold")
    width = np.ptp(model.fit(X, y, np.where(quiet, 9.0, 1.0)).predict_interval(X, 0.8), axis=-1)
    same = np.ptp(model.fit(X, y).predict_interval(X, 0.8), axis=-1)
    # nine tenths of the weight have a deviation of 0.1, so that most of them are enough
    assert np.median(width) < np.median(same) / 3
    assert 2 * 0.1 < np.median(width)


def test_a_common_factor_of_the_weights_does_not_matter():
    X, y = noisy(120)
    weight = np.random.RandomState(0).randint(0, 4, size=120)
    bounds = [with_intervals().fit(X, y, factor * weight).predict_interval(X)
              for factor in (1.0, 2.0 ** 40)]
    assert_array_equal(*bounds)
    counts = weight > 0
    assert_array_equal(with_intervals().fit(X[counts], y[counts], weight[counts])
                       .predict_interval(X), bounds[0])


@one_or_many_batches
def test_the_unit_of_the_target_does_not_matter(batches):
    X, y = noisy(120)
    bounds = with_intervals(**batches).fit(X, y).predict_interval(X)
    for exponent in (-900, 900):
        scaled = with_intervals(**batches).fit(X, np.ldexp(y, exponent)).predict_interval(X)
        assert_array_equal(np.ldexp(scaled, -exponent), bounds)


def test_raw_targets():
    X, y = noisy(400)
    model = with_intervals(scale_target=False, validation_split="kfold").fit(X, y)
    assert 0.8 < covered(model.predict_interval(X, 0.9), y).mean() < 1


@each_split
def test_the_order_of_the_rows_does_not_matter(split):
    X, y = noisy(150)
    order = np.random.RandomState(0).permutation(150)
    model = with_intervals(validation_split=split)
    assert_array_equal(model.fit(X, y).predict_interval(X),
                       model.fit(X[order], y[order]).predict_interval(X))


def test_constant_targets_have_no_width():
    X, y = noisy(60)
    model = with_intervals().fit(X, np.column_stack((y, np.full(60, 7.1))))
    bounds = model.predict_interval(X)
    assert_array_equal(bounds[:, 1], np.full((60, 2), 7.1))
    assert (np.ptp(bounds[:, 0], axis=-1) > 0).all()
    assert_array_equal(with_intervals().fit(X, np.full(60, 7.1)).predict_interval(X),
                       np.full((60, 2), 7.1))


def test_rows_do_not_depend_on_each_other():
    X, y = noisy(100)
    model = with_intervals().fit(X, y)
    bounds = model.predict_interval(X)
    assert_allclose(np.vstack([model.predict_interval(X[row:row + 1]) for row in range(20)]),
                    bounds[:20], rtol=1e-9)


@pytest.mark.parametrize("batches", [{"batch_size": 1000}, {"batch_size": 16}], ids=str)
def test_threads_do_not_matter(batches):
    X, y = noisy(200)
    n_threads, found = torch.get_num_threads(), []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(with_intervals(**batches).fit(X, y).predict_interval(X))
    finally:
        torch.set_num_threads(n_threads)
    assert_array_equal(*found)


def test_frames_with_categories_and_gaps():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"town": rng.choice(["Bonn", "Kiel", "Ulm", None], 400),
                          "street": rng.choice([f"street {n}" for n in range(30)], 400),
                          "rooms": rng.choice([1, 2, 3, np.nan], 400)})
    noise = np.where(frame["town"] == "Ulm", 100, 5) * rng.normal(size=400)
    rent = frame["rooms"].fillna(4) * 200 + noise
    model = with_intervals(validation_split="kfold", max_iter=100).fit(frame, rent)
    width = np.ptp(model.predict_interval(frame), axis=-1)
    assert np.median(width[frame["town"] == "Ulm"]) > 2 * np.median(width[frame["town"] != "Ulm"])
    unseen = pd.DataFrame({"town": ["Rome"], "street": [None], "rooms": [2.0]})
    assert np.isfinite(model.predict_interval(unseen)).all()


def test_a_pickle_gives_the_same_intervals_and_is_small():
    X, y = noisy(5000)
    model = with_intervals(max_iter=2, validation_split="kfold", batch_size=500).fit(X, y)
    restored = pickle.loads(pickle.dumps(model))
    assert_array_equal(restored.predict_interval(X), model.predict_interval(X))
    assert len(pickle.dumps(model._intervals)) < 6e5


def test_the_fit_is_what_it_would_be_without_intervals(monkeypatch):
    X, y = noisy(100)
    expected = with_intervals().fit(X, y).predict(X)
    monkeypatch.setattr("sklearn_gar.GARRegressor._publish_out_of_bag", lambda *args: None)
    assert_array_equal(with_intervals().fit(X, y).predict(X), expected)


def test_the_intervals_of_a_search_are_those_of_its_best_estimator():
    X, y = noisy(100)
    search = GARRegressorCV(alphas=(1.0, 10.0), cv=2, hidden_layer_sizes=(4,), max_iter=3,
                            random_state=0).fit(X, y)
    assert_array_equal(search.predict_interval(X, [0.5, 0.8]),
                       search.best_estimator_.predict_interval(X, [0.5, 0.8]))
    search.set_params(refit=False).fit(X, y)
    assert not hasattr(search, "predict_interval")


def test_after_a_scaler_of_a_pipeline():
    X, y = noisy(100)
    scaler = StandardScaler().fit(X)
    pipeline = make_pipeline(scaler, quick(early_stopping=True)).fit(X, y)
    bounds = pipeline[-1].predict_interval(pipeline[:-1].transform(X))
    assert bounds.shape == (100, 2)
