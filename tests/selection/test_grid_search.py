"""GARRegressorCV gives the scores and the choice of GridSearchCV."""

import copy
import pickle
from operator import itemgetter

import numpy as np
import pytest
import sklearn
import torch
from numpy.testing import assert_array_equal
from sklearn.datasets import load_diabetes, load_linnerud
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
)

from sklearn_gar import GARRegressor
from tests.data import name_of, smooth_table
from tests.selection.searches import (
    GROUPS,
    HALF,
    SEARCHED,
    X,
    EveryOtherRow,
    assert_equal_results,
    assert_is_grid_search,
    quick,
    regressor_of,
    y,
)

SETTINGS = {
    "sgd": {"solver": "sgd"},
    "three networks": {"n_estimators": 3, "weight_decays": (0.0, 0.1)},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "max_iter": 15,
                       "n_iter_no_change": 2, "n_estimators": 2},
    "another loss": {"loss": "huber", "activation": "relu", "lr_schedule": "step",
                     "alphas": (1.0,), "learning_rates": (0.003, 0.01, 0.03)},
    # in one batch and thus float64: the first steps magnify rounding errors of float32
    "unscaled": {"scale_features": False, "scale_target": False, "batch_sizes": (1000,)},
}


@pytest.fixture(params=["smooth", "targets", "column", "float32", "diabetes", "linnerud",
                        "concrete"])
def table(request):
    """Features and targets."""
    if request.param == "concrete":
        X_train, _, y_train, _ = request.getfixturevalue("concrete")
        return X_train[:130], y_train[:130]
    if request.param == "diabetes":
        X_all, y_all = load_diabetes(return_X_y=True)
        return X_all[:121], y_all[:121]
    return {"smooth": lambda: (X, y), "targets": lambda: smooth_table(53, n_targets=2, noise=0.5),
            "column": lambda: (X, y[:, None]), "float32": lambda: (X.astype(np.float32), y),
            "linnerud": lambda: load_linnerud(return_X_y=True)}[request.param]()


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
def test_equals_grid_search(table, settings):
    # some folds have several batches; linnerud is a single one
    assert_is_grid_search(quick(**{"batch_sizes": (25,), **settings}), *table)


@pytest.mark.parametrize("settings", [
    {"solver": "adamw"}, {"solver": "sgd", "n_estimators": 3},
    {"early_stopping": True, "validation_fraction": 0.19, "n_iter_no_change": 2}], ids=str)
def test_equals_grid_search_where_some_folds_fit_one_batch(settings):
    # 83 or 84 rows to train on, 67 or 68 where a part is held out
    settings = {"batch_sizes": (9, 41, 67, 83, 84), "learning_rates": (0.02,), **settings}
    assert_is_grid_search(quick(cv=5, **settings), *smooth_table(104, noise=0.5))


def test_candidates_tie_when_the_loss_does_not_use_alpha():
    X, y = (part[:121] for part in load_diabetes(return_X_y=True))
    search = assert_is_grid_search(quick(loss="huber", activation="relu", batch_sizes=(25,)), X, y)
    assert_array_equal(*search.cv_results_["rank_test_score"].reshape(2, 2))


@pytest.mark.parametrize("random_state", [np.random.RandomState(3), 7], ids=["instance", "int"])
def test_equals_grid_search_for_any_random_state(random_state):
    before = pickle.dumps(random_state)
    search = assert_is_grid_search(quick(random_state=random_state, batch_sizes=(15,)), X, y)
    assert pickle.dumps(random_state) == before
    assert search.random_state is random_state


def test_without_random_state_all_candidates_start_equal():
    scores = quick(alphas=(1.0, 1.0), random_state=None).fit(X, y).cv_results_["mean_test_score"]
    assert_array_equal(scores[:2], scores[2:])


SPLITS = {
    "default": None,
    "ShuffleSplit": ShuffleSplit(3, random_state=0),
    "RepeatedKFold": RepeatedKFold(n_splits=2, n_repeats=2, random_state=0),
    "shuffled": KFold(4, shuffle=True, random_state=0),
    "own": EveryOtherRow(itemgetter((slice(None), 0))),
    "arrays": list(KFold(3).split(X)),
    "lists": [(list(range(30)), list(range(25, 53))), ([40, 3, 3, 8], [5])],
    "tuples": [(tuple(range(30)), tuple(range(25, 53)))],
    "masks": [(HALF, ~HALF), (~HALF, HALF)],
    "unequal": [(np.arange(10), np.arange(10, 53)), (np.arange(40), np.arange(40, 44))],
}


@pytest.mark.parametrize("cv", SPLITS.values(), ids=list(SPLITS))
def test_equals_grid_search_for_any_splits(cv):
    assert_is_grid_search(quick(cv=cv, batch_sizes=(15,), scoring="neg_mean_absolute_error"),
                          X, y)


def test_iterator_of_splits_is_read_once():
    found, expected = (quick(cv=cv).fit(X, y) for cv in (KFold(3).split(X), KFold(3)))
    assert_equal_results(found.cv_results_, expected.cv_results_, atol=0)


def test_equals_grid_search_with_groups():
    assert_is_grid_search(quick(cv=GroupKFold(3)), X, y, groups=list(GROUPS))


@pytest.mark.parametrize("cv", [GroupKFold(3), KFold(3, shuffle=True, random_state=0)],
                         ids=["groups", "rows"])
@pytest.mark.filterwarnings("ignore:The groups parameter is ignored:UserWarning")
def test_groups_count_in_every_fit_as_if_they_were_routed(cv):
    search = quick(cv=cv, early_stopping=True, n_estimators=2, max_iter=20)
    with sklearn.config_context(enable_metadata_routing=True):
        regressor = regressor_of(search, {}).set_fit_request(groups=True)
        grid = {"alpha": [0.1, 10.0], "batch_size": [256], "learning_rate": [0.01, 0.03],
                "weight_decay": [1e-4]}
        expected = GridSearchCV(regressor, grid, cv=cv).fit(X, y, groups=GROUPS)
    found = search.fit(X, y, groups=GROUPS)
    assert_equal_results(found.cv_results_, expected.cv_results_)
    assert_array_equal(found.predict(X), expected.predict(X))
    without = regressor_of(search, found.best_params_).fit(X, y)
    assert np.any(found.predict(X) != without.predict(X))


def test_with_one_group_in_a_split_rows_are_held_out():
    halves = np.arange(53) % 2
    search = quick(cv=GroupKFold(2), early_stopping=True).fit(X, y, groups=halves)
    splits = list(GroupKFold(2).split(X, y, halves))
    alone = quick(cv=splits, early_stopping=True).fit(X, y)
    assert_equal_results(search.cv_results_, alone.cv_results_, atol=0)


@pytest.mark.parametrize("settings", [
    {}, {"batch_sizes": (16, 1000)}, {"early_stopping": True}, {"random_state": None},
    {"random_state": np.random.RandomState(1)}], ids=name_of)
@pytest.mark.parametrize("weight", [None, np.arange(53) % 4], ids=["", "weighted"])
def test_best_estimator_is_an_ordinary_fit(settings, weight):
    search = quick(n_estimators=2, weight_decays=(0.0, 1e-3), **settings).fit(X, y, weight)
    fitted = {names: getattr(search, f"{name}_") for names, name in SEARCHED.items()}
    assert fitted == {names: search.best_params_[name] for names, name in SEARCHED.items()}
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]
    drawn = search.best_estimator_.random_state if search.random_state is None else None
    same = regressor_of(search, search.best_params_,
                        random_state=copy.deepcopy(drawn or search.random_state))
    assert_array_equal(search.predict(X), same.fit(X, y, weight).predict(X))
    assert type(search.best_estimator_) is GARRegressor
    assert search.n_iter_ == search.best_estimator_.n_iter_
    assert search.n_features_in_ == 3


@pytest.mark.parametrize("make_modes", [
    torch.inference_mode, lambda: torch.autocast("cpu"), lambda: torch.device("meta")])
def test_modes_of_torch_do_not_change_a_search(make_modes):
    settings = {"loss": "squared_error", "batch_sizes": (16,)}
    expected = quick(**settings).fit(X, y)
    with make_modes():
        found = quick(**settings).fit(X, y)
    assert_equal_results(found.cv_results_, expected.cv_results_, atol=0)
