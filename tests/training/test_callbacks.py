"""Callbacks of skorch and of users, handed to GARRegressor."""

import copy
import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    GradientNormClipping,
    InputShapeSetter,
    LRScheduler,
    PrintLog,
    TrainEndCheckpoint,
)
from sklearn.base import clone
from sklearn.metrics import mean_absolute_error, r2_score

from sklearn_gar import GARRegressor
from tests.data import PLAIN, name_of, smooth_table

X, y = smooth_table(90, noise=0.5)
HELD_OUT = {"X_val": X[60:], "y_val": y[60:]}


def quick(callbacks, **settings):
    defaults = {"hidden_layer_sizes": (5,), "n_estimators": 3, "max_iter": 12,
                "batch_size": 15, "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(skorch_callbacks=callbacks, **{**PLAIN, **defaults, **settings})


def callback_of(model, kind):
    return next(callback for _, callback in model.net_.callbacks_ if isinstance(callback, kind))


class Listener(Callback):
    """Records its calls and what it is given."""

    def __init__(self, note="as given"):
        self.note = note

    def on_train_begin(self, net, **kwargs):
        self.calls_ = ["train_begin"]
        self.batches_, self.rates_, self.norms_ = [], [], []

    def on_train_end(self, net, **kwargs):
        self.calls_.append("train_end")

    def on_epoch_begin(self, net, **kwargs):
        self.calls_.append("epoch_begin")

    def on_epoch_end(self, net, **kwargs):
        self.calls_.append("epoch_end")

    def on_batch_begin(self, net, batch, training, **kwargs):
        self.calls_.append("batch_begin")

    def on_batch_end(self, net, batch, training, **kwargs):
        self.calls_.append("batch_end")
        self.batches_.append((training, batch[0].clone(), batch[1].clone(), kwargs))
        self.rates_.append(net.optimizer_.param_groups[0]["lr"])

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.calls_.append("grad")
        squares = [parameter.grad.square().sum() for _, parameter in named_parameters]
        self.norms_.append(torch.stack(squares).sum().sqrt().item())


CALLBACKS = {
    "EarlyStopping": lambda folder: EarlyStopping(monitor="train_loss", patience=2),
    "EarlyStopping, best": lambda folder: EarlyStopping(patience=2, load_best=True),
    "Checkpoint": lambda folder: Checkpoint(dirname=folder),
    "TrainEndCheckpoint": lambda folder: TrainEndCheckpoint(dirname=folder),
    "LRScheduler": lambda folder: LRScheduler(policy="StepLR", step_size=2, gamma=0.5),
    "EpochScoring": lambda folder: EpochScoring("r2", lower_is_better=False),
    "GradientNormClipping": lambda folder: GradientNormClipping(1.0),
    "PrintLog": lambda folder: PrintLog(),
    "own": lambda folder: Listener(),
}
each_callback = pytest.mark.parametrize("name", list(CALLBACKS))


@each_callback
@pytest.mark.parametrize("batch_size", [15, 1000])
def test_training_works_and_leaves_the_callback_as_it_was(name, batch_size, tmp_path):
    callback = CALLBACKS[name](tmp_path)
    before = copy.deepcopy(vars(callback))
    model = quick([callback], batch_size=batch_size).fit(X[:60], y[:60], **HELD_OUT)
    assert vars(callback) == before
    assert model.skorch_callbacks == [callback]
    assert r2_score(y, model.predict(X)) > 0
    assert model.loss_curve_.shape == model.validation_loss_curve_.shape == (model.n_iter_,)


@each_callback
def test_fitted_model_pickles_copies_and_clones(name, tmp_path):
    model = quick([CALLBACKS[name](tmp_path)]).fit(X[:60], y[:60], **HELD_OUT)
    expected = model.predict(X)
    for copied in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert_array_equal(copied.predict(X), expected)
        assert_array_equal(copied.fit(X[:60], y[:60], **HELD_OUT).predict(X), expected)
    assert_array_equal(clone(model).fit(X[:60], y[:60], **HELD_OUT).predict(X), expected)


@pytest.mark.parametrize("name", ["own", "EpochScoring", "PrintLog", "Checkpoint"])
def test_a_callback_that_watches_changes_nothing(name, tmp_path):
    watched = quick([CALLBACKS[name](tmp_path)]).fit(X[:60], y[:60], **HELD_OUT)
    alone = quick(None).fit(X[:60], y[:60], **HELD_OUT)
    assert_array_equal(watched.predict(X), alone.predict(X))
    assert_array_equal(watched.loss_curve_, alone.loss_curve_)


@pytest.mark.parametrize("callbacks", [
    [("ear", Listener())], (Listener(),), [Listener], [Listener(), Listener("second")],
], ids=["named", "tuple", "class", "two of a kind"])
def test_callbacks_in_any_form(callbacks):
    model = quick(callbacks).fit(X, y)
    listeners = [one for _, one in model.net_.callbacks_ if isinstance(one, Listener)]
    assert len(listeners) == len(callbacks)
    assert all(one.calls_[-1] == "train_end" for one in listeners)


def test_order_and_arguments_of_the_calls():
    model = quick([Listener()], max_iter=2).fit(X[:60], y[:60], np.arange(1.0, 61), **HELD_OUT)
    listener = callback_of(model, Listener)
    step, score = ["batch_begin", "grad", "batch_end"], ["batch_begin", "batch_end"]
    epoch = ["epoch_begin", *step * 4, *score, "epoch_end"]
    assert listener.calls_ == ["train_begin", *epoch * 2, "train_end"]
    for training, rows, targets, more in listener.batches_:
        shape = (3, 15) if training else (30,)
        assert rows.shape == (*shape, 3)
        assert targets.shape == (*shape, 1)
        assert torch.isfinite(more["loss"]).all()
        assert torch.isfinite(more["y_pred"]).all()


def test_history_has_a_row_an_epoch():
    history = quick(None).fit(X[:60], y[:60], **HELD_OUT).net_.history
    assert history[:, "epoch"] == list(range(1, 13))
    for key in ("train_loss", "valid_loss", "dur"):
        assert np.isfinite(history[:, key]).all()


def test_history_has_the_batches_where_a_callback_listens():
    model = quick([Listener()], n_estimators=1).fit(X[:60], y[:60])
    by_batch = np.array(model.net_.history[:, "batches", :, "train_loss"])
    assert by_batch.shape == (12, 4)
    assert_allclose(by_batch.mean(1), model.loss_curve_, rtol=1e-5)
    assert np.all(np.array(model.net_.history[:, "batches", :, "train_batch_size"]) == 15)


@pytest.mark.parametrize("monitor, data", [("train_loss", {}), ("valid_loss", HELD_OUT)])
def test_early_stopping_of_skorch_stops(monitor, data):
    # an improvement below a huge threshold is none: the first epoch stays the best
    stopping = EarlyStopping(monitor=monitor, patience=4, threshold=1e6, threshold_mode="abs")
    model = quick([stopping]).fit(X[:60], y[:60], **data)
    assert model.n_iter_ == 5


def test_early_stopping_of_skorch_loads_the_best_weights():
    class Recorder(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 1:
                self.first_ = copy.deepcopy(net.module_.state_dict())

    stopping = EarlyStopping(monitor="train_loss", patience=4, threshold=1e6,
                             threshold_mode="abs", load_best=True, sink=lambda text: None)
    model = quick([Recorder(), stopping]).fit(X, y)
    first = callback_of(model, Recorder).first_
    for name, tensor in model.net_.module_.state_dict().items():
        assert torch.equal(tensor, first[name])


@pytest.mark.parametrize("monitor, data", [
    (None, {}), ("train_loss_best", {}), ("valid_loss_best", HELD_OUT)])
def test_checkpoint_saves_weights(monitor, data, tmp_path):
    class Recorder(Callback):
        def on_train_begin(self, net, **kwargs):
            self.epochs_ = []

        def on_epoch_end(self, net, **kwargs):
            self.epochs_.append(copy.deepcopy(net.module_.state_dict()))

    checkpoint = Checkpoint(dirname=tmp_path, monitor=monitor)
    model = quick([Recorder(), checkpoint]).fit(X[:60], y[:60], **data)
    saved = torch.load(tmp_path / "params.pt", weights_only=True)
    best = -1 if monitor is None else int(np.argmin(
        model.net_.history[:, monitor.removesuffix("_best")]))
    for name, tensor in callback_of(model, Recorder).epochs_[best].items():
        assert torch.equal(saved[name], tensor)


def test_checkpoint_loads_the_best_weights_at_the_end(tmp_path):
    checkpoint = Checkpoint(dirname=tmp_path, monitor="train_loss_best", load_best=True)
    model = quick([checkpoint], learning_rate=1.0, lr_schedule="constant").fit(X, y)
    saved = torch.load(tmp_path / "params.pt", weights_only=True)
    assert 0 < np.argmin(model.loss_curve_) < 11, "too easy a case"
    for name, tensor in model.net_.module_.state_dict().items():
        assert torch.equal(saved[name], tensor)


def test_learning_rate_scheduler_of_skorch_sets_the_rate():
    scheduler = LRScheduler(policy="StepLR", step_size=3, gamma=0.1)
    model = quick([Listener(), scheduler], lr_schedule="constant", max_iter=9).fit(X[:60], y[:60])
    rates = np.reshape(callback_of(model, Listener).rates_, (9, 4))
    expected = 0.02 * 0.1 ** (np.arange(9) // 3)
    assert_allclose(rates, np.repeat(expected[:, None], 4, axis=1))


def test_learning_rate_scheduler_of_skorch_steps_by_batch():
    scheduler = LRScheduler(policy="StepLR", step_size=1, gamma=0.5, step_every="batch")
    model = quick([Listener(), scheduler], lr_schedule="constant", max_iter=2).fit(X[:60], y[:60])
    assert_allclose(callback_of(model, Listener).rates_, 0.02 * 0.5 ** np.arange(8))


@pytest.mark.parametrize("use_caching", [True, False])
@pytest.mark.parametrize("on_train", [True, False])
def test_epoch_scoring_scores_the_mean_of_the_networks(use_caching, on_train):
    scoring = EpochScoring("neg_mean_absolute_error", lower_is_better=False, on_train=on_train,
                           use_caching=use_caching)
    # the steps are too small to change the model between epochs
    model = quick([scoring], learning_rate=1e-12, weight_decay=0.0)
    model.fit(X[:60], y[:60], **HELD_OUT)
    rows = slice(0, 60) if on_train else slice(60, 90)
    expected = -mean_absolute_error(y[rows], model.predict(X[rows])) / y[:60].std()
    scores = model.net_.history[:, "neg_mean_absolute_error"]
    assert_allclose(scores, expected, rtol=1e-5)


def test_scores_of_rows_that_each_network_holds_out_alone_are_refused():
    model = quick([("scores", EpochScoring("r2"))], early_stopping=True)
    with pytest.raises(ValueError, match="each holds out its own; give X_val and y_val"):
        model.fit(X, y)
    model.set_params(skorch_callbacks=[EpochScoring("r2", on_train=True)]).fit(X, y)
    model.set_params(skorch_callbacks=[EpochScoring("r2")]).fit(X[:60], y[:60], **HELD_OUT)
    assert len(model.net_.history[:, "r2"]) == model.n_iter_


@pytest.mark.parametrize("callback", [BatchScoring("r2"), InputShapeSetter], ids=name_of)
def test_callbacks_of_single_networks_are_refused(callback):
    with pytest.raises(TypeError, match="must support batches of several networks"):
        quick([callback]).fit(X, y)


def test_gradient_norm_is_clipped():
    # clipped after the first listener has seen the gradient, before the second does
    model = quick([("before", Listener()), GradientNormClipping(0.1), ("after", Listener())],
                  lr_schedule="constant").fit(X, y)
    listeners = [one for _, one in model.net_.callbacks_ if isinstance(one, Listener)]
    before, after = (np.array(one.norms_) for one in listeners)
    assert before.max() > 0.1
    assert_allclose(after, np.minimum(before, 0.1), rtol=1e-4)


def test_clipped_gradients_are_those_that_train():
    still = quick([GradientNormClipping(0.0)], solver="sgd", weight_decay=0.0).fit(X, y)
    first = quick(None, solver="sgd", weight_decay=0.0, learning_rate=1e-30).fit(X, y)
    assert_array_equal(still.predict(X), first.predict(X))


def test_an_error_in_a_callback_is_passed_on():
    class Broken(Callback):
        def on_batch_end(self, net, **kwargs):
            raise ZeroDivisionError("of the user's")

    model = quick([Broken()])
    with pytest.raises(ZeroDivisionError, match="of the user's"):
        model.fit(X, y)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("callbacks", [[3], ["EarlyStopping"], Listener(), "all"], ids=name_of)
def test_what_is_no_callback_is_refused(callbacks):
    model = quick(callbacks)
    with pytest.raises((TypeError, ValueError), match="callback"):
        model.fit(X, y)
    assert not hasattr(model, "net_")
