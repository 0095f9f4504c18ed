"""Ensembles of candidates, against a greedy search by hand."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import KFold

from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar._fitting import DivergenceError
from sklearn_gar._selection import greedy_weights
from sklearn_gar._selection.fits import Outcome
from tests.selection.searches import X, quick, regressor_of, y

FOLDS = KFold(3, shuffle=True, random_state=1)
GRID = {"hidden_layer_sizes": [(5,), (3, 3)], "activation": ["elu", "relu"],
        "loss": ["gar", "huber"]}


def ensemble(**settings):
    """A small search whose candidates predict together."""
    return quick(**{"bagged": True, "cv": FOLDS, "early_stopping": "auto", "param_grid": GRID,
                    "batch_sizes": (256,), "ensemble_size": 6, **settings})


def by_hand(predictions, score, size):
    """Weights of the best ensemble of up to `size` members, members added one at a time."""
    members, history = [], []
    for _ in range(size):
        values = [score(np.mean([predictions[one] for one in [*members, new]], axis=0))
                  for new in range(len(predictions))]
        members.append(int(np.argmax(values)))
        history.append((max(values), list(members)))
    best = max(history, key=lambda one: one[0])[1]
    return np.bincount(best, minlength=len(predictions)) / len(best)


def outcomes(predictions):
    """Outcomes of candidates on one split."""
    return [Outcome(number, 0, np.asarray(one, dtype=float), 1, 0.0)
            for number, one in enumerate(predictions)]


def error(target):
    return lambda outcome: -np.abs(outcome.prediction - target).mean()


def test_candidates_whose_errors_cancel_predict_together():
    target = np.zeros(4)
    predictions = [[1, 1, -1, -1.0], [-1.1, -1.1, 1.1, 1.1], [5, 5, 5, 5.0]]
    weights = greedy_weights(outcomes(predictions), 3, 2, error(target))
    assert_allclose(weights, [0.5, 0.5, 0])


def test_a_candidate_may_join_several_times():
    weights = greedy_weights(outcomes([[1.0], [-2.0]]), 2, 3, error(np.zeros(1)))
    assert_allclose(weights, [2 / 3, 1 / 3])


def test_the_best_size_is_taken():
    # the second member makes it worse, and so do all that follow
    weights = greedy_weights(outcomes([[0.0], [7.0]]), 2, 5, error(np.zeros(1)))
    assert_allclose(weights, [1, 0])


def test_candidates_that_diverged_or_were_dropped_do_not_join():
    found = [one._replace(candidate=2 * one.candidate + 1)
             for one in outcomes([[np.nan], [1.0], [3.0]])]
    assert_allclose(greedy_weights(found, 8, 3, error(np.zeros(1))), np.eye(8)[3])


def test_without_any_score_it_is_the_first_candidate():
    weights = greedy_weights(outcomes([[1.0], [2.0]]), 2, 3, lambda outcome: np.nan)
    assert_allclose(weights, [1, 0])


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_those_of_a_search_by_hand(seed):
    rng = np.random.RandomState(seed)
    target, predictions = rng.normal(size=20), rng.normal(size=(6, 20))
    found = greedy_weights(outcomes(predictions), 6, 8, error(target))
    expected = by_hand(predictions, lambda one: -np.abs(one - target).mean(), 8)
    assert_allclose(found, expected)


@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error"])
def test_weights_follow_the_deciding_score_over_the_folds(scoring):
    search = ensemble(scoring=scoring).fit(X, y)
    predictions = [regressor_of(search, params, n_estimators="auto", validation_split=FOLDS,
                                oob_score=True).fit(X, y).oob_prediction_
                   for params in search.cv_results_["params"]]
    tests = [test for _, test in FOLDS.split(X)]

    def score(prediction):
        if scoring is None:
            return np.mean([r2_score(y[test], prediction[test]) for test in tests])
        return -np.mean([mean_absolute_error(y[test], prediction[test]) for test in tests])
    expected = by_hand(predictions, score, 6)
    # rounding may exchange candidates that are equally good
    found = np.tensordot(search.ensemble_weights_, predictions, 1)
    assert score(found) == pytest.approx(score(np.tensordot(expected, predictions, 1)), abs=1e-3)
    assert score(found) >= max(map(score, predictions)) - 1e-4


@pytest.mark.parametrize("bagged", [False, True])
def test_predictions_are_the_weighted_mean(bagged):
    search = ensemble(bagged=bagged).fit(X, y)
    chosen = np.flatnonzero(search.ensemble_weights_)
    assert search.ensemble_weights_.shape == (8,)
    assert search.ensemble_weights_.sum() == pytest.approx(1)
    assert len(search.estimators_) == len(chosen)
    params = search.cv_results_["params"]
    for index, estimator in zip(chosen, search.estimators_):
        assert estimator.activation == params[index]["activation"]
        assert estimator.hidden_layer_sizes == params[index]["hidden_layer_sizes"]
    expected = sum(search.ensemble_weights_[index] * one.predict(X)
                   for index, one in zip(chosen, search.estimators_))
    assert_allclose(search.predict(X), expected)
    assert search.score(X, y) == pytest.approx(r2_score(y, expected))
    assert_array_equal(pickle.loads(pickle.dumps(search)).predict(X), search.predict(X))


@pytest.mark.parametrize("groups", [None, np.arange(len(y)) // 3])
def test_members_are_fitted_anew_with_networks_that_miss_fewer_rows(groups):
    search = ensemble(cv=None, n_estimators=2, validation_fraction=0.1, ensemble_size=3)
    search.fit(X, y, groups=groups)
    params = search.cv_results_["params"]
    for index, member in zip(np.flatnonzero(search.ensemble_weights_), search.estimators_):
        alone = regressor_of(search, params[index]).fit(X, y, groups=groups)
        assert_array_equal(member.predict(X), alone.predict(X))
        assert len(member.best_epochs_) == 2
    assert search.best_estimator_ in search.estimators_
    assert search.refit_time_ > 0


def test_an_ensemble_of_one_is_the_best_candidate():
    search = ensemble(ensemble_size=1).fit(X, y)
    assert_array_equal(search.ensemble_weights_, np.eye(8)[search.best_index_])
    assert_array_equal(search.predict(X), search.best_estimator_.predict(X))


def test_halving_leaves_its_finalists():
    search = ensemble(halving=True, n_iter=7).fit(X, y)
    finalists = search.cv_results_["n_iter"] == search.cv_results_["n_iter"].max()
    assert not search.ensemble_weights_[~finalists].any()


def test_several_targets():
    targets = np.column_stack([y, y ** 2])
    search = ensemble(ensemble_size=3).fit(X, targets)
    assert search.predict(X).shape == targets.shape


def test_the_default_grid_has_twenty_candidates_that_all_train():
    search = GARRegressorCV(bagged=True, ensemble_size=20, max_iter=1, cv=2, random_state=0,
                            refit=False).fit(X, y)
    assert len(search.cv_results_["params"]) == 20
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_parameters_that_are_set_are_those_tried():
    search = GARRegressorCV(alphas=(1.0, 2.0), bagged=True, ensemble_size=2, max_iter=1, cv=2,
                            hidden_layer_sizes=(3,), random_state=0).fit(X, y)
    assert [params["alpha"] for params in search.cv_results_["params"]] == [1.0, 2.0]


@pytest.mark.parametrize("settings, message", [
    ({"scoring": ["r2", "neg_max_error"], "refit": False}, "ensemble_size needs refit to name"),
    ({"refit": lambda results: 0}, "ensemble_size needs refit to be True, False or the name"),
    ({"ensemble_size": 0}, "ensemble_size"), ({"ensemble_size": "20"}, "ensemble_size")])
def test_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        ensemble(**settings).fit(X, y)


def test_bounds_of_intervals_are_the_weighted_mean():
    search = ensemble(ensemble_size=3).fit(X, y)
    weights = search.ensemble_weights_[search.ensemble_weights_ > 0]
    expected = sum(weight * one.predict_interval(X, [0.5, 0.8])
                   for weight, one in zip(weights, search.estimators_))
    assert_allclose(search.predict_interval(X, [0.5, 0.8]), expected)


def diverges(monkeypatch, params):
    """Let fits to all rows with these parameters diverge."""
    def fit(self, *args, **kwargs):
        if params.items() <= self.get_params().items():
            raise DivergenceError("training diverged")
        return whole_fit(self, *args, **kwargs)
    whole_fit = GARRegressor.fit
    monkeypatch.setattr(GARRegressor, "fit", fit)


def test_a_member_that_diverges_is_left_out(monkeypatch):
    whole = ensemble(refit=False).fit(X, y)
    largest = int(np.argmax(whole.ensemble_weights_))
    diverges(monkeypatch, whole.cv_results_["params"][largest])
    with pytest.warns(FitFailedWarning, match=f"of the ensemble: candidate {largest}") as record:
        search = ensemble().fit(X, y)
    assert [one.filename for one in record] == [__file__]
    weights = np.where(np.arange(8) == largest, 0, whole.ensemble_weights_)
    assert weights.any()
    assert_allclose(search.ensemble_weights_, weights / weights.sum())
    assert len(search.estimators_) == np.count_nonzero(weights)
    assert search.best_estimator_ in search.estimators_ and search.best_index_ != largest
    assert search.best_params_ == whole.cv_results_["params"][search.best_index_]


def test_a_member_that_diverges_is_an_error_if_it_shall_be_or_none_is_left(monkeypatch):
    diverges(monkeypatch, {"learning_rate": 0.02})
    settings = {"param_grid": {"learning_rate": [0.02]}, "ensemble_size": 4}
    with pytest.raises(ValueError, match=r"candidate 0 \(counted from 0\), fitted to all rows"):
        ensemble(**settings, error_score="raise").fit(X, y)
    with pytest.warns(FitFailedWarning), pytest.raises(ValueError, match="candidate 0"):
        ensemble(**settings).fit(X, y)


def test_an_ensemble_forgets_nothing_that_it_needs_to_predict():
    search = ensemble(ensemble_size=3).fit(X, y)
    expected = search.predict(X)
    assert_array_equal(search.set_params(ensemble_size=None).predict(X), expected)
    alone = ensemble(ensemble_size=None).fit(X, y)
    expected = alone.predict(X)
    assert_array_equal(alone.set_params(ensemble_size=3).predict(X), expected)
