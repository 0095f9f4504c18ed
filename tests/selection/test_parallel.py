"""GARRegressorCV: where its blocks train, what goes wrong there, and what it leaves behind."""

import io
import pickle
import signal
import threading
import time
import warnings
from contextlib import nullcontext
from functools import partial

import joblib
import numpy as np
import pytest
import torch
from distributed import Client, LocalCluster
from numpy.testing import assert_array_equal
from skorch.callbacks import Callback, EarlyStopping
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import GroupKFold
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)

from sklearn_gar import GARRegressorCV
from tests.data import smooth_table
from tests.estimator.test_estimator_checks import assert_passes
from tests.selection.test_grid_search import (
    assert_equal_results,
    assert_is_grid_search,
    grid_search,
    quick,
)

X, y = smooth_table(53, noise=0.5)


def assert_same_search(found, expected):
    assert_equal_results(found.cv_results_, expected.cv_results_, atol=0)
    for name, values in expected.cv_results_.items():
        if "_test_" in name or name == "n_iter":
            assert_array_equal(found.cv_results_[name], values, err_msg=name)
    assert found.best_params_ == expected.best_params_
    assert_array_equal(found.predict(X), expected.predict(X))


# the same results, wherever blocks train

CASES = {
    "several blocks": {"batch_sizes": (12, 20, 1000)},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "n_estimators": 2},
    "halving": {"halving": True, "alphas": (0.1, 1.0, 10.0), "batch_sizes": (12, 1000),
                "max_iter": 9},
    "several scores": {"scoring": ["r2", "neg_max_error"], "refit": "r2", "solver": "sgd"},
}
WEIGHTS = np.random.RandomState(0).choice([0.0, 0.5, 3.0], size=53)
each_case = pytest.mark.parametrize("settings", CASES.values(), ids=list(CASES))


class TooManyThreads(Callback):
    """Speaks up where two workers would use more threads than there are cores."""

    def on_train_begin(self, net, **kwargs):
        if torch.get_num_threads() > max(1, joblib.cpu_count() // 2):
            raise RuntimeError(f"{torch.get_num_threads()} threads")


def large_enough_for_threads():
    """A search whose training steps several threads would share."""
    return quick(hidden_layer_sizes=(64, 64), n_estimators=4, max_iter=1, batch_sizes=(256, 257),
                 callbacks=[TooManyThreads()], refit=False)


@each_case
def test_processes(settings):
    serial = quick(**settings).fit(X, y, WEIGHTS)
    assert_same_search(quick(**settings, n_jobs=2).fit(X, y, WEIGHTS), serial)


@each_case
def test_threads(settings):
    serial = quick(**settings).fit(X, y, WEIGHTS)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert_same_search(quick(**settings).fit(X, y, WEIGHTS), serial)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on this machine."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                      dashboard_address=":0") as cluster, Client(cluster) as client:
        yield client


@each_case
def test_cluster(settings, cluster):
    serial = quick(**settings).fit(X, y, WEIGHTS)
    with joblib.parallel_config(backend="dask"):
        assert_same_search(quick(**settings).fit(X, y, WEIGHTS), serial)
    assert len(cluster.scheduler_info()["workers"]) == 2


def test_processes_do_not_oversubscribe():
    large_enough_for_threads().set_params(n_jobs=2).fit(*smooth_table(771))


def test_cluster_does_not_oversubscribe(cluster):
    with joblib.parallel_config(backend="dask", n_jobs=2):
        large_enough_for_threads().fit(*smooth_table(771))


@pytest.mark.parametrize("copied", [
    lambda search: pickle.loads(pickle.dumps(search)),
    lambda search: joblib.load(dumped(search))], ids=["pickle", "joblib"])
def test_copies_are_the_same(copied):
    search = quick(scoring="neg_mean_absolute_error").fit(X, y)
    again = copied(search)
    assert_same_search(again, search)
    assert_same_search(clone(again).fit(X, y), search)


def dumped(search):
    joblib.dump(search, file := io.BytesIO())
    return io.BytesIO(file.getvalue())


def test_parameters_are_read_and_never_written():
    given = {"alphas": (10.0, 0.1), "learning_rates": [0.03, 0.01], "weight_decays": np.zeros(1),
             "batch_sizes": range(20, 22), "hidden_layer_sizes": [4], "callbacks": []}
    kept = pickle.dumps(given)
    search = quick(**given).fit(X, y)
    assert pickle.dumps(given) == kept
    assert all(search.get_params()[name] is value for name, value in given.items())


CHECKED = GARRegressorCV(alphas=(10.0,), learning_rates=(0.01, 0.02), max_iter=40,
                         n_estimators=1, hidden_layer_sizes=(8,))


def test_check_estimator():
    assert_passes(CHECKED)


@pytest.mark.parametrize("check", [check_param_validation,
                                   check_dataframe_column_names_consistency])
def test_checks_that_check_estimator_leaves_out(check):
    check("GARRegressorCV", clone(CHECKED).set_params(max_iter=2))


# what is left behind

class AtEpoch(Callback):
    """Calls a function after the second epoch."""

    def __init__(self, function):
        self.function = function

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2:
            self.function()


def fail(*args):
    raise ZeroDivisionError("of the user's")


def stop(*args):
    raise KeyboardInterrupt


class Stopping(torch.nn.L1Loss):
    forward = stop


CTRL_C = partial(signal.raise_signal, signal.SIGINT)
ENDS = {
    "well": ({}, None), "error in a callback": ({"callbacks": [AtEpoch(fail)]}, ZeroDivisionError),
    "Ctrl-C in an epoch": ({"callbacks": [AtEpoch(CTRL_C)]}, KeyboardInterrupt),
    "Ctrl-C in a loss": ({"loss": Stopping()}, KeyboardInterrupt),
    "Ctrl-C in a scorer": ({"scoring": stop}, KeyboardInterrupt),
    "Ctrl-C between epochs": ({"scoring": stop, "halving": True}, KeyboardInterrupt),
    "error in a scorer": ({"scoring": fail}, ZeroDivisionError),
    "all diverged": ({"learning_rates": (1e30,), "solver": "sgd"}, ValueError),
    "wrong data": ({"alphas": (0.0,)}, ValueError),
}


@pytest.fixture
def state():
    """A function that tells torch's and numpy's global state, none of it the default."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(5)
    yield global_state
    torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float32)


def global_state():
    denormal = torch.full((1,), 1e-310, dtype=torch.float64)
    return {"threads": torch.get_num_threads(), "dtype": torch.get_default_dtype(),
            "seed": torch.initial_seed(), "random": torch.get_rng_state().tolist(),
            "numpy": pickle.dumps(np.random.get_state()), "grad": torch.is_grad_enabled(),
            "flushes": (denormal * 1.0).item() == 0.0, "handler": signal.getsignal(signal.SIGINT)}


@pytest.mark.parametrize("settings, error", ENDS.values(), ids=list(ENDS))
def test_global_state_is_left_as_found(settings, error, state):
    before, search = state(), quick(batch_sizes=(16,), **settings)
    with nullcontext() if error is None else pytest.raises(error):
        search.fit(X, y)
    assert hasattr(search, "best_estimator_") == (error is None)
    assert state() == before


def test_global_state_does_not_matter(state):
    found = quick(batch_sizes=(16, 1000)).fit(X, y)
    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(1)
    torch.manual_seed(6)
    assert_same_search(found, quick(batch_sizes=(16, 1000)).fit(X, y))


class Overlap(Callback):
    """The third to come comes while the second trains, and leaves last."""

    second, third, arrived = threading.Event(), threading.Event(), []

    def on_train_begin(self, net, **kwargs):
        self.arrived.append(self)
        self.number_ = self.arrived.index(self) + 1
        if self.number_ == 1:
            self.second.wait(5)
        elif self.number_ == 2:
            self.second.set()
            deadline = time.monotonic() + 5
            while not self.third.is_set() and time.monotonic() < deadline:
                torch.rand(1)  # as a user's loss may
        else:
            self.third.set()

    def on_train_end(self, net, **kwargs):
        time.sleep(0.5 if self.number_ == 3 else 0)


def test_threads_leave_the_global_state_as_found(state):
    before = state()
    for part in (Overlap.arrived, Overlap.second, Overlap.third):
        part.clear()
    search = quick(alphas=(1.0,), learning_rates=(0.01,), batch_sizes=(9, 16, 1000), refit=False,
                   cv=[(np.arange(40), np.arange(40, 53))], callbacks=[Overlap()])
    with joblib.parallel_config(backend="threading", n_jobs=2):
        search.fit(X, y)
    assert len(Overlap.arrived) == 3
    assert state() == before


# candidates that diverge, and what a callback does to others

def quietly(function, *args):
    """What a function returns, and the kinds of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return function(*args), {warning.category for warning in caught}


DIVERGING = {
    "weights": {"learning_rates": (0.01, 1e30), "batch_sizes": (15,), "solver": "sgd"},
    "in float64": {"learning_rates": (0.01, 1e200), "solver": "sgd"},
    "three networks": {"learning_rates": (0.01, 1e30), "batch_sizes": (15,), "n_estimators": 3},
    "early stopping": {"learning_rates": (0.01, 1e30), "early_stopping": True, "solver": "sgd",
                       "validation_fraction": 0.3, "batch_sizes": (9,)},
    # one step, after which weights are finite and predictions infinite
    "predictions": {"learning_rates": (0.01, 1e20), "max_iter": 1, "batch_sizes": (30,),
                    "hidden_layer_sizes": (1,), "activation": "identity", "solver": "sgd"},
}


@pytest.mark.parametrize("settings", DIVERGING.values(), ids=list(DIVERGING))
def test_candidates_that_diverge_have_no_score_and_the_best_is_found(settings):
    expected, _ = quietly(grid_search, quick(**settings), X, y)
    search, caught = quietly(quick(**settings).fit, X, y)
    assert FitFailedWarning in caught
    assert_equal_results(search.cv_results_, expected.cv_results_)
    scores = search.cv_results_["mean_test_score"]
    assert_array_equal(np.isnan(scores), [False, True] * 2)
    assert search.best_params_ == expected.best_params_
    assert search.learning_rate_ == 0.01
    assert_array_equal(search.predict(X), expected.predict(X))


@pytest.mark.parametrize("settings", [{}, {"refit": False}, {"n_jobs": 2}], ids=str)
def test_no_candidate_that_converges_is_an_error(settings):
    search = quick(learning_rates=(1e30, 1e31), batch_sizes=(16,), solver="sgd", **settings)
    with pytest.raises(ValueError, match="learning rate"):
        search.fit(X, y)
    assert not hasattr(search, "best_estimator_")


def test_a_callback_that_stops_stops_its_own_candidate():
    stopping = EarlyStopping(monitor="train_loss", patience=1, threshold=0.05, sink=len)
    assert_is_grid_search(quick(callbacks=[stopping], alphas=(1.0,), max_iter=25,
                                learning_rates=(0.001, 0.02, 0.1)), X, y)


# errors before any training

class MustNotTrain(Callback):
    def on_train_begin(self, net, **kwargs):
        raise AssertionError("training began")


HOLED, GROUPS = np.where(np.arange(53)[:, None] == 3, np.nan, X), np.arange(53) % 5
ERRORS = [
    ({"alphas": ()}, "alphas"), ({"batch_sizes": []}, "batch_sizes"),
    ({"learning_rates": np.array([])}, "learning_rates"), ({"weight_decays": ()}, "weight_decays"),
    ({"alphas": 1.0}, "alphas"), ({"alphas": "1"}, "alphas"), ({"alphas": None}, "alphas"),
    ({"alphas": (1.0, 0.0)}, "alpha"), ({"alphas": (1.0, -1)}, "alpha"),
    ({"alphas": (np.nan,)}, "alpha"), ({"alphas": ("1",)}, "alpha"),
    ({"alphas": (1.0, None)}, "alpha"), ({"alphas": np.ones((1, 2))}, "alpha"),
    ({"learning_rates": (0.1, 0.0)}, "learning_rate"), ({"weight_decays": (-1,)}, "weight_decay"),
    ({"batch_sizes": (20, 1)}, "batch_size"), ({"batch_sizes": (2.5,)}, "batch_size"),
    ({"max_iter": 0}, "max_iter"), ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes"),
    ({"loss": "nope"}, "loss"), ({"device": "nope"}, "device"), ({"halving": "yes"}, "halving"),
    ({"n_jobs": 1.5}, "n_jobs"), ({"cv": 1}, "cv"), ({"cv": "five"}, "cv"), ({"cv": 54}, "splits"),
    ({"cv": []}, "(?i)split|no fits"), ({"cv": [([0], [1, 2])]}, "sample|row"),
    ({"cv": GroupKFold(3)}, "groups"), ({"scoring": "nope"}, "scoring"),
    ({"scoring": ["r2", "nope"], "refit": "r2"}, "nope"),
    ({"scoring": r2_score}, "scor"), ({"scoring": [], "refit": False}, "scor"),
    ({"scoring": [make_scorer(r2_score)], "refit": False}, "scor"),
    ({"scoring": ["r2", "r2"], "refit": "r2"}, "scor"),
    ({"scoring": ["r2", "neg_max_error"]}, "refit"), ({"scoring": {"a": "r2"}}, "refit"),
    ({"scoring": ["r2", "neg_max_error"], "refit": "a"}, "refit"), ({"refit": 3}, "refit"),
    ({"early_stopping": True, "validation_fraction": 0.01}, "early_stopping"),
    ({"X": HOLED}, "NaN"), ({"y": HOLED[:, 0]}, "NaN"), ({"X": X[:50]}, "samples"),
    ({"sample_weight": -np.ones(53)}, "weight"), ({"sample_weight": np.ones(5)}, "weight"),
    ({"sample_weight": np.zeros(53)}, "weight"),
    ({"groups": GROUPS[:9], "cv": GroupKFold(3)}, "samples"),
]


@pytest.mark.parametrize("wrong, message", ERRORS, ids=["-".join(one) for one, _ in ERRORS])
def test_errors_come_before_any_training(wrong, message):
    of_fit = wrong.keys() & {"X", "y", "sample_weight", "groups"}
    data = {"X": X, "y": y, **{name: wrong[name] for name in of_fit}}
    search = quick(callbacks=[MustNotTrain()]).set_params(
        **{name: wrong[name] for name in wrong.keys() - of_fit})
    with pytest.raises((ValueError, TypeError), match=message) as raised:
        search.fit(**data)
    assert "diverged" not in str(raised.value)
    assert not hasattr(search, "cv_results_")
