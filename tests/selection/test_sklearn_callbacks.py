"""The tasks that a search reports to scikit-learn's callbacks."""

from collections import Counter
from importlib.util import find_spec

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressorCV
from tests.estimator.recorded_tasks import Hooks
from tests.selection.searches import X, quick, regressor_of, y

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has no callbacks yet")


class Recorder(Hooks):
    """Records each hook with the path of the task; it reaches the refit as well."""

    max_propagation_depth = None

    def __init__(self, error_in=None):
        self.error_in = error_in
        self.events, self.n_subtasks = [], {}

    def _record(self, hook, context):
        path, one = (), context
        while one is not None:
            path, one = ((one.source_task_name or one.task_name, one.task_id), *path), one.parent
        self.events.append((hook, path))
        self.n_subtasks[path] = context.max_subtasks
        if (hook, context.task_name) == self.error_in:
            raise ZeroDivisionError

    @property
    def tree(self):
        """The paths of the tasks that began and ended, and their numbers of subtasks."""
        begun, ended = (Counter(path for name, path in self.events if name == hook)
                        for hook in ("begin", "end"))
        assert begun == ended and set(begun.values()) <= {1}
        return {path: self.n_subtasks[path] for path in begun}


def recorded(search, **fit_params):
    recorder = Recorder()
    search.set_callbacks(recorder).fit(X, y, **fit_params)
    assert [event[0] for event in recorder.events].count("setup") == 1
    assert recorder.events[-1][0] == "teardown"
    return recorder.tree


SETTINGS = {"one block": {}, "blocks": {"batch_sizes": (12, 20)}, "no refit": {"refit": False},
            "own blocks": {"skorch_callbacks": []}, "early stopping": {"early_stopping": True},
            "bagged": {"bagged": True, "n_estimators": "auto", "early_stopping": True},
            "processes": {"n_jobs": 2}}


@pytest.mark.parametrize("name", ["one block", "blocks", "no refit", "early stopping"])
def test_the_tree_of_tasks_is_that_of_a_grid_search(name):
    search = quick(**SETTINGS[name], alphas=(0.1, 1.0), learning_rates=(0.02,))
    grid = {"alpha": [0.1, 1.0], "batch_size": list(search.batch_sizes)}
    expected = recorded(GridSearchCV(regressor_of(search, {}, learning_rate=0.02), grid, cv=3,
                                     refit=search.refit))
    assert recorded(search) == expected


@pytest.mark.parametrize("name", SETTINGS)
def test_callbacks_do_not_change_the_results(name):
    search = quick(**SETTINGS[name])
    plain = clone(search).fit(X, y)
    if name == "processes":  # what it records stays there
        search.set_callbacks(callback.ScoringMonitor(scoring="r2"))
    else:
        search.set_callbacks(Recorder())
    search.fit(X, y)
    for one in ("mean_test_score", "n_iter"):
        assert_array_equal(search.cv_results_[one], plain.cv_results_[one])
    if search.refit:
        assert_array_equal(search.predict(X), plain.predict(X))
        assert not hasattr(search.best_estimator_, "_skl_callbacks")
    assert set(vars(search)) == {*vars(plain), "_skl_callbacks"}


def test_rounds_are_tasks():
    tree = recorded(quick(halving=True, alphas=(0.1, 1.0, 10.0), learning_rates=(0.02,), cv=2,
                          max_iter=9))
    fit = ("fit", 0)
    assert tree[fit,] is None  # as many rounds as it needs
    assert tree[fit, ("search", 0)] == 3 * 2 and tree[fit, ("search", 1)] == 2 * 2
    assert tree[fit, ("search", 0), ("candidate-split-evaluation", 5)] == 3
    assert tree[fit, ("search", 1), ("candidate-split-evaluation", 1)] == 9


def test_networks_of_a_bagged_candidate_are_one_task():
    tree = recorded(quick(**SETTINGS["bagged"], alphas=(0.1, 1.0), learning_rates=(0.02,)))
    assert tree[("fit", 0),] == 2  # a round and the refit
    assert tree[("fit", 0), ("search", 0)] == 2


def test_members_of_an_ensemble_are_refits():
    search = quick(ensemble_size=4)
    tree = recorded(search)
    refits = [path for path in tree if path[-1][0] == "refit-with-best-params"]
    assert len(refits) == len({search.best_index_, *np.flatnonzero(search.ensemble_weights_)})


@pytest.mark.parametrize("error_in", [("begin", "fit"), ("begin", "search"), ("end", "epoch"),
                                      ("end", "candidate-split-evaluation"), ("end", "fit")])
def test_an_error_restores_the_search_and_tears_callbacks_down(error_in):
    search, recorder = quick().fit(X, y), Recorder(error_in)
    before = {**vars(search), "_skl_callbacks": [recorder]}
    with pytest.raises(ZeroDivisionError):
        search.set_callbacks(recorder).fit(X, y)
    assert vars(search) == before
    assert recorder.events[-1][0] == "teardown"


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_scoring_monitor_scores_the_best_estimator(n_jobs):
    monitor, weight = callback.ScoringMonitor(scoring="r2"), np.linspace(0.5, 2, 53)
    search = quick(n_jobs=n_jobs, batch_sizes=(12, 20)).set_callbacks(monitor)
    search.fit(X, y, weight)
    (row,) = monitor.get_logs().data
    assert row["r2"] == r2_score(y, search.predict(X), sample_weight=weight)


@pytest.mark.skipif(find_spec("rich") is None, reason="the progress bar needs rich")
class TestProgressBar:
    @pytest.mark.parametrize("settings", [
        {}, {"n_jobs": 2, "batch_sizes": (12, 20)}, {"ensemble_size": 2}, {"refit": False}],
        ids=str)
    def test_it_shows_each_fit(self, settings, capsys):
        search = quick(**{"alphas": (0.1,), **settings})
        search.set_callbacks(callback.ProgressBar()).fit(X, y)
        shown = capsys.readouterr().out
        n_fits = len(search.cv_results_["params"]) * 3
        assert all(f"candidate-split-evaluation #{fit} " in shown for fit in range(n_fits))
        assert ("refit-with-best-params" in shown) == bool(search.refit)

    def test_it_works_in_a_pipeline(self, capsys):
        model = make_pipeline(StandardScaler(), quick(alphas=(0.1,)))
        model.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(X, y)
        shown = capsys.readouterr().out
        assert "GARRegressorCV - fit" in shown and "candidate-split-evaluation #5 " in shown


def test_a_search_has_callbacks_of_its_own():
    assert isinstance(GARRegressorCV().set_callbacks(Recorder()), GARRegressorCV)
