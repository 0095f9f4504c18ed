"""GARRegressorCV against GridSearchCV over GARRegressor, which it must equal."""

import copy
import pickle
from contextlib import suppress
from operator import itemgetter

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_linnerud
from sklearn.metrics import max_error, mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar.losses import GARLoss
from tests.data import PLAIN, smooth_table

SEARCHED = {"alphas": "alpha", "batch_sizes": "batch_size", "learning_rates": "learning_rate",
            "weight_decays": "weight_decay"}
X, y = smooth_table(53, noise=0.5)  # no multiple of any number of folds here


def quick(**settings):
    """A small search, trained in a moment; `settings` go first."""
    defaults = {"alphas": (0.1, 10.0), "learning_rates": (0.01, 0.03), "cv": 3, "max_iter": 6,
                "hidden_layer_sizes": (5,), "n_estimators": 1, "random_state": 0,
                "batch_sizes": (256,)}
    plain = {name: value for name, value in PLAIN.items() if name != "batch_size"}
    return GARRegressorCV(**{**plain, **defaults, **settings})


def grid_search(search, X, y, **fit_params):
    """GridSearchCV over GARRegressor with the settings of a GARRegressorCV, fitted."""
    params = search.get_params()
    grid = {name: list(params.pop(names)) for names, name in SEARCHED.items()}
    own = {name: params.pop(name) for name in ("cv", "scoring", "refit")}
    del params["n_jobs"], params["halving"]
    return GridSearchCV(GARRegressor(**params), grid, **own).fit(X, y, **fit_params)


def one(search, candidate, **settings):
    """The GARRegressor of one of a search's candidates."""
    params = search.get_params()
    shared = {name: params[name] for name in GARRegressor().get_params() if name in params}
    return GARRegressor(**{**shared, **candidate, **settings})


def assert_same_order(found, expected, scores, atol):
    """Ranks of candidates are in one order, but for those whose scores are equal to `atol`."""
    apart = np.abs(scores[:, None] - scores) > atol
    orders = [np.sign(ranks[:, None] - ranks)[apart] for ranks in (found, expected)]
    assert_array_equal(*orders)


def assert_equal_results(found, expected, atol=1e-4):
    assert set(found) - set(expected) <= {"n_iter"}
    assert set(expected) <= set(found)
    assert found["params"] == expected["params"]
    for name, values in expected.items():
        if name.startswith("param_"):
            assert isinstance(found[name], np.ma.MaskedArray)
            assert found[name].dtype == values.dtype
            assert_array_equal(found[name].mask, values.mask)
            assert_array_equal(found[name], values)
        elif name.startswith("rank_"):
            assert found[name].dtype == values.dtype
            assert_same_order(found[name], values,
                              expected[name.replace("rank_", "mean_")], atol)
        elif "_test_" in name:
            assert_allclose(found[name], values, rtol=1e-4, atol=atol, err_msg=name)
        elif name != "params":  # times
            assert found[name].shape == values.shape
            assert np.all(found[name] >= 0)


def assert_is_grid_search(search, X, y, **fit_params):
    """Fit both; the same scores, ranks and choice."""
    expected = grid_search(search, X, y, **fit_params)
    found = search.fit(X, y, **fit_params)
    assert_equal_results(found.cv_results_, expected.cv_results_)
    assert found.n_splits_ == expected.n_splits_
    for name in ("best_index_", "best_params_"):
        assert getattr(found, name, None) == getattr(expected, name, None)
    assert hasattr(found, "best_score_") == hasattr(expected, "best_score_")
    if hasattr(expected, "best_score_"):
        name = found.refit if expected.multimetric_ else "score"
        assert found.best_score_ == found.cv_results_[f"mean_test_{name}"][found.best_index_]
    if hasattr(expected, "best_estimator_"):
        assert_allclose(found.predict(X), expected.predict(X), rtol=1e-6)
    return found


# the same scores and the same choice

SETTINGS = {
    "sgd": {"solver": "sgd"},
    "three networks": {"n_estimators": 3, "weight_decays": (0.0, 0.1)},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "max_iter": 15,
                       "n_iter_no_change": 2, "n_estimators": 2},
    "another loss": {"loss": "huber", "activation": "relu", "lr_schedule": "step",
                     "alphas": (1.0,), "learning_rates": (0.003, 0.01, 0.03)},
    # in one batch, so in float64: the first steps make a last bit of float32 a third digit
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
def test_is_grid_search(table, settings):
    # batches of which some folds hold several, and the whole of linnerud as one
    assert_is_grid_search(quick(**{"batch_sizes": (25,), **settings}), *table)


@pytest.mark.parametrize("settings", [
    {"solver": "adamw"}, {"solver": "sgd", "n_estimators": 3},
    {"early_stopping": True, "validation_fraction": 0.19, "n_iter_no_change": 2}], ids=str)
def test_is_grid_search_where_folds_straddle_the_border_of_one_batch(settings):
    # 83 or 84 rows to train on, 67 or 68 where a part is held out
    settings = {"batch_sizes": (9, 41, 67, 83, 84), "learning_rates": (0.02,), **settings}
    assert_is_grid_search(quick(cv=5, **settings), *smooth_table(104, noise=0.5))


def test_candidates_tie_whose_loss_does_not_use_alpha():
    X, y = (part[:121] for part in load_diabetes(return_X_y=True))
    search = assert_is_grid_search(quick(loss="huber", activation="relu", batch_sizes=(25,)), X, y)
    assert_array_equal(*search.cv_results_["rank_test_score"].reshape(2, 2))


@pytest.mark.parametrize("random_state", [np.random.RandomState(3), 7], ids=["instance", "int"])
def test_is_grid_search_for_any_random_state(random_state):
    kept = pickle.dumps(random_state)
    search = assert_is_grid_search(quick(random_state=random_state, batch_sizes=(15,)), X, y)
    assert pickle.dumps(random_state) == kept
    assert search.random_state is random_state


def test_without_random_state_all_candidates_start_alike():
    scores = quick(alphas=(1.0, 1.0), random_state=None).fit(X, y).cv_results_["mean_test_score"]
    assert_array_equal(scores[:2], scores[2:])


class EveryOtherRow:
    """Splits by a column, for which it needs the features as they were given."""

    def __init__(self, column):
        self.column = column

    def split(self, X, y=None, groups=None):
        order = np.argsort(np.asarray(self.column(X)))
        yield order[::2], order[1::2]
        yield order[1::2], order[::2]

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2


GROUPS = np.random.RandomState(0).randint(7, size=53)
HALF = np.arange(53) < 26
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
def test_is_grid_search_for_any_splits(cv):
    assert_is_grid_search(quick(cv=cv, batch_sizes=(15,), scoring="neg_mean_absolute_error"),
                          X, y)


def test_iterator_of_splits_is_read_once():
    found, expected = (quick(cv=cv).fit(X, y) for cv in (KFold(3).split(X), KFold(3)))
    assert_equal_results(found.cv_results_, expected.cv_results_, atol=0)


def test_groups():
    assert_is_grid_search(quick(cv=GroupKFold(3)), X, y, groups=list(GROUPS))


# scoring and refit

def half_error(estimator, X, y):
    return -np.mean(abs(estimator.predict(X) - y)) * X[:, 0].mean()


def two_scores(estimator, X, y):
    prediction = estimator.predict(X)
    return {"r2": r2_score(y, prediction), "error": mean_absolute_error(y, prediction)}


def second(results):
    return int(np.argsort(results["rank_test_r2"])[1])


@pytest.mark.parametrize("scoring, refit", [
    ("neg_mean_absolute_error", True), ("neg_root_mean_squared_error", False),
    (half_error, True), (half_error, "score"), (half_error, "own"),
    (("r2", "neg_max_error"), "neg_max_error"), (["r2"], "r2"),
    (["r2"], False), (["r2", "neg_max_error"], False), (["r2", "neg_max_error"], second),
    ({"r2": "r2", "own": half_error}, "own"), (two_scores, "r2"), (two_scores, second),
    ("r2", lambda results: 2), (two_scores, False),
])
def test_is_grid_search_for_any_scoring_and_refit(scoring, refit):
    search = assert_is_grid_search(quick(scoring=scoring, refit=refit), X, y)
    assert hasattr(search, "best_estimator_") == (refit is not False)
    assert hasattr(search, "predict") == (refit is not False)
    if refit is False:
        with pytest.raises(AttributeError, match="has no attribute 'predict'") as error:
            search.predict(X)
        assert "got refit=False; set refit" in str(error.value.__cause__)
    else:
        assert search.refit_time_ > 0


@pytest.mark.parametrize("test", [[], np.zeros(53, bool)])
def test_empty_test_folds_are_refused(test):
    with pytest.raises(ValueError, match="cv must give test folds of at least one row"):
        quick(cv=[(np.arange(50), np.arange(50, 53)), (np.arange(53), test)]).fit(X, y)


@pytest.mark.parametrize("refit", [True, "r3"])
@pytest.mark.parametrize("halving", [False, True])
def test_the_score_that_decides_is_asked_for_before_training(refit, halving, monkeypatch):
    monkeypatch.setattr("sklearn_gar._blocks.train_block", None)
    with pytest.raises(ValueError, match=r"refit must be .*one of \['error', 'r2'\], got"):
        quick(scoring=two_scores, refit=refit, halving=halving).fit(X, y)


@pytest.mark.parametrize("refit", ["error", False, second])
def test_halving_by_a_function_of_several_scores(refit):
    settings = {"halving": True, "alphas": (0.1, 1.0, 10.0), "learning_rates": (0.01, 0.03)}
    found = quick(scoring=two_scores, refit=refit, **settings).fit(X, y).cv_results_

    def judge(estimator, X, y):
        return two_scores(estimator, X, y)["error" if refit == "error" else "r2"]
    expected = quick(scoring=judge, **settings).fit(X, y).cv_results_
    assert_array_equal(found["n_iter"], expected["n_iter"])
    assert len(set(found["n_iter"])) > 1


def test_which_score_halving_goes_by_makes_a_difference():
    settings = {"halving": True, "alphas": (0.1, 1.0, 10.0), "learning_rates": (0.01, 0.03)}
    by_error, by_r2 = (quick(scoring=two_scores, refit=refit, **settings).fit(X, y)
                       .cv_results_["n_iter"] for refit in ("error", "r2"))
    assert (by_error != by_r2).any()


@pytest.mark.parametrize("halving", [False, True])
@pytest.mark.parametrize("refit", ["r2", False, second])
@pytest.mark.parametrize("rates", [(1e30, 0.03, 0.01), (0.01, 0.03, 1e30)], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_several_scores_of_fits_that_diverge(rates, refit, halving):
    found = quick(scoring=two_scores, refit=refit, halving=halving, alphas=(1.0,),
                  learning_rates=rates, solver="sgd").fit(X, y).cv_results_
    lost = np.array([params["learning_rate"] == 1e30 for params in found["params"]])
    for name in ("r2", "error"):
        assert_array_equal(np.isnan(found[f"mean_test_{name}"]), lost)


def test_a_function_is_not_asked_for_a_perfect_score():
    def log_error(estimator, X, y):
        return -np.log(mean_squared_error(y, estimator.predict(X)))

    assert_is_grid_search(quick(scoring=log_error), X, y)
    with pytest.raises(ValueError, match="scoring must give at least one score"):
        quick(scoring=lambda *_: {}, refit=False).fit(X, y)


def test_a_setting_for_each_network_is_refused():
    for halving in (False, True):
        with pytest.raises(ValueError, match="has a setting for each network, but a search"):
            quick(loss=GARLoss(torch.tensor([1.0, 2.0])), n_estimators=2, halving=halving
                  ).fit(X, y)


@pytest.mark.parametrize("make_modes", [
    torch.inference_mode, lambda: torch.autocast("cpu"), lambda: torch.device("meta")])
def test_modes_of_torch_around_change_nothing(make_modes):
    settings = {"loss": "squared_error", "batch_sizes": (16,)}
    expected = quick(**settings).fit(X, y)
    with make_modes():
        found = quick(**settings).fit(X, y)
    assert_equal_results(found.cv_results_, expected.cv_results_, atol=0)


def test_scorer_that_predicts_other_rows_gets_no_wrong_numbers():
    def backwards(estimator, X, y):
        return r2_score(y[::-1], estimator.predict(X[::-1]))

    with suppress(ValueError):  # to refuse is right too
        assert_is_grid_search(quick(scoring=backwards), X, y)


@pytest.mark.parametrize("index, error", [(99, IndexError), (-1, IndexError), ("1", TypeError)])
def test_index_of_a_refit_function_is_checked(index, error):
    with pytest.raises(error, match="best_index_"):
        grid_search(quick(refit=lambda results: index), X, y)
    with pytest.raises(error):
        quick(refit=lambda results: index).fit(X, y)


@pytest.mark.parametrize("settings", [
    {}, {"batch_sizes": (16, 1000)}, {"early_stopping": True}, {"random_state": None},
    {"random_state": np.random.RandomState(1)}], ids=str)
@pytest.mark.parametrize("weight", [None, np.arange(53) % 4], ids=["", "weighted"])
def test_best_estimator_is_an_ordinary_fit(settings, weight):
    search = quick(n_estimators=2, weight_decays=(0.0, 1e-3), **settings).fit(X, y, weight)
    fitted = {names: getattr(search, f"{name}_") for names, name in SEARCHED.items()}
    assert fitted == {names: search.best_params_[name] for names, name in SEARCHED.items()}
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]
    drawn = search.best_estimator_.random_state if search.random_state is None else None
    same = one(search, search.best_params_,
               random_state=copy.deepcopy(drawn or search.random_state))
    assert_array_equal(search.predict(X), same.fit(X, y, weight).predict(X))
    assert type(search.best_estimator_) is GARRegressor
    assert search.n_iter_ == search.best_estimator_.n_iter_
    assert search.n_features_in_ == 3


# weights

WEIGHTS = np.random.RandomState(0).choice([0.0, 0.5, 1.0, 3.0], size=53)


@pytest.mark.parametrize("settings", [
    {}, {"batch_sizes": (15,)}, {"early_stopping": True, "validation_fraction": 0.3}], ids=str)
@pytest.mark.parametrize("weight", [WEIGHTS, np.ones(53), np.r_[np.zeros(19), np.ones(34)]],
                         ids=["several", "ones", "a fold"])
def test_weights_count_in_fits_and_scores(settings, weight):
    cv = KFold(3, shuffle=True, random_state=1)
    search = quick(cv=cv, **settings).fit(X, y, sample_weight=weight)
    for candidate, params in enumerate(search.cv_results_["params"]):
        for split, (train, test) in enumerate(cv.split(X)):
            model = one(search, params).fit(X[train], y[train], weight[train])
            expected = r2_score(y[test], model.predict(X[test]), sample_weight=weight[test])
            found = search.cv_results_[f"split{split}_test_score"][candidate]
            assert found == pytest.approx(expected, abs=1e-4)


def test_scorers_without_weights_score_without():
    scoring = {"max": "neg_max_error", "own": half_error, "mse": "neg_mean_squared_error"}
    search = quick(cv=[(HALF, ~HALF)], scoring=scoring, refit="mse").fit(X, y, WEIGHTS)
    test = X[~HALF], y[~HALF]
    for candidate, params in enumerate(search.cv_results_["params"]):
        model = one(search, params).fit(X[HALF], y[HALF], WEIGHTS[HALF])
        prediction = model.predict(test[0])
        expected = {"max": -max_error(test[1], prediction), "own": half_error(model, *test),
                    "mse": -mean_squared_error(test[1], prediction, sample_weight=WEIGHTS[~HALF])}
        for name, value in expected.items():
            found = search.cv_results_[f"mean_test_{name}"][candidate]
            assert found == pytest.approx(value, rel=1e-4)


# among scikit-learn's tools

@pytest.mark.parametrize("library", [pd, pl])
def test_frames(library):
    frame, series = library.DataFrame, library.Series
    table = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    search = quick().fit(table, series(y), sample_weight=series(WEIGHTS))
    assert_array_equal(search.feature_names_in_, ["a", "b", "c"])
    assert_array_equal(search.predict(table), quick().fit(X, y, WEIGHTS).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        search.predict(table[["b", "a", "c"]])


def error_by_column(estimator, X, y):
    return -np.average(abs(estimator.predict(X) - y), weights=1 + abs(X["b"]))


@pytest.mark.parametrize("settings", [{"cv": EveryOtherRow(itemgetter("a"))},
                                      {"scoring": error_by_column}], ids=["splitter", "scorer"])
def test_splitters_and_scorers_get_the_frame(settings):
    table = pd.DataFrame(X, columns=list("abc"), index=np.arange(53) + 100)
    assert_is_grid_search(quick(alphas=(1.0,), **settings), table, y)


def test_pipeline_and_nested_cross_validation():
    pipeline = make_pipeline(StandardScaler(), quick())
    outer = KFold(2)
    expected = []
    for train, test in outer.split(X):
        scaler = StandardScaler().fit(X[train])
        search = quick().fit(scaler.transform(X[train]), y[train])
        expected.append(search.score(scaler.transform(X[test]), y[test]))
    assert_array_equal(cross_val_score(pipeline, X, y, cv=outer), expected)


def test_weights_and_groups_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        search = quick(cv=GroupKFold(2)).set_fit_request(sample_weight=True, groups=True)
        search.set_score_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), search)
        params = {"sample_weight": WEIGHTS, "groups": GROUPS}
        found = cross_validate(pipeline, X, y, cv=2, params=params, return_estimator=True)
    for (train, _), fitted in zip(KFold(2).split(X), found["estimator"]):
        rows = StandardScaler().fit_transform(X[train])
        alone = quick(cv=GroupKFold(2)).fit(rows, y[train], WEIGHTS[train], groups=GROUPS[train])
        assert_array_equal(fitted[-1].predict(rows), alone.predict(rows))
        assert_equal_results(fitted[-1].cv_results_, alone.cv_results_, atol=0)


def test_a_failed_fit_leaves_the_fit_before():
    def fails(estimator, X, y):
        raise RuntimeError("no score")

    search = quick().fit(X, y)
    before = dict(vars(search))
    with pytest.raises(RuntimeError, match="no score"):
        search.set_params(scoring=fails).fit(X[:, :1], y)
    assert vars(search.set_params(scoring=before["scoring"])) == before
