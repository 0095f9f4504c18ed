"""GARRegressor inside scikit-learn's searches, pipelines and ensembles."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor, VotingRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor, losses
from tests.data import smooth_table
from tests.estimator.tables import X, quick, y


def test_grid_search_over_a_pipeline_on_concrete(concrete):
    X_train, X_test, y_train, y_test = concrete
    pipeline = make_pipeline(StandardScaler(), GARRegressor(max_iter=20, n_estimators=2,
                                                            random_state=0))
    grid = {"garregressor__alpha": [0.1, 10.0], "garregressor__batch_size": [64, 256],
            "garregressor__learning_rate": [1e-5, 1e-2]}
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(X_train, y_train)
    scores = search.cv_results_["mean_test_score"]
    assert scores.shape == (8,) and np.isfinite(scores).all()
    assert search.best_params_["garregressor__learning_rate"] == 1e-2
    assert search.score(X_test, y_test) > 0.5
    best = clone(pipeline).set_params(**search.best_params_).fit(X_train, y_train)
    assert_array_equal(search.predict(X_test), best.predict(X_test))


def test_cross_val_score_beside_other_estimators(concrete):
    X_train, _, y_train, _ = concrete
    rows = slice(0, 300)
    scores = {type(model).__name__: cross_val_score(model, X_train[rows], y_train[rows], cv=3)
              for model in (GARRegressor(max_iter=60, random_state=0), LinearRegression(),
                            DummyRegressor())}
    assert scores["GARRegressor"].shape == (3,)
    assert scores["GARRegressor"].mean() > scores["LinearRegression"].mean()
    assert scores["LinearRegression"].mean() > scores["DummyRegressor"].mean()


def test_randomized_search_does_not_modify_loss_modules():
    candidates = [*sorted(losses.LOSSES), losses.HuberLoss(delta=0.5), losses.GARLoss(0.1),
                  torch.nn.SmoothL1Loss()]
    modules = [loss for loss in candidates if not isinstance(loss, str)]
    before = [pickle.dumps(module) for module in modules]
    search = RandomizedSearchCV(quick(), {"loss": candidates}, n_iter=len(candidates), cv=2,
                                random_state=0).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.5
    assert [pickle.dumps(module) for module in modules] == before
    assert {str(loss) for loss in search.cv_results_["param_loss"]} == set(map(str, candidates))


def test_nested_parameters_and_clone():
    pipeline = make_pipeline(StandardScaler(), quick(loss=losses.HuberLoss()))
    pipeline.set_params(garregressor__alpha=0.5, garregressor__hidden_layer_sizes=[4, 4])
    copied = clone(pipeline)
    assert copied[-1].alpha == 0.5
    assert copied[-1].loss is not pipeline[-1].loss
    assert_array_equal(copied.fit(X, y).predict(X), pipeline.fit(X, y).predict(X))


def test_cross_validate_and_learning_curve():
    result = cross_validate(quick(), X, y, cv=3, return_estimator=True,
                            scoring=["r2", "neg_mean_absolute_error"])
    assert len(result["estimator"]) == 3
    assert result["test_r2"].min() > 0.3
    _, train_scores, test_scores = learning_curve(quick(), X, y, cv=3, train_sizes=[0.3, 1.0])
    assert np.isfinite(train_scores).all() and np.isfinite(test_scores).all()


def test_candidates_that_fail_do_not_end_a_search():
    grid = {"learning_rate": [0.02, 1e30], "solver": ["sgd"]}
    search = GridSearchCV(quick(), grid, cv=2)
    with pytest.warns(Warning, match="fits failed|non-finite"):
        search.fit(X, y)
    assert search.best_params_["learning_rate"] == 0.02


def test_transformed_target():
    positive = np.exp(y / 50)
    model = TransformedTargetRegressor(quick(), func=np.log, inverse_func=np.exp)
    by_hand = quick().fit(X, np.log(positive)).predict(X)
    assert_allclose(model.fit(X, positive).predict(X), np.exp(by_hand))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bagging(n_jobs):
    bagging = BaggingRegressor(quick(n_estimators=1), n_estimators=3, n_jobs=n_jobs,
                               random_state=0).fit(X, y)
    assert bagging.score(X, y) > 0.5
    networks = [model.predict(X) for model in bagging.estimators_]
    assert_allclose(bagging.predict(X), np.mean(networks, axis=0))
    assert np.std(networks, axis=0).min() > 0


def test_bagging_with_weights():
    bagging = BaggingRegressor(quick(), n_estimators=2, random_state=0)
    weight = np.random.RandomState(0).randint(0, 4, size=90).astype(float)
    assert bagging.fit(X, y, sample_weight=weight).score(X, y) > 0.3


def test_multi_output_and_chain():
    X, Y = smooth_table(60, n_targets=2)
    model = MultiOutputRegressor(quick()).fit(X, Y)
    for target, estimator in enumerate(model.estimators_):
        assert_array_equal(estimator.predict(X), quick().fit(X, Y[:, target]).predict(X))
    assert RegressorChain(quick()).fit(X, Y).predict(X).shape == (60, 2)


def test_voting_and_stacking():
    members = [("line", LinearRegression()), ("gar", quick())]
    voting = VotingRegressor(members).fit(X, y)
    expected = (LinearRegression().fit(X, y).predict(X) + quick().fit(X, y).predict(X)) / 2
    assert_allclose(voting.predict(X), expected)
    stacking = StackingRegressor(members, final_estimator=Ridge(), cv=3).fit(X, y)
    assert stacking.score(X, y) > LinearRegression().fit(X, y).score(X, y)


def test_early_stopping_in_cross_validation():
    model = quick(early_stopping=True, max_iter=200, n_iter_no_change=5)
    assert cross_val_score(model, X, y, cv=3).mean() > 0.5


def test_cross_val_predict_of_several_targets():
    X, Y = smooth_table(60, n_targets=3)
    assert cross_val_predict(quick(), X, Y, cv=3).shape == (60, 3)


def test_permutation_importance_finds_the_feature():
    X = np.random.RandomState(0).normal(size=(100, 3))
    model = quick().fit(X, 5 * X[:, 1])
    importance = permutation_importance(model, X, 5 * X[:, 1], n_repeats=3, random_state=0)
    assert importance.importances_mean.argmax() == 1
