"""Halving: worse candidates end early, and the others are trained as without it."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold
from skorch.callbacks import EpochScoring

from tests.data import smooth_table
from tests.selection.searches import assert_equal_results, quick

X, y = smooth_table(54, noise=0.5)  # folds of one length
RAGGED = smooth_table(53, noise=0.5)
MANY = {"alphas": (0.1, 1.0, 10.0), "learning_rates": (0.003, 0.01, 0.03), "max_iter": 18}
RUNGS = 2, 6  # a ninth and a third of 18
CASES = {
    "one batch": {}, "many batches": {"batch_sizes": (11,)}, "sgd": {"solver": "sgd"},
    "several batch sizes": {"batch_sizes": (11, 17, 1000)},
    "three networks": {"n_estimators": 3, "weight_decays": (0.0, 0.1)},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 3,
                       "n_estimators": 2, "batch_sizes": (11,)},
    "settled early": {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 1,
                      "learning_rates": (0.03, 0.1, 0.3)},
    "another loss": {"loss": "absolute_error", "alphas": (1.0,),
                     "learning_rates": (0.001, 0.003, 0.01, 0.03, 0.1)},
    "two candidates": {"alphas": (1.0,), "learning_rates": (0.01, 0.1)},
    "one candidate": {"alphas": (1.0,), "learning_rates": (0.01,)},
    "one epoch": {"max_iter": 1}, "two epochs": {"max_iter": 2},
    "an error to minimise": {"scoring": "neg_mean_absolute_error"},
    "several scores": {"scoring": ["neg_max_error", "r2"], "refit": "r2"},
    "no refit": {"scoring": ["neg_max_error", "r2"], "refit": False},
    "function chooses": {"refit": lambda results: int(results["rank_test_score"].argmin())},
}
even_or_ragged = pytest.mark.parametrize("table", [(X, y), RAGGED], ids=["", "ragged"])


def scores(search, candidates=slice(None)):
    """Scores of candidates by name of the column."""
    return {name: values[candidates] for name, values in search.cv_results_.items()
            if name.startswith("split") or name.startswith("mean_test")}


def deciding_means(search, table):
    """Mean scores that halving compares.

    In one batch, folds of another length train in a later block and are not among them.
    """
    means = []
    for candidate, params in enumerate(search.cv_results_["params"]):
        n_folds = 2 if table is RAGGED and params["batch_size"] > 50 else 3
        means.append(np.mean([search.cv_results_[f"split{fold}_test_score"][candidate]
                              for fold in range(n_folds)]))
    return np.array(means)


def assert_others_train_as_without_halving(settings, *table):
    settings = {**MANY, **settings}
    found, whole = (quick(halving=halving, **settings).fit(*table) for halving in (True, False))
    n_iter, n_whole = (search.cv_results_["n_iter"] for search in (found, whole))
    assert np.all(n_iter <= n_whole)
    ended = np.isin(n_iter, (1, *RUNGS)) & (n_iter < n_whole)
    assert not ended.all()
    for name, values in scores(whole, ~ended).items():
        # the last bits depend on how many members a kernel computes at once
        assert_allclose(scores(found, ~ended)[name], values, rtol=1e-6, atol=1e-6, err_msg=name)
    for name, values in scores(found).items():
        assert np.isfinite(values).all(), name
    return found


@even_or_ragged
@pytest.mark.parametrize("settings", CASES.values(), ids=list(CASES))
def test_others_train_as_without_halving(settings, table):
    assert_others_train_as_without_halving(settings, *table)


@even_or_ragged
@pytest.mark.parametrize("settings", [{}, {"batch_sizes": (11,)}], ids=str)
def test_others_train_as_without_halving_with_weights_and_targets(settings, table):
    X, y = table
    weight = np.arange(len(X)) % 5 % 3  # folds differ in their rows above zero
    search = assert_others_train_as_without_halving(settings, X, y, weight)
    assert len(set(search.cv_results_["n_iter"])) == 3
    search = assert_others_train_as_without_halving(settings, X, np.column_stack([y, y ** 2]))
    assert len(set(search.cv_results_["n_iter"])) == 3


@even_or_ragged
@pytest.mark.parametrize("settings", [{}, {"batch_sizes": (11,)}, {"scoring": "neg_max_error"}],
                         ids=str)
def test_the_best_of_each_learning_rate_stay(settings, table):
    # with a constant rate the first epochs of a long training are a short one
    settings = {**MANY, "lr_schedule": "constant", **settings}
    found = quick(halving=True, **settings).fit(*table)
    remaining, expected = set(range(9)), np.full(9, 18.0)
    for n_epochs, n_stay in zip(RUNGS, (3, 1)):
        rung = quick(**{**settings, "max_iter": n_epochs}).fit(*table)
        ranks = -deciding_means(rung, table)
        rates = [one["learning_rate"] for one in rung.cv_results_["params"]]
        ranked = sorted(remaining, key=lambda one: (sum(
            rates[other] == rates[one] and ranks[other] < ranks[one] for other in remaining),
            ranks[one]))
        for candidate in ranked[n_stay:]:
            expected[candidate] = n_epochs
            for name, values in scores(rung).items():
                assert_allclose(scores(found)[name][candidate], values[candidate], rtol=1e-4,
                                atol=1e-4)
        remaining = set(ranked[:n_stay])
    assert_array_equal(found.cv_results_["n_iter"], expected)
    assert found.best_index_ in remaining


@even_or_ragged
@pytest.mark.parametrize("batch_sizes", [(1000,), (11, 1000), (11, 17, 34)])
@pytest.mark.parametrize("seed", range(3))
def test_candidates_end_in_all_folds_and_the_best_stay(table, batch_sizes, seed):
    settings = {**MANY, "lr_schedule": "constant", "batch_sizes": batch_sizes,
                "alphas": (1.0, 3.0, 10.0), "random_state": seed}
    n_iter = quick(halving=True, **settings).fit(*table).cv_results_["n_iter"]
    assert set(n_iter) == {*RUNGS, 18}
    first = quick(**{**settings, "max_iter": 2}).fit(*table)
    assert n_iter[deciding_means(first, table).argmax()] > 2
    second = deciding_means(quick(**{**settings, "max_iter": 6}).fit(*table), table)
    assert n_iter[np.where(n_iter > 2, second, -np.inf).argmax()] == 18


def test_wide_networks_end_early_as_small_ones_do():
    # a single candidate fills the cache
    search = quick(halving=True, hidden_layer_sizes=(1024, 1024), n_estimators=4, max_iter=4,
                   alphas=(1.0,), learning_rates=np.geomspace(0.0001, 0.01, 9)).fit(X, y)
    assert sorted(search.cv_results_["n_iter"]) == [1] * 6 + [2] * 2 + [4]


def test_halving_refuses_callbacks():
    with pytest.raises(ValueError, match="skorch_callbacks"):
        quick(halving=True, skorch_callbacks=[EpochScoring("r2")]).fit(X, y)


def lowest(estimator, X, y):
    """A score that training makes worse where predictions start far below the targets."""
    return -np.mean(estimator.predict(X))


@pytest.mark.parametrize("settings", [{}, {"scoring": {"a": lowest}, "refit": "a"}],
                         ids=["", "by name"])
def test_the_chosen_candidate_was_trained_to_the_end(settings):
    # those that ended early were scored before training made their scores worse
    settings = {"scoring": lowest, "scale_target": False, "loss": "absolute_error", **settings}
    found = quick(halving=True, alphas=(1.0,), learning_rates=(0.01, 0.011, 0.012), max_iter=18,
                  lr_schedule="constant", **settings).fit(X, y)
    results = found.cv_results_
    name = "mean_test_a" if "refit" in settings else "mean_test_score"
    assert results["n_iter"].tolist() == [18, 2, 2]
    assert results[name][0] < results[name][1]
    assert found.best_index_ == 0
    assert found.learning_rate_ == 0.01
    assert found.best_score_ == results[name][0]


@pytest.mark.parametrize("solver, batch_size, n_iter", [("sgd", 11, 18), ("adamw", 30, 2)])
def test_candidates_that_diverge_end_first(solver, batch_size, n_iter):
    # at a rung after a single step of 1e20, weights are finite and predictions are not
    settings = {"hidden_layer_sizes": (1,), "activation": "identity"} if n_iter == 2 else {}
    search = quick(halving=True, alphas=(1.0,), learning_rates=(0.01, 1e20, 1e30), solver=solver,
                   batch_sizes=(batch_size,), max_iter=n_iter, **settings)
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
        search.fit(X, y)
    assert_array_equal(np.isnan(search.cv_results_["mean_test_score"]), [False, True, True])
    assert search.learning_rate_ == 0.01
    assert search.cv_results_["n_iter"][0] == n_iter


def test_a_search_in_which_all_diverge_is_an_error():
    search = quick(halving=True, solver="sgd", batch_sizes=(11,), learning_rates=(1e30, 1e31))
    with pytest.raises(ValueError, match="learning rate"):
        search.fit(X, y)


@pytest.mark.parametrize("cv", [KFold(3, shuffle=True, random_state=0),
                                [(np.arange(20), np.arange(20, 54)), (np.arange(40), [41, 42])]],
                         ids=["shuffled", "unequal"])
def test_halving_repeats_and_does_not_depend_on_workers(cv):
    settings = {**MANY, "halving": True, "cv": cv, "batch_sizes": (11, 17, 1000)}
    first, again = (quick(**settings).fit(X, y) for _ in range(2))
    with joblib.parallel_config(backend="threading", n_jobs=2):
        threads = quick(**settings).fit(X, y)
    processes = quick(**settings, n_jobs=2).fit(X, y)
    for other in (again, threads, processes):
        assert_equal_results(other.cv_results_, first.cv_results_, atol=0)
        assert_array_equal(other.cv_results_["n_iter"], first.cv_results_["n_iter"])
        for name, values in scores(first).items():
            assert_array_equal(scores(other)[name], values)
        assert_array_equal(other.predict(X), first.predict(X))
