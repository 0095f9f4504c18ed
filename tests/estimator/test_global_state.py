"""The state of the process is left as it was found."""

import threading
import warnings
from contextlib import contextmanager, suppress

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from skorch.callbacks import Callback

from tests.estimator.interrupts import X, InterruptsInside, NoisyLoss, Raises, fit_with, quick, y
from tests.processes import process_state


@contextmanager
def state_of(found):
    """Run the block in the given state of the process and check that it is restored."""
    torch.manual_seed(11)
    np.random.seed(12)
    n_threads = torch.get_num_threads()
    with warnings.catch_warnings():
        warnings.simplefilter("always", ImportWarning)
        torch.set_num_threads(found["threads"])
        torch.set_default_dtype(found["dtype"])
        torch.set_flush_denormal(found["flushes"])
        try:
            with torch.set_grad_enabled(found["gradient"]):
                before = process_state()
                yield
                after = process_state()
        finally:
            torch.set_num_threads(n_threads)
            torch.set_default_dtype(torch.float32)
            torch.set_flush_denormal(False)
    assert set(after) == set(before)
    for name, value in before.items():
        assert np.array_equal(after[name], value), name


CALLS = {
    "fit": lambda: quick().fit(X, y),
    "fit, all rows in a batch": lambda: quick(batch_size=1000).fit(X, y),
    "fit with weights": lambda: quick().fit(X, y, np.arange(60.0)),
    "fit with validation data": lambda: quick().fit(X, y, X_val=X, y_val=y),
    "fit with early stopping": lambda: quick(early_stopping=True).fit(X, y),
    "partial_fit": lambda: quick().partial_fit(X, y).partial_fit(X, y),
    "predict": lambda: quick().fit(X, y).predict(X),
    "score": lambda: quick().fit(X, y).score(X, y),
    "a loss of torch's": lambda: quick(loss=torch.nn.SmoothL1Loss()).fit(X, y),
    "a loss that draws": lambda: quick(loss=NoisyLoss()).fit(X, y),
    "bad X": lambda: quick().fit(X * np.inf, y),
    "bad width": lambda: quick().fit(X, y).predict(X[:, :2]),
    "bad sizes": lambda: quick(hidden_layer_sizes=(0,)).fit(X, y),
    "divergence": lambda: quick(solver="sgd", learning_rate=1e30, max_iter=60).fit(X, y),
    "an error in a callback": lambda: fit_with(Raises(ZeroDivisionError("of a user"), at=5)),
    "an error at the first step": lambda: fit_with(Raises(ValueError("of a user"))),
    "an error at the end": lambda: fit_with(Raises(ValueError("of a user"), 0, "on_train_end")),
    "Ctrl-C": lambda: fit_with(Raises("signal", at=5)),
    "Ctrl-C in the middle of a step": lambda: quick(loss=InterruptsInside()).fit(X, y),
    "Ctrl-C at the first step": lambda: fit_with(Raises("signal")),
    "Ctrl-C before training": lambda: fit_with(Raises("signal", 0, "on_train_begin")),
    "Ctrl-C after training": lambda: fit_with(Raises("signal", 0, "on_train_end")),
    "an early end": lambda: fit_with(Raises(KeyboardInterrupt(), 2, "on_epoch_end")),
}
FOUND = {
    "usual": {"threads": 1, "dtype": torch.float32, "flushes": False, "gradient": True},
    "unusual": {"threads": 2, "dtype": torch.float64, "flushes": True, "gradient": True},
    "no gradient": {"threads": 2, "dtype": torch.float32, "flushes": False, "gradient": False},
}


@pytest.mark.parametrize("found", list(FOUND))
@pytest.mark.parametrize("call", list(CALLS))
def test_global_state_is_left_as_found(call, found):
    def run_call():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Training interrupted by user")
            with suppress(ValueError, ZeroDivisionError, KeyboardInterrupt):
                CALLS[call]()

    run_call()  # load first what is loaded only once
    with state_of(FOUND[found]):
        run_call()


def test_numpys_global_generator_is_drawn_from_only_without_a_random_state():
    np.random.seed(0)
    first, second = (quick(random_state=None).fit(X, y).predict(X) for _ in range(2))
    assert not np.array_equal(first, second)
    np.random.seed(0)
    assert_array_equal(quick(random_state=None).fit(X, y).predict(X), first)


class Meets(Callback):
    """Makes two trainings overlap: the second begins after the first and ends after it."""

    events = {}

    def __init__(self, name):
        self.name = name

    def wait_for(self, event):
        assert self.events[event].wait(60), f"{self.name} never saw {event}"

    def on_train_begin(self, net, **kwargs):
        if self.name == "first":
            self.events["first begins"].set()
            self.wait_for("second begins")
        else:
            self.events["second begins"].set()

    def on_train_end(self, net, **kwargs):
        if self.name == "second":
            self.wait_for("first is over")


def test_overlapping_trainings_leave_the_generator_as_found():
    names = "first begins", "second begins", "first is over"
    Meets.events = {name: threading.Event() for name in names}
    torch.manual_seed(11)
    before = torch.get_rng_state()
    expected = quick().fit(X, y).predict(X)
    models = {}

    def first():
        models["first"] = quick(skorch_callbacks=[Meets("first")]).fit(X, y)
        Meets.events["first is over"].set()

    def second():
        assert Meets.events["first begins"].wait(60)
        models["second"] = quick(skorch_callbacks=[Meets("second")]).fit(X, y)

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_array_equal(models["first"].predict(X), expected)
    assert_array_equal(models["second"].predict(X), expected)
    assert torch.equal(torch.get_rng_state(), before)
