"""Callbacks of scikit-learn: the tasks that a fit reports, and estimators during the training."""

import pickle
from importlib.util import find_spec

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor
from tests.estimator.interrupts import Raises
from tests.estimator.recorded_tasks import Recorder, X, assert_predicts_like, quick, y

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has no callbacks yet")

HELD_OUT = {"X_val": X[:15], "y_val": y[:15]}
SETTINGS = {
    "all rows": {}, "several targets": {}, "X_val": {},
    "early stopping": {"early_stopping": True, "learning_rate": 0.3},
    "a single batch": {"batch_size": 100},
    "blended": {"early_stopping": True, "blend": "ridge"},
    "two stages": {"loss": "rnc", "early_stopping": True},
}


def fitted(name, recorder=None):
    model = quick(**SETTINGS[name])
    if recorder is not None:
        model.set_callbacks(recorder)
    targets = np.column_stack((y, -y ** 2)) if name == "several targets" else y
    return model.fit(X, targets, **(HELD_OUT if name == "X_val" else {}))


def expected_events(n_epochs):
    """What a fit alone reports, in order."""
    epochs = [(hook, "epoch", epoch, "fit") for epoch in range(n_epochs)
              for hook in ("begin", "end")]
    return [("setup", "fit", 0, None), ("begin", "fit", 0, None), *epochs,
            ("end", "fit", 0, None), ("teardown", "fit", 0, None)]


def test_epochs_are_subtasks_of_a_fit():
    recorder = Recorder()
    model = quick().set_callbacks(recorder)
    assert model.fit(X, y) is model
    assert recorder.events == expected_events(5)
    assert set(vars(model)) == {*vars(quick().fit(X, y)), "_skl_callbacks"}


def test_the_number_of_epochs_is_told_before_the_first():
    class Numbers(Recorder):
        def on_fit_task_begin(self, estimator, context):
            self.events.append((context.task_name, context.max_subtasks))

    recorder = Numbers()
    quick(max_iter="auto", batch_size=2).set_callbacks(recorder).fit(X, y)
    n_epochs = recorder.events.count(("epoch", 0))
    assert recorder.events[1] == ("fit", n_epochs)  # after setup
    assert n_epochs == 50  # 1,500 batches of 2 of 60 rows


@pytest.mark.parametrize("name", SETTINGS)
def test_callbacks_do_not_change_the_model(name):
    recorder = Recorder()
    model, plain = fitted(name, recorder), fitted(name)
    assert len(recorder.fitted) == model.n_iter_ == plain.n_iter_
    assert_predicts_like(model, plain)
    assert_array_equal(model.loss_curve_, plain.loss_curve_)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_estimator_during_training_is_that_of_a_fit_that_stops_there(name):
    recorder = Recorder()
    model = fitted(name, recorder)
    for epoch in (0, 2, 4):
        stopped, found = fitted(name, Recorder(last_epoch=epoch + 1)), recorder.fitted[epoch]
        assert stopped.n_iter_ == found.n_iter_ == epoch + 1
        assert_predicts_like(found, stopped)
        assert_array_equal(found.loss_curve_, stopped.loss_curve_)
        assert_array_equal(found.ridge_share_, stopped.ridge_share_)
    assert_predicts_like(recorder.fitted[-1], model)


def test_an_estimator_during_training_is_a_complete_one():
    recorder = Recorder()
    fitted("early stopping", recorder)
    for kept in (recorder.fitted[1], pickle.loads(pickle.dumps(recorder.fitted[1]))):
        expected = fitted("early stopping", Recorder(last_epoch=2))
        for model in (kept, expected):
            model.set_params(early_stopping=False).partial_fit(X, y)
        assert_predicts_like(kept, expected)


def test_callbacks_get_the_rows_as_they_were_given():
    recorder, weight = Recorder(), np.linspace(1, 2, 60)
    rows, targets = X.tolist(), y.tolist()
    quick().set_callbacks(recorder).fit(rows, targets, weight)
    for found_rows, found_targets, metadata in recorder.given:
        assert found_rows is rows and found_targets is targets
        assert metadata["sample_weight"] is weight
    quick().set_callbacks(recorder).fit(rows, targets)
    assert recorder.given[-1][2] is None


def test_an_epoch_that_ends_the_training_ends_as_a_task():
    recorder = Recorder()
    model = quick(early_stopping=True, n_iter_no_change=1, learning_rate=1.0, max_iter=50)
    model.set_callbacks(recorder).fit(X, y)
    assert model.n_iter_ < 50
    assert recorder.events == expected_events(model.n_iter_)
    assert_predicts_like(recorder.fitted[-1], model)


def test_an_interrupted_epoch_ends_as_a_task():
    recorder = Recorder()
    model = quick(skorch_callbacks=[Raises("signal", at=9)]).set_callbacks(recorder)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, y)
    assert recorder.events == expected_events(3)  # of 4 batches each
    assert [one is None for one in recorder.fitted] == [False, False, True]


def test_without_a_number_there_is_no_estimator():
    recorder = Recorder()
    model = quick(learning_rate=1e30, solver="sgd", loss="squared_error", max_iter=3)
    with pytest.raises(ValueError, match="training diverged"):
        model.set_callbacks(recorder).fit(X, y)
    assert recorder.fitted[-1] is None
    assert recorder.events[-1][0] == "teardown"


FAILURES = {
    "rows": (Recorder(), {"y": y[:-1]}),
    "hook of the first epoch": (Recorder(None, ZeroDivisionError(), ("begin", "epoch")), {}),
    "hook of an epoch's end": (Recorder(None, ZeroDivisionError(), ("end", "epoch")), {}),
    "hook of the end": (Recorder(None, ZeroDivisionError(), ("end", "fit")), {}),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("is_fitted", [False, True])
def test_an_error_restores_the_estimator_and_tears_callbacks_down(name, is_fitted):
    recorder, given = FAILURES[name]
    recorder.events.clear()
    model = quick(random_state=1)
    expected = model.fit(X, y).predict(X) if is_fitted else None
    before = {**vars(model), "_skl_callbacks": [recorder]}
    with pytest.raises((ValueError, ZeroDivisionError)):
        model.set_callbacks(recorder).fit(**{"X": X, "y": y, **given})
    assert recorder.events[0][0] == "setup" and recorder.events[-1][0] == "teardown"
    assert vars(model) == before
    if is_fitted:
        assert_array_equal(model.predict(X), expected)


def test_partial_fit_calls_no_callbacks():
    recorder = Recorder()
    quick().set_callbacks(recorder).partial_fit(X, y)
    assert recorder.events == []


def test_clones_share_callbacks_and_none_removes_them():
    recorder = Recorder()
    clone(quick().set_callbacks(recorder)).set_callbacks().fit(X, y)
    assert recorder.events == []
    clone(quick().set_callbacks(recorder)).fit(X, y)
    assert recorder.events == expected_events(5)


def test_what_is_no_callback_is_refused():
    for wrong in (3, "print", Recorder, Raises("signal")):
        with pytest.raises(TypeError, match="FitCallback"):
            quick().set_callbacks(wrong)


class TestScoringMonitor:
    def test_it_scores_every_epoch(self):
        monitor = callback.ScoringMonitor(scoring="r2")
        model, weight = quick().set_callbacks(monitor), np.linspace(0.1, 2, 60)
        model.fit(X, y, weight)
        scores = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
        expected = [quick(lr_schedule="cosine").set_callbacks(Recorder(last_epoch=epoch))
                    .fit(X, y, weight).predict(X) for epoch in range(1, 6)]
        assert scores == [r2_score(y, prediction, sample_weight=weight)
                          for prediction in expected]
        whole = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "fit"]
        assert whole == [r2_score(y, model.predict(X), sample_weight=weight)]

    def test_it_works_in_a_pipeline(self):
        monitor = callback.ScoringMonitor(scoring=["r2", "neg_mean_absolute_error"])
        model = make_pipeline(StandardScaler(), quick().set_callbacks(monitor)).fit(X, y)
        rows = monitor.get_logs().data
        assert [row["task_name"] for row in rows].count("epoch") == 5
        assert rows[-1]["r2"] == model.score(X, y)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_it_works_in_a_grid_search_and_in_worker_processes(self, n_jobs):
        monitor = callback.ScoringMonitor(scoring="r2")
        search = GridSearchCV(quick(max_iter=3).set_callbacks(monitor), {"alpha": [1.0, 10.0]},
                              cv=KFold(2), n_jobs=n_jobs).fit(X, y)
        rows = monitor.get_logs().data
        epochs = [row for row in rows if row["task_name"] == "epoch"]
        assert len(epochs) == (2 * 2 + 1) * 3
        model = clone(search.best_estimator_).set_callbacks()
        expected = model.fit(X, y).score(X, y)  # of the refit
        assert expected in [row["r2"] for row in epochs]


@pytest.mark.skipif(find_spec("rich") is None, reason="the progress bar needs rich")
class TestProgressBar:
    @pytest.mark.parametrize("max_iter, n_no_change", [(5, None), (50, 1)])
    def test_it_ends_at_100_per_cent(self, max_iter, n_no_change, capsys):
        model = quick(max_iter=max_iter, early_stopping=True, n_iter_no_change=n_no_change,
                      learning_rate=1.0)
        model.set_callbacks(callback.ProgressBar()).fit(X, y)
        shown = capsys.readouterr().out
        assert "GARRegressor - fit" in shown and "100%" in shown

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_it_shows_the_fits_of_a_search(self, n_jobs, capsys):
        search = GridSearchCV(make_pipeline(StandardScaler(), quick(max_iter=2)),
                              {"garregressor__alpha": [1.0, 10.0]}, cv=KFold(2), n_jobs=n_jobs)
        search.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(X, y)
        shown = capsys.readouterr().out
        assert shown.count("GARRegressor - fit") >= 5 and "100%" in shown


def test_an_estimator_without_callbacks_has_no_trace_of_them():
    model = quick().fit(X, y)
    assert not any("callback" in name and name != "skorch_callbacks" for name in vars(model))
    assert isinstance(model, GARRegressor)
