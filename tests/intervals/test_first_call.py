"""The residuals are modelled at the first call: a fit keeps rows, and nothing else changes."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

import sklearn_gar._fitting.intervals
from sklearn_gar import GARRegressorCV
from sklearn_gar._fitting import out_of_bag
from tests.data import smooth_table
from tests.out_of_bag.problems import holding_out, problems  # noqa: F401

X, Y = smooth_table(90, noise=1.0)


def fitted(**settings):
    return holding_out(**{"oob_score": False, "max_iter": 3, **settings}).fit(X, Y)


@pytest.fixture
def no_forest(monkeypatch):
    """Whoever builds a forest fails."""
    def refuse(*args, **settings):
        raise AssertionError("a forest was built")
    monkeypatch.setattr(sklearn_gar._fitting.intervals, "RandomForestRegressor", refuse)


def test_neither_fit_nor_predict_nor_an_error_builds_a_forest(no_forest):
    model = fitted(oob_score=True)
    model.predict(X)
    pickle.dumps(model)
    for coverage in (0, 1, np.nan, [0.5, 1.0], "0.9"):
        with pytest.raises(ValueError, match="coverage must be"):
            model.predict_interval(X, coverage)
    with pytest.raises(ValueError, match="coverage must be at most"):
        model.predict_interval(X, 0.9999)
    with pytest.raises(ValueError, match="X has 2 features"):
        model.predict_interval(X[:, :2])
    with pytest.raises(AssertionError, match="a forest was built"):
        model.predict_interval(X)


def test_a_search_builds_no_forest(no_forest):
    search = GARRegressorCV(alphas=(1.0, 10.0), cv=2, hidden_layer_sizes=(4,), max_iter=2,
                            random_state=0).fit(X, Y)
    assert search.predict(X).shape == Y.shape


def test_the_estimator_and_its_pickle_stay_as_they_are():
    model = fitted()
    state, pickled, prediction = dict(vars(model)), pickle.dumps(model), model.predict(X)
    model.predict_interval(X)
    assert vars(model).keys() == state.keys()
    assert all(vars(model)[name] is value for name, value in state.items())
    assert pickle.dumps(model) == pickled
    assert_array_equal(model.predict(X), prediction)


def test_all_ways_to_the_first_call_give_the_same_bits():
    model = fitted()
    before = pickle.loads(pickle.dumps(model)), copy.deepcopy(model)
    # another order of calls, of rows and of coverages
    model.predict_interval(X[50:], 0.5)
    bounds = model.predict_interval(X, [0.5, 0.8])
    after = pickle.loads(pickle.dumps(model)), copy.deepcopy(model)
    for other in (*before, *after, clone(model).fit(X, Y)):
        assert_array_equal(other.predict_interval(X, [0.5, 0.8]), bounds)
    np.random.seed(1)  # the global random numbers do not matter
    assert_array_equal(before[0].predict_interval(X, [0.5, 0.8]), bounds)


def test_a_clone_has_no_intervals():
    assert not hasattr(clone(fitted()), "_intervals")


def test_a_second_fit_replaces_the_model():
    model = fitted()
    model.predict_interval(X)
    expected = fitted(random_state=1).predict_interval(X)
    assert_array_equal(model.set_params(random_state=1).fit(X, Y).predict_interval(X), expected)


def test_first_calls_of_several_threads_agree():
    model = fitted()
    expected = copy.deepcopy(model).predict_interval(X)
    with ThreadPoolExecutor(4) as pool:
        for bounds in pool.map(model.predict_interval, [X] * 8):
            assert_array_equal(bounds, expected)


def test_threads_of_the_first_call_do_not_matter():
    model, n_threads, found = fitted(), torch.get_num_threads(), []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(copy.deepcopy(model).predict_interval(X))
    finally:
        torch.set_num_threads(n_threads)
    assert_array_equal(*found)


def test_an_out_of_bag_score_does_not_change_the_intervals():
    assert_array_equal(fitted(oob_score=True).predict_interval(X), fitted().predict_interval(X))


@pytest.mark.parametrize("n_features, most", [(3, 2000), (600, 873), (2500, 300)])
def test_a_fit_keeps_a_bounded_sample(n_features, most):
    rng = np.random.RandomState(0)
    features = rng.normal(size=(4500, n_features)).astype(np.float32)
    y = features[:, 0] + 0.1 * rng.normal(size=4500)
    model = holding_out(oob_score=False, validation_split="kfold", hidden_layer_sizes=(2,),
                        max_iter=1, batch_size=1000, blend=None, embedding=None)
    model.fit(features, y)
    sample = model._intervals
    assert most / 2 < len(sample.features) <= most
    assert sample.features.dtype == np.float32
    assert len(pickle.dumps(sample)) < 4 * sample.features.size + 40 * most + 10_000
    reach = len(sample.features) / (len(sample.features) + 1)
    assert model.predict_interval(features[:5], reach).shape == (5, 2)
    with pytest.raises(ValueError, match=r"rows held out and kept, since .*; lower it$"):
        model.predict_interval(features[:5], 0.9999)


@pytest.mark.parametrize("split", ["shuffle", "kfold"])
@pytest.mark.parametrize("n_estimators", [2, 3])
def test_a_sample_of_the_rows_has_the_predictions_of_all(
        problems, split, n_estimators):  # noqa: F811
    model = fitted(validation_split=split, n_estimators=n_estimators)
    (problem,) = problems
    everything = out_of_bag(model._predictor, problem)
    sample = out_of_bag(model._predictor, problem, 20)
    sampled = np.concatenate([part.held_out.numpy() for part in problem.parts])
    assert len(sample.rows) <= 20 < len(everything.rows) <= len(sampled)
    once = sample.rows[np.bincount(sampled)[sample.rows] == 1]
    assert len(once)
    for row in once:
        assert_allclose(sample.prediction[sample.rows == row],
                        everything.prediction[everything.rows == row], rtol=1e-12)
