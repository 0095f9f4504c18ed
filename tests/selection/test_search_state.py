"""A search leaves parameters and the state of the process as they were."""

import io
import pickle
import signal
import threading
import time
from contextlib import nullcontext
from functools import partial

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback

from tests.selection.searches import X, assert_same_search, quick, y


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


def test_parameters_are_not_modified():
    given = {"alphas": (10.0, 0.1), "learning_rates": [0.03, 0.01], "weight_decays": np.zeros(1),
             "batch_sizes": range(20, 22), "hidden_layer_sizes": [4], "skorch_callbacks": []}
    before = pickle.dumps(given)
    search = quick(**given).fit(X, y)
    assert pickle.dumps(given) == before
    assert all(search.get_params()[name] is value for name, value in given.items())


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


class InterruptedLoss(torch.nn.L1Loss):
    forward = stop


CTRL_C = partial(signal.raise_signal, signal.SIGINT)
ENDS = {
    "well": ({}, None),
    "error in a callback": ({"skorch_callbacks": [AtEpoch(fail)]}, ZeroDivisionError),
    "Ctrl-C in an epoch": ({"skorch_callbacks": [AtEpoch(CTRL_C)]}, KeyboardInterrupt),
    "Ctrl-C in a loss": ({"loss": InterruptedLoss()}, KeyboardInterrupt),
    "Ctrl-C in a scorer": ({"scoring": stop}, KeyboardInterrupt),
    "Ctrl-C between epochs": ({"scoring": stop, "halving": True}, KeyboardInterrupt),
    "error in a scorer": ({"scoring": fail}, ZeroDivisionError),
    "all diverged": ({"learning_rates": (1e30,), "solver": "sgd"}, ValueError),
    "wrong data": ({"alphas": (0.0,)}, ValueError),
}


@pytest.fixture
def state():
    """A function that returns the global state of torch and numpy, set to other values."""
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
    """The third training begins while the second runs, and ends last."""

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
                   cv=[(np.arange(40), np.arange(40, 53))], skorch_callbacks=[Overlap()])
    with joblib.parallel_config(backend="threading", n_jobs=2):
        search.fit(X, y)
    assert len(Overlap.arrived) == 3
    assert state() == before
