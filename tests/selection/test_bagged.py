"""Bagged searches, against a GARRegressor whose networks hold out the same folds."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import GroupKFold, KFold, RepeatedKFold, ShuffleSplit
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor, GARRegressorCV
from tests.data import smooth_table
from tests.selection.searches import GROUPS, X, quick, regressor_of, y

FOLDS = KFold(4, shuffle=True, random_state=1)
WEIGHTS = np.random.RandomState(0).choice([0.0, 0.5, 3.0], size=53)


def bagged(**settings):
    """A small search whose networks hold out folds."""
    return quick(**{"bagged": True, "cv": FOLDS, "early_stopping": "auto", "batch_sizes": (11,),
                    **settings})


def candidate(search, number, splits=FOLDS):
    """The regressor of a candidate, whose networks hold out the folds."""
    return regressor_of(search, search.cv_results_["params"][number], n_estimators="auto",
                        validation_split=splits, oob_score=True)


@pytest.mark.parametrize("settings", [
    {}, {"batch_sizes": (256,)}, {"solver": "sgd"}, {"blend": "ridge", "activation": "relu"},
    {"n_iter_no_change": 2, "max_iter": 30}, {"loss": "huber"},
    {"embedding": "periodic", "hidden_layer_sizes": (8, 4)}], ids=str)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["", "weighted"])
def test_scores_are_those_of_predictions_for_rows_held_out(settings, weight):
    search = bagged(**settings).fit(X, y, weight)
    for number in range(4):
        model = candidate(search, number).fit(X, y, weight)
        for split, (_, test) in enumerate(FOLDS.split(X)):
            expected = r2_score(y[test], model.oob_prediction_[test],
                                sample_weight=None if weight is None else weight[test])
            found = search.cv_results_[f"split{split}_test_score"][number]
            assert found == pytest.approx(expected, abs=1e-4)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()


@pytest.mark.parametrize("settings", [
    {}, {"blend": "ridge", "n_estimators": 2, "validation_split": "kfold",
         "validation_fraction": 0.3}], ids=["", "with settings of its own"])
@pytest.mark.parametrize("halving", [False, True])
def test_the_winner_is_fitted_to_all_rows(settings, halving):
    search = bagged(early_stopping=True, halving=halving, alphas=(0.1, 1.0, 10.0), **settings
                    ).fit(X, y)
    expected = regressor_of(search, search.best_params_).fit(X, y)
    assert search.refit_time_ > 0
    best = search.best_estimator_
    assert isinstance(best, GARRegressor)
    assert best.n_estimators_ == settings.get("n_estimators", 1)
    assert_array_equal(search.predict(X), expected.predict(X))
    assert_array_equal(search.predict_interval(X, 0.5), expected.predict_interval(X, 0.5))
    assert_array_equal(best.validation_loss_curve_, expected.validation_loss_curve_)
    assert search.n_iter_ == best.n_iter_ == expected.n_iter_


def test_rows_that_the_winner_holds_out_respect_groups():
    groups = np.repeat(np.arange(18), 3)[:53]
    search = bagged(cv=None, early_stopping=True, n_estimators=2).fit(X, y, groups=groups)
    expected = regressor_of(search, search.best_params_)
    assert_array_equal(search.predict(X), expected.fit(X, y, groups=groups).predict(X))
    assert np.any(search.predict(X) != expected.fit(X, y).predict(X))


def test_several_targets_and_scores():
    targets = np.column_stack([y, -y ** 2])
    search = bagged(scoring=["r2", "neg_mean_absolute_error"], refit="r2").fit(X, targets)
    model = candidate(search, 2).fit(X, targets)
    for split, (_, test) in enumerate(FOLDS.split(X)):
        expected = -mean_absolute_error(targets[test], model.oob_prediction_[test])
        found = search.cv_results_[f"split{split}_test_neg_mean_absolute_error"][2]
        assert found == pytest.approx(expected, rel=1e-3)
    assert search.predict(X).shape == targets.shape


def test_frames_with_categories_and_gaps():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"a": rng.normal(size=90), "b": rng.choice(list("xyz"), 90),
                          "c": rng.choice([1.0, np.nan], 90)})
    target = frame["a"] + 3 * (frame["b"] == "x") + frame["c"].fillna(5)
    search = bagged(max_iter=30).fit(frame, target)
    model = candidate(search, 1).fit(frame, target)
    for split, (_, test) in enumerate(FOLDS.split(frame)):
        expected = r2_score(target[test], model.oob_prediction_[test])
        found = search.cv_results_[f"split{split}_test_score"][1]
        assert found == pytest.approx(expected, abs=1e-3)
    assert search.feature_names_in_.tolist() == ["a", "b", "c"]
    assert search.best_estimator_.feature_names_in_.tolist() == ["a", "b", "c"]
    assert search.predict(frame[::-1]).shape == (90,)


def test_equal_rows_of_two_folds_stay_apart():
    # in one batch equal rows are merged, but not those that a network holds out and trains on
    twice, targets = np.vstack([X, X]), np.r_[y, y]
    halves = [(np.arange(53), np.arange(53, 106)), (np.arange(53, 106), np.arange(53))]
    search = bagged(cv=halves, batch_sizes=(256,)).fit(twice, targets)
    model = candidate(search, 0, halves).fit(twice, targets)
    assert model.n_estimators_ == 2
    assert np.isfinite(model.oob_prediction_).all()
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(
        r2_score(y, model.oob_prediction_[53:]), abs=1e-5)


EVERY_CV = {
    "default": (None, 5, None), "number": (3, 3, None),
    "repeated": (RepeatedKFold(n_splits=2, n_repeats=2, random_state=0), 4, None),
    "random": (ShuffleSplit(3, random_state=0), 3, None),
    "groups": (GroupKFold(3), 3, GROUPS), "groups by default": (None, 5, np.arange(53) % 11),
    "a split": ([(np.arange(30), np.arange(30, 53))], 1, None),
}


@pytest.mark.parametrize("cv, n_splits, groups", EVERY_CV.values(), ids=list(EVERY_CV))
def test_every_cross_validation_has_a_network_for_each_split(cv, n_splits, groups):
    search = bagged(cv=cv).fit(X, y, groups=groups)
    assert search.n_splits_ == n_splits
    for split in range(n_splits):
        assert np.isfinite(search.cv_results_[f"split{split}_test_score"]).all()


def test_with_halving_two_networks_hold_out_several_folds():
    folds = KFold(7, shuffle=True, random_state=1)
    search = bagged(cv=folds, halving=True, alphas=(0.1, 1.0, 10.0), max_iter=9).fit(X, y)
    assert sorted(search.cv_results_["n_iter"]) == [1] * 3 + [3] + [9] * 2
    tests = [test for _, test in folds.split(X)]
    joined = [np.concatenate(tests[first:stop]) for first, stop in [(0, 4), (4, 7)]]
    splits = [(np.setdiff1d(np.arange(53), test), test) for test in joined]
    for number, n_iter in enumerate(map(int, search.cv_results_["n_iter"])):
        if n_iter == 1:
            continue
        model = candidate(search, number, splits).set_params(max_iter=n_iter).fit(X, y)
        for split, test in enumerate(tests):
            expected = r2_score(y[test], model.oob_prediction_[test])
            found = search.cv_results_[f"split{split}_test_score"][number]
            assert found == pytest.approx(expected, abs=1e-4)


def test_with_halving_splits_that_are_no_folds_have_a_network_each():
    folds = ShuffleSplit(5, test_size=3, random_state=1)
    search = bagged(cv=folds, halving=True, max_iter=9).fit(X, y)
    dropped = int(np.flatnonzero(search.cv_results_["n_iter"] == 3)[0])
    model = candidate(search, dropped, folds).set_params(max_iter=3).fit(X, y)
    assert model.n_estimators_ == 5
    held_out = [test for _, test in folds.split(X)]
    alone = [split for split, test in enumerate(held_out) if not any(
        set(test) & set(other) for one, other in enumerate(held_out) if one != split)]
    assert alone
    for split in alone:
        expected = r2_score(y[held_out[split]], model.oob_prediction_[held_out[split]])
        found = search.cv_results_[f"split{split}_test_score"][dropped]
        assert found == pytest.approx(expected, abs=1e-4)


def test_without_a_choice_groups_stay_together():
    # only a network that has seen the group knows its target
    groups = np.repeat(np.arange(18), 3)
    rng = np.random.RandomState(0)
    table = rng.normal(size=(18, 4))[groups] + rng.normal(scale=0.01, size=(54, 4))
    target = rng.normal(size=18)[groups]
    search = GARRegressorCV(alphas=(10.0,), learning_rates=(0.03,), bagged=True, max_iter=100,
                            hidden_layer_sizes=(32,), n_estimators=1, random_state=0)
    assert search.fit(table, target).best_score_ > 0.8
    assert search.fit(table, target, groups=groups).best_score_ < 0.3


def test_without_a_choice_equal_rows_stay_together():
    # noise cannot be predicted, unless a network has seen the row
    rng = np.random.RandomState(0)
    table, target = np.tile(rng.normal(size=(40, 4)), (3, 1)), np.tile(rng.normal(size=40), 3)
    search = GARRegressorCV(alphas=(10.0,), learning_rates=(0.03,), bagged=True, max_iter=100,
                            hidden_layer_sizes=(32,), n_estimators=1, random_state=0)
    assert search.fit(table, target).best_score_ < 0.3
    folds = KFold(5, shuffle=True, random_state=0)
    assert search.set_params(cv=folds).fit(table, target).best_score_ > 0.8


@pytest.mark.parametrize("n_groups", [2, 4])
def test_without_a_choice_there_are_no_more_folds_than_groups(n_groups):
    search = bagged(cv=None).fit(X, y, groups=np.arange(53) % n_groups)
    assert search.n_splits_ == n_groups


def test_without_a_choice_each_fold_has_rows_with_a_weight():
    weight = np.zeros(53)
    weight[:12] = 1
    weighted = []

    def score(estimator, features, targets):
        weighted.append(np.isin(targets, y[:12]).sum())
        return -mean_absolute_error(targets, estimator.predict(features))
    bagged(cv=None, scoring=score, param_grid={"alpha": [1.0]}).fit(X, y, weight)
    assert len(np.unique(y)) == 53
    assert weighted[-5:] == [3, 3, 2, 2, 2]


def test_a_function_may_choose_a_dropped_candidate():
    search = bagged(halving=True, alphas=(0.1, 1.0, 10.0), max_iter=9,
                    refit=lambda results: int(np.argmin(results["n_iter"]))).fit(X, y)
    assert search.cv_results_["n_iter"][search.best_index_] == 1
    assert search.n_iter_ == 9
    expected = regressor_of(search, search.best_params_).fit(X, y)
    assert_array_equal(search.predict(X), expected.predict(X))


def test_processes_and_pickles_give_the_same():
    serial = bagged(early_stopping=True).fit(X, y, WEIGHTS)
    parallel = bagged(early_stopping=True, n_jobs=2).fit(X, y, WEIGHTS)
    loaded = pickle.loads(pickle.dumps(parallel))
    for other in (parallel, loaded):
        assert_array_equal(other.cv_results_["mean_test_score"],
                           serial.cv_results_["mean_test_score"])
        assert_array_equal(other.predict(X), serial.predict(X))
        assert_array_equal(other.predict_interval(X, 0.5), serial.predict_interval(X, 0.5))


def test_without_refit_there_is_no_estimator():
    search = bagged().fit(X, y).set_params(refit=False).fit(X, y)
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "predict")
    assert search.best_index_ == np.argmax(search.cv_results_["mean_test_score"])


class MustNotTrain(Callback):
    def on_train_begin(self, net, **kwargs):
        raise AssertionError("training began")


@pytest.mark.parametrize("settings, message", [
    ({"early_stopping": False}, "early_stopping=False; set it to 'auto', or set bagged=False"),
    ({"cv": [(np.arange(30), np.arange(20, 53))]},
     r"must not hold out rows that it trains on, got 10 such row\(s\) in split 0"),
    ({"cv": [(np.arange(52), [52])]}, "2 rows to train on and 2 to hold out"),
    ({"param_grid": {"n_estimators": [2, 3]}}, "cannot hold 'n_estimators'.*bagged=False"),
    ({"param_grid": {"validation_split": ["kfold"]}}, "cannot hold 'validation_split'"),
], ids=str)
def test_errors_come_before_any_training(settings, message):
    search = bagged(skorch_callbacks=[MustNotTrain()], **settings)
    with pytest.raises(ValueError, match=message):
        search.fit(X, y)
    assert not hasattr(search, "cv_results_")


def test_larger_tables_in_many_batches():
    table = smooth_table(700, noise=1.0)
    search = bagged(batch_sizes=(32, 64), max_iter=3, cv=None).fit(*table)
    assert search.n_splits_ == 5
    assert search.score(*table) > 0.5
