"""Same random_state, same result; and the state of the process is left as it was found."""

import random
import signal
import threading
import warnings
from contextlib import contextmanager, suppress

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from skorch.callbacks import Callback
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor, losses
from tests.data import PLAIN, smooth_table

X, y = smooth_table(60)


def quick(**settings):
    defaults = {"hidden_layer_sizes": (5,), "n_estimators": 2, "max_iter": 8, "batch_size": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


def large():
    """A table and an estimator whose steps have work for several threads."""
    X, y = smooth_table(4500, n_features=20)
    return GARRegressor(batch_size=1500, max_iter=2, random_state=0), X, y


# same result


@pytest.mark.parametrize("settings", [
    {}, {"batch_size": 1000}, {"early_stopping": True}, {"solver": "sgd"},
    {"loss": "mae_pearson"}, {"n_estimators": 1},
], ids=repr)
def test_same_seed_same_model(settings):
    one, other = (quick(**settings).fit(X, y) for _ in range(2))
    assert_array_equal(one.predict(X), other.predict(X))
    assert_array_equal(one.loss_curve_, other.loss_curve_)
    assert not np.array_equal(quick(random_state=1, **settings).fit(X, y).predict(X),
                              one.predict(X))


@pytest.mark.parametrize("settings", [{}, {"batch_size": 1000}], ids=repr)
def test_jobs_do_not_matter(settings):
    model = make_pipeline(StandardScaler(), quick(**settings))
    one, two = (cross_val_predict(model, X, y, n_jobs=n_jobs, cv=4) for n_jobs in (1, 2))
    assert_array_equal(one, two)


def test_jobs_do_not_matter_to_large_tables():
    model, X, y = large()
    torch.set_num_threads(2)
    try:
        one, two = (cross_val_predict(model, X, y, n_jobs=n_jobs, cv=2) for n_jobs in (1, 2))
    finally:
        torch.set_num_threads(1)
    assert_array_equal(one, two)


def test_jobs_that_are_threads_do_not_matter():
    one = cross_val_predict(quick(), X, y, cv=4)
    with joblib.parallel_config("threading"):
        two = cross_val_predict(quick(), X, y, cv=4, n_jobs=2)
    assert_array_equal(one, two)


@pytest.mark.parametrize("size", ["small", "large"])
def test_threads_do_not_matter(size):
    model, rows, target = (quick(), X, y) if size == "small" else large()
    predictions = []
    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        try:
            predictions.append(model.fit(rows, target).predict(rows))
        finally:
            torch.set_num_threads(1)
    assert_array_equal(*predictions)


def test_first_state_of_the_generators_does_not_matter():
    predictions = []
    for seed in range(2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        predictions.append(quick().fit(X, y).predict(X))
    assert_array_equal(*predictions)


class NoisyLoss(losses.SquaredErrorLoss):
    """A loss that draws from torch's global generator."""

    def forward(self, input, target, weight=None):
        return super().forward(input + 0.1 * torch.randn(input.shape), target, weight)


def test_chance_in_a_users_loss_follows_the_seed():
    predictions = []
    for seed in range(2):
        torch.manual_seed(seed)
        predictions.append(quick(loss=NoisyLoss()).fit(X, y).predict(X))
    assert_array_equal(*predictions)
    plain = quick(loss="squared_error").fit(X, y).predict(X)
    assert not np.array_equal(predictions[0], plain)


@pytest.mark.parametrize("batch_size", [15, 1000])
@pytest.mark.parametrize("loss", ["gar", torch.nn.SmoothL1Loss()], ids=["gar", "torch's"])
def test_default_dtype_does_not_matter(batch_size, loss):
    expected = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    torch.set_default_dtype(torch.float64)
    try:
        result = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    finally:
        torch.set_default_dtype(torch.float32)
    assert_array_equal(result, expected)


@pytest.mark.parametrize("batch_size", [15, 1000])
@pytest.mark.parametrize("loss", ["gar", torch.nn.SmoothL1Loss()], ids=["gar", "torch's"])
def test_a_switched_off_gradient_does_not_matter(batch_size, loss):
    expected = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    with torch.no_grad():
        result = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    assert_array_equal(result, expected)


@pytest.mark.parametrize("batch_size", [15, 1000])
def test_order_of_rows_matters_to_many_batches_alone(batch_size):
    order = np.random.RandomState(0).permutation(60)
    one = quick(batch_size=batch_size).fit(X, y).predict(X)
    other = quick(batch_size=batch_size).fit(X[order], y[order]).predict(X)
    assert np.array_equal(one, other) == (batch_size == 1000)


# state of the process


def process_state():
    return {
        "torch's generator": torch.get_rng_state().numpy(),
        "numpy's generator": np.random.get_state(legacy=False)["state"]["key"],
        "python's generator": np.array(random.getstate()[1]),
        "threads": torch.get_num_threads(),
        "dtype": str(torch.get_default_dtype()),
        "gradient": torch.is_grad_enabled(),
        "denormals": (torch.tensor([1e-310], dtype=torch.float64) * 1.0).item(),
        "filters": list(warnings.filters),
        "numpy's errors": np.geterr(),
        "signal": signal.getsignal(signal.SIGINT),
    }


@contextmanager
def state_of(found):
    """Runs the block in a state of the process that is not the usual one."""
    torch.manual_seed(11)
    np.random.seed(12)
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
            torch.set_num_threads(1)
            torch.set_default_dtype(torch.float32)
            torch.set_flush_denormal(False)
    assert set(after) == set(before)
    for name, value in before.items():
        assert np.array_equal(after[name], value), name


class Raises(Callback):
    """Raises at one of its calls."""

    def __init__(self, error, at=0, method="on_batch_end"):
        self.error = error
        self.at = at
        self.method = method

    def on_train_begin(self, net, **kwargs):
        self.n_calls_ = 0
        self.hear("on_train_begin")

    def on_epoch_begin(self, net, **kwargs):
        self.hear("on_epoch_begin")

    def on_batch_begin(self, net, **kwargs):
        self.hear("on_batch_begin")

    def on_batch_end(self, net, **kwargs):
        self.hear("on_batch_end")

    def on_epoch_end(self, net, **kwargs):
        self.hear("on_epoch_end")

    def on_train_end(self, net, **kwargs):
        self.hear("on_train_end")

    def hear(self, method):
        if method == self.method:
            self.n_calls_ += 1
            if self.n_calls_ == self.at + 1:
                if self.error == "signal":
                    signal.raise_signal(signal.SIGINT)
                else:
                    raise self.error


class StrikesInside(losses.SquaredErrorLoss):
    """Ctrl-C is hit in the middle of the fifth step."""

    n_calls = 0

    def forward(self, input, target, weight=None):
        self.n_calls += 1
        if self.n_calls == 5:
            signal.raise_signal(signal.SIGINT)
        return super().forward(input, target, weight)


def broken(callback, **settings):
    return quick(callbacks=[callback], **settings).fit(X, y)


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
    "bad X": lambda: quick().fit(X * np.nan, y),
    "bad width": lambda: quick().fit(X, y).predict(X[:, :2]),
    "bad sizes": lambda: quick(hidden_layer_sizes=(0,)).fit(X, y),
    "divergence": lambda: quick(solver="sgd", learning_rate=1e30, max_iter=60).fit(X, y),
    "an error in a callback": lambda: broken(Raises(ZeroDivisionError("of a user"), at=5)),
    "an error at the first step": lambda: broken(Raises(ValueError("of a user"))),
    "an error at the end": lambda: broken(Raises(ValueError("of a user"), 0, "on_train_end")),
    "Ctrl-C": lambda: broken(Raises("signal", at=5)),
    "Ctrl-C in the middle of a step": lambda: quick(loss=StrikesInside()).fit(X, y),
    "Ctrl-C at the first step": lambda: broken(Raises("signal")),
    "Ctrl-C before training": lambda: broken(Raises("signal", 0, "on_train_begin")),
    "Ctrl-C after training": lambda: broken(Raises("signal", 0, "on_train_end")),
    "an early end": lambda: broken(Raises(KeyboardInterrupt(), 2, "on_epoch_end")),
}
FOUND = {
    "usual": {"threads": 1, "dtype": torch.float32, "flushes": False, "gradient": True},
    "unusual": {"threads": 2, "dtype": torch.float64, "flushes": True, "gradient": True},
    "no gradient": {"threads": 2, "dtype": torch.float32, "flushes": False, "gradient": False},
}


@pytest.mark.parametrize("found", list(FOUND))
@pytest.mark.parametrize("call", list(CALLS))
def test_process_is_left_as_found(call, found):
    def warned():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Training interrupted by user")
            with suppress(ValueError, ZeroDivisionError, KeyboardInterrupt):
                CALLS[call]()

    warned()  # what is loaded once only, is loaded
    with state_of(FOUND[found]):
        warned()


def test_numpys_global_generator_is_drawn_from_only_without_a_random_state():
    np.random.seed(0)
    first, second = (quick(random_state=None).fit(X, y).predict(X) for _ in range(2))
    assert not np.array_equal(first, second)
    np.random.seed(0)
    assert_array_equal(quick(random_state=None).fit(X, y).predict(X), first)


class Meets(Callback):
    """One of two trainings that overlap: the first begins, then the second; the first ends
    while the second is still at it."""

    events = {}

    def __init__(self, name):
        self.name = name

    def wait_for(self, event):
        assert self.events[event].wait(60), f"{self.name} waited in vain for {event}"

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
        models["first"] = quick(callbacks=[Meets("first")]).fit(X, y)
        Meets.events["first is over"].set()

    def second():
        assert Meets.events["first begins"].wait(60)
        models["second"] = quick(callbacks=[Meets("second")]).fit(X, y)

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_array_equal(models["first"].predict(X), expected)
    assert_array_equal(models["second"].predict(X), expected)
    assert torch.equal(torch.get_rng_state(), before)


# Ctrl-C


BEFORE_A_STEP = [("on_batch_begin", 0), ("on_epoch_begin", 0)]
AFTER_A_STEP = [("on_batch_begin", 1), ("on_batch_begin", 6), ("on_batch_end", 0),
                ("on_batch_end", 1), ("on_batch_end", 6), ("on_epoch_begin", 1),
                ("on_epoch_begin", 6)]
watched_or_not = pytest.mark.parametrize("held_out", [{}, {"X_val": X[:10], "y_val": y[:10]}],
                                         ids=["alone", "watched"])


def assert_is_a_short_fit(model, held_out):
    assert np.isfinite(model.predict(X)).all()
    assert model.n_iter_ < 8
    assert model.loss_curve_.shape == (model.n_iter_,)
    assert np.isfinite(model.loss_curve_).all()
    if held_out:
        assert model.validation_loss_curve_.shape == (model.n_iter_,)


@pytest.mark.parametrize("method, at", AFTER_A_STEP)
@watched_or_not
def test_an_interrupted_fit_warns_and_is_a_fit(method, at, held_out):
    model = quick(callbacks=[Raises("signal", at=at, method=method)])
    with pytest.warns(UserWarning, match=r"^Training interrupted by user\.$") as record:
        assert model.fit(X, y, **held_out) is model
    assert len(record) == 1
    assert_is_a_short_fit(model, held_out)


@pytest.mark.parametrize("method, at", BEFORE_A_STEP)
def test_an_interrupt_before_the_first_step_leaves_the_model_as_it_was(method, at):
    interrupted = quick(callbacks=[Raises("signal", at=at, method=method)])
    for call in (interrupted.fit, interrupted.partial_fit):
        with pytest.raises(KeyboardInterrupt):
            call(X, y)
        assert not hasattr(interrupted, "net_")
    model = quick().fit(X, y)
    expected = model.predict(X)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=interrupted.callbacks).fit(X, y)
    assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("method, at", BEFORE_A_STEP + AFTER_A_STEP)
@watched_or_not
def test_a_callback_that_ends_training_ends_it_without_a_warning(method, at, held_out):
    # raising KeyboardInterrupt is how callbacks of skorch ask for an early end
    model = quick(callbacks=[Raises(KeyboardInterrupt(), at=at, method=method)])
    assert_is_a_short_fit(model.fit(X, y, **held_out), held_out)


def test_an_interrupted_step_is_a_fit():
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model = quick(loss=StrikesInside()).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("at", [0, 2])
def test_an_interrupted_partial_fit_warns(at):
    model = quick(callbacks=[Raises("signal", at=at)])
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.partial_fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.partial_fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_steps_before_the_interruption_count():
    settings = {"lr_schedule": "constant"}
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        stopped = broken(Raises("signal", at=11), **settings)  # of 4 batches, the third's last
    assert_allclose(stopped.predict(X), quick(max_iter=3, **settings).fit(X, y).predict(X))


def test_best_epoch_before_the_interruption_counts():
    settings = {"learning_rate": 0.2, "lr_schedule": "constant", "max_iter": 30,
                "n_estimators": 1}
    held_out = {"X_val": X[:10], "y_val": y[:10]}
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        # on the way into the 13th epoch
        model = quick(callbacks=[Raises("signal", at=12, method="on_epoch_begin")],
                      **settings).fit(X, y, **held_out)
    best = int(model.validation_loss_curve_.argmin())
    assert model.n_iter_ == 12 and best < 11
    settings["max_iter"] = best + 1
    assert_allclose(model.predict(X), quick(**settings).fit(X, y, **held_out).predict(X))


def test_a_fit_after_an_interrupted_one_is_whole():
    model = quick(callbacks=[Raises("signal", at=5)])
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, y)
    model.set_params(callbacks=None).fit(X, y)
    assert model.n_iter_ == 8
    assert_array_equal(model.predict(X), quick().fit(X, y).predict(X))
