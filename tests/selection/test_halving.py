"""Halving: rounds of short trainings, each of which is a search of its own with fewer epochs."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold
from skorch.callbacks import EpochScoring

from sklearn_gar._selection.halving import _rival, rounds
from tests.data import smooth_table
from tests.selection.searches import assert_equal_results, quick

X, y = smooth_table(54, noise=0.5)
RAGGED = smooth_table(53, noise=0.5)
NINE = {"alphas": (0.1, 1.0, 10.0), "learning_rates": (0.003, 0.01, 0.03), "max_iter": 18}
# of three rounds over nine candidates: epochs, and how many candidates remain
ROUNDS = (2, 3), (6, 2), (18, 0)
CASES = {
    "one batch": {}, "many batches": {"batch_sizes": (11,)}, "sgd": {"solver": "sgd"},
    "several batch sizes": {"batch_sizes": (11, 17, 1000), "learning_rates": (0.003,)},
    "three networks": {"n_estimators": 3},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 3,
                       "n_estimators": 2, "batch_sizes": (11,)},
    "several shapes": {"param_grid": {"hidden_layer_sizes": [(5,), (3, 3), ()],
                                      "learning_rate": [0.003, 0.01, 0.03]}},
    "two stages": {"loss": "rnc", "alphas": (1.0,), "param_grid": {
        "learning_rate": np.geomspace(0.001, 0.1, 9).tolist()}},
    "callbacks": {"skorch_callbacks": [EpochScoring("r2", on_train=True)]},
    "an error to minimise": {"scoring": "neg_mean_absolute_error"},
    "several scores": {"scoring": ["neg_max_error", "r2"], "refit": "r2"},
    "no refit": {"scoring": ["neg_max_error", "r2"], "refit": False},
    "function chooses": {"refit": lambda results: int(results["rank_test_score"].argmin())},
    # with more folds, networks of the short rounds hold out several
    "bagged": {"bagged": True, "cv": 2, "early_stopping": "auto"},
    "bagged, many batches": {"bagged": True, "cv": 2, "early_stopping": "auto",
                             "batch_sizes": (11,)},
}


def scores(search, candidates=slice(None)):
    """Scores of candidates by name of the column."""
    return {name: values[candidates] for name, values in search.cv_results_.items()
            if name.startswith("split") or name.startswith("mean_test")}


def deciding(search):
    """The name of the scores that rounds compare."""
    if isinstance(search.scoring, list):
        return f"mean_test_{search.refit or search.scoring[0]}"
    return "mean_test_score"


@pytest.mark.parametrize("n_candidates, remaining, of_ensemble", [
    (1, [], []), (2, [], []), (3, [2], []), (4, [3, 2], [3]), (9, [3, 2], [3]), (10, [4, 2], [4]),
    (27, [9, 2], [9]), (28, [10, 3], [10]), (81, [27, 6], [27])])
def test_how_many_candidates_remain(n_candidates, remaining, of_ensemble):
    """A third and at least 3, then two of every 27 and at least 2, rounded up."""
    assert [left for _, left in rounds(n_candidates, for_ensemble=False)] == remaining
    assert [left for _, left in rounds(n_candidates, for_ensemble=True)] == of_ensemble


@pytest.mark.parametrize("table", [(X, y), RAGGED], ids=["", "ragged"])
@pytest.mark.parametrize("settings", CASES.values(), ids=list(CASES))
def test_rounds_are_searches_with_fewer_epochs(settings, table):
    settings = {**NINE, **settings}
    found = quick(halving=True, **settings).fit(*table)
    remaining = list(range(9))
    for n_epochs, n_left in ROUNDS:
        whole = quick(**{**settings, "refit": settings.get("refit") == "r2" and "r2",
                         "max_iter": n_epochs}).fit(*table)
        ranked = sorted(remaining, key=lambda one: -whole.cv_results_[deciding(whole)][one])
        ended = ranked[n_left:]
        for name, values in scores(whole, ended).items():
            # the last bits depend on how many members a kernel computes at once
            assert_allclose(scores(found, ended)[name], values, rtol=2e-5, atol=2e-5,
                            err_msg=name)
        assert_allclose(found.cv_results_["n_iter"][ended], whole.cv_results_["n_iter"][ended])
        remaining = ranked[:n_left]
    if settings.get("refit", True) is True:
        assert found.best_index_ == ranked[0]


@pytest.mark.parametrize("bagged", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_candidates_of_the_whole_training_rank_first(bagged, seed):
    table = smooth_table(60, noise=0.5, seed=seed)
    search = quick(halving=True, **{**NINE, "learning_rates": (0.003, 0.05, 0.3)}, bagged=bagged,
                   early_stopping="auto").fit(*table)
    results = search.cv_results_
    assert results["rank_test_score"][search.best_index_] == 1
    whole = results["n_iter"] == 18
    assert results["rank_test_score"][whole].max() < results["rank_test_score"][~whole].min()
    order = np.argsort(results["rank_test_score"][~whole])
    assert np.all(np.diff(results["mean_test_score"][~whole][order]) <= 0)


def test_weights_and_targets_count_in_the_rounds():
    weight = np.arange(len(X)) % 5 % 3
    targets = np.column_stack([y, y ** 2])
    for data in [(X, y, weight), (X, targets), (X, targets, weight)]:
        search = quick(halving=True, **NINE).fit(*data)
        short = quick(**{**NINE, "max_iter": 2}).fit(*data)
        kept = np.argsort(-short.cv_results_["mean_test_score"], kind="stable")[:3]
        assert_array_equal(np.sort(kept), np.flatnonzero(search.cv_results_["n_iter"] > 2))


@pytest.mark.parametrize("n_candidates, n_iter", [
    (1, [27]), (2, [27] * 2), (3, [9] + [27] * 2), (4, [3, 9] + [27] * 2),
    (9, [3] * 6 + [9] + [27] * 2), (27, [3] * 18 + [9] * 7 + [27] * 2),
    (28, [3] * 18 + [9] * 7 + [27] * 3)])
def test_the_last_round_has_two_of_27_candidates(n_candidates, n_iter):
    rates = np.geomspace(0.001, 0.1, n_candidates).tolist()
    search = quick(halving=True, alphas=(1.0,), learning_rates=rates, max_iter=27).fit(X, y)
    assert sorted(search.cv_results_["n_iter"]) == n_iter


@pytest.mark.parametrize("n_candidates, n_iter", [
    (1, [27]), (3, [27] * 3), (4, [3] + [27] * 3), (9, [3] * 6 + [27] * 3),
    (20, [3] * 13 + [27] * 7)])
def test_an_ensemble_has_the_best_third(n_candidates, n_iter):
    rates = np.geomspace(0.001, 0.1, n_candidates).tolist()
    search = quick(halving=True, alphas=(1.0,), learning_rates=rates, max_iter=27, refit=False,
                   ensemble_size=2).fit(X, y)
    assert sorted(search.cv_results_["n_iter"]) == n_iter


def test_a_short_training_has_at_least_one_epoch():
    search = quick(halving=True, **{**NINE, "max_iter": 2}).fit(X, y)
    assert sorted(search.cv_results_["n_iter"]) == [1] * 7 + [2] * 2


def lowest(estimator, X, y):
    """A score that training makes worse where predictions start far below the targets."""
    return -np.mean(estimator.predict(X))


@pytest.mark.parametrize("bagged", [False, True])
@pytest.mark.parametrize("settings", [
    {"scoring": lowest}, {"scoring": {"a": lowest}, "refit": "a"},
    {"learning_rates": (0.003, 0.03, 0.3, 1.0, 1e30), "solver": "sgd"},
    {"learning_rates": (0.01, 0.02, 1e20, 1e25, 1e30), "solver": "sgd"},
    {"learning_rates": (0.29, 0.54, 0.58, 1e7), "solver": "sgd", "scoring": "neg_max_error"}],
    ids=["falls", "falls, by name", "sgd", "diverge", "finalists diverge"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning",
                            "ignore:One or more of the:UserWarning")
def test_while_a_quarter_of_the_others_did_better_the_best_of_them_is_trained(settings, bagged):
    settings = {"scale_target": False, "loss": "absolute_error", "lr_schedule": "constant",
                "alphas": (1.0,), "learning_rates": (0.01, 0.011, 0.012, 0.02, 0.03, 0.05),
                "batch_sizes": (11,), "bagged": bagged, "early_stopping": bagged or "auto",
                "cv": 2, **settings}
    name = "mean_test_a" if "refit" in settings else "mean_test_score"
    found = quick(halving=True, max_iter=18, **settings).fit(X, y)
    scores = [np.nan_to_num(quick(max_iter=n_epochs, **{**settings, "refit": False}).fit(
        X, y).cv_results_[name], nan=-np.inf) for n_epochs, _ in ROUNDS]
    last, remaining = dict(enumerate(scores[0])), range(len(scores[0]))
    for values, n_left in zip(scores, (3, 2)):
        last.update((one, values[one]) for one in remaining)
        remaining = sorted(remaining, key=lambda one: -values[one])[:n_left]
    whole = set(remaining)
    while others := sorted((value, -one) for one, value in last.items() if one not in whole):
        best = max(scores[2][one] for one in whole)
        n_better = sum(value > best for value, _ in others)
        if n_better == 0 or best > -np.inf and 4 * n_better <= len(others):
            break
        whole.add(-others[-1][1])
    assert set(np.flatnonzero(found.cv_results_["n_iter"] == 18)) == whole
    assert found.best_index_ == max(whole, key=lambda one: scores[2][one])
    if found.scoring is lowest:
        assert len(whole) > 2


@pytest.mark.parametrize("means, finalists, expected", [
    ({0: -np.inf, 1: -np.inf, 2: 0.4, 3: -np.inf}, {0, 1}, 2),
    ({0: -np.inf, 1: -np.inf, **dict.fromkeys(range(2, 9), -np.inf), 7: 0.1}, {0, 1}, 7),
    ({0: -np.inf, 1: -np.inf}, {0}, None), ({0: 0.1, 1: 0.2}, {0, 1}, None),
    ({0: 0.1, 1: 0.2}, {0}, 1), ({0: 0.3, 1: 0.2}, {0}, None), ({0: 0.2, 1: 0.2}, {0}, None),
    ({0: 0.5, 1: 0.6, 2: 0.1, 3: 0.1, 4: 0.1}, {0}, None),
    ({0: 0.5, 1: 0.6, 2: 0.7, 3: 0.1, 4: 0.1}, {0}, 2)], ids=str)
def test_finalists_are_behind_if_more_than_a_quarter_of_the_others_did_better(
        means, finalists, expected):
    assert _rival(means, finalists) == expected


@pytest.mark.parametrize("bagged", [False, True])
def test_candidates_that_diverge_end_first(bagged):
    search = quick(halving=True, alphas=(1.0,), learning_rates=(0.01, 1e20, 1e30), solver="sgd",
                   batch_sizes=(11,), max_iter=18, bagged=bagged, early_stopping="auto")
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
        search.fit(X, y)
    assert_array_equal(np.isnan(search.cv_results_["mean_test_score"]), [False, True, True])
    assert search.learning_rate_ == 0.01
    assert search.cv_results_["n_iter"][0] == 18


def test_a_search_in_which_all_diverge_is_an_error():
    search = quick(halving=True, solver="sgd", batch_sizes=(11,), learning_rates=(1e30, 1e31))
    with pytest.raises(ValueError, match="learning rate"):
        search.fit(X, y)


@pytest.mark.parametrize("cv", [KFold(3, shuffle=True, random_state=0),
                                [(np.arange(20), np.arange(20, 54)), (np.arange(40), [41, 42])]],
                         ids=["shuffled", "unequal"])
@pytest.mark.parametrize("bagged", [False, True])
def test_halving_repeats_and_does_not_depend_on_workers(cv, bagged):
    settings = {**NINE, "halving": True, "cv": cv, "batch_sizes": (11, 17, 1000),
                "bagged": bagged, "early_stopping": "auto"}
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
