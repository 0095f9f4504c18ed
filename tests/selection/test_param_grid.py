"""Grids over any parameter, with the scores of GridSearchCV and RandomizedSearchCV."""

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.model_selection import KFold, RandomizedSearchCV
from skorch.callbacks import Callback

from sklearn_gar import losses
from tests.data import name_of
from tests.selection.searches import (
    X,
    assert_equal_results,
    assert_is_grid_search,
    quick,
    regressor_of,
    y,
)

GRIDS = {
    "shapes": {"hidden_layer_sizes": [(5,), (3, 3), ()], "activation": ["elu", "tanh"]},
    "embedding": {"embedding": ["periodic", None], "alpha": [1.0, 10.0]},
    "losses": {"loss": ["gar", "huber", "gar_squared_error"], "weight_decay": [0.0, 0.1]},
    "scaling": {"scale_features": [True, "standard", False], "scale_target": [True, False]},
    "networks": {"n_estimators": [1, 3], "solver": ["sgd", "adam"], "max_iter": [3, 6]},
    "early stopping": {"early_stopping": [True, False], "n_iter_no_change": [None, 2],
                       "validation_fraction": [0.2, 0.3]},
    "list": [{"alpha": [1.0]}, {"loss": ["absolute_error"], "learning_rate": [0.01, 0.03]}],
    "schedules": {"lr_schedule": ["cosine", "step"], "blend": ["ridge", None],
                  "early_stopping": [True]},
}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=list(GRIDS))
def test_equals_grid_search(grid):
    assert_is_grid_search(quick(param_grid=grid), X, y)


@pytest.mark.parametrize("settings", [{}, {"n_jobs": 2}], ids=str)
def test_the_settings_of_a_loss_are_searched(settings):
    search = quick(loss=losses.HuberLoss(), param_grid={"loss__delta": [0.05, 1.0]}, **settings)
    assert_is_grid_search(search, X, y)
    assert search.best_estimator_.loss.delta == search.best_params_["loss__delta"]
    assert search.loss.delta == 1.0


def test_draws_those_of_randomized_search():
    distributions = {"alpha": loguniform(0.1, 10), "hidden_layer_sizes": [(5,), (3, 3)]}
    search = quick(param_grid=distributions, n_iter=4).fit(X, y)
    expected = RandomizedSearchCV(regressor_of(search, {}), distributions, n_iter=4, cv=3,
                                  random_state=0).fit(X, y)
    assert_equal_results(search.cv_results_, expected.cv_results_)
    assert search.best_params_ == expected.best_params_
    assert search.alpha_ == search.best_params_["alpha"]


def test_all_of_a_small_grid_are_tried():
    search = quick(param_grid={"alpha": [0.1, 10.0]}, n_iter=5)
    with pytest.warns(UserWarning, match="n_iter=5 is more than the 2 candidates") as warned:
        search.fit(X, y)
    assert [one.filename for one in warned] == [__file__]
    assert sorted(one["alpha"] for one in search.cv_results_["params"]) == [0.1, 10.0]


def test_parameters_of_the_search_are_those_of_candidates_that_do_not_name_them():
    search = quick(param_grid={"alpha": [1.0]}, activation="tanh").fit(X, y)
    assert search.best_estimator_.activation == "tanh"
    assert search.learning_rate_ == "auto"


class MustNotTrain(Callback):
    def on_train_begin(self, net, **kwargs):
        raise AssertionError("training began")


@pytest.mark.parametrize("settings, message", [
    ({"param_grid": {"alphas": [1.0]}}, "must name parameters of GARRegressor.*got 'alphas'"),
    ({"param_grid": {"alpha": [0.0]}}, "'alpha' parameter"),
    ({"param_grid": {"random_state": [0, 1]}}, "cannot hold 'random_state'; it is the same"),
    ({"param_grid": {"oob_score": [True]}}, "cannot hold 'oob_score'"),
    ({"param_grid": {"alpha": 1.0}}, "must hold lists of values"),
    ({"param_grid": {"alpha": []}}, "must hold lists of values"),
    ({"param_grid": []}, "param_grid must hold"), ({"param_grid": "all"}, "param_grid"),
    ({"param_grid": {"validation_split": [KFold(3)]}}, "in a search.*bagged=True"),
    ({"param_grid": {"loss": [losses.HuberLoss(), "gar"], "loss__delta": [0.5]}},
     "must set parameters that the loss of each candidate has.*make a grid for each loss"),
    ({"n_iter": 0}, "n_iter"), ({"n_iter": 2.5}, "n_iter"),
    ({"param_grid": {"hidden_layer_sizes": [(0,)]}}, "hidden_layer_sizes"),
    ({"param_grid": {"alpha": loguniform(0.1, 1)}}, "n_iter"),
], ids=name_of)
def test_errors_come_before_any_training(settings, message):
    search = quick(skorch_callbacks=[MustNotTrain()], **settings)
    with pytest.raises((ValueError, TypeError), match=message):
        search.fit(X, y)
    assert not hasattr(search, "cv_results_")


def test_parameters_are_not_written():
    grid = {"alpha": np.array([1.0, 10.0]), "hidden_layer_sizes": [(5,), [3, 3]]}
    search = quick(param_grid=grid).fit(X, y)
    assert search.param_grid is grid
    assert search.get_params()["param_grid"] is grid
    assert len(search.cv_results_["params"]) == 4
