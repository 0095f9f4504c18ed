"""Validation data: which epoch's weights each network keeps, and when training stops."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor, losses
from tests import oracles
from tests.data import PLAIN, smooth_table

ORACLES = {
    "gar": lambda f, y, weight: oracles.gar(f, y, weight, alpha=10.0),
    "squared_error": oracles.squared_error,
}

each_loss = pytest.mark.parametrize("loss", list(ORACLES))
one_or_many_batches = pytest.mark.parametrize("batch_size", [1000, 15])
weighted_or_not = pytest.mark.parametrize("weighted", [False, True])


class Recorder(Callback):
    """Records the weights of all networks after each epoch, and the sizes of batches."""

    def on_train_begin(self, net, **kwargs):
        self.weights_, self.n_rows_ = [], []

    def on_batch_end(self, net, batch, training, **kwargs):
        self.n_rows_.append((training, batch[0].shape[-2]))

    def on_epoch_end(self, net, **kwargs):
        self.weights_.append([parameter.detach().clone().double().numpy()
                              for parameter in net.module_.parameters()])


def recorder(model):
    return next(callback for _, callback in model.net_.callbacks_
                if isinstance(callback, Recorder))


def unsteady(**settings):
    """Networks whose validation losses rise and fall, each differently."""
    defaults = {"hidden_layer_sizes": (5,), "n_estimators": 4, "max_iter": 25,
                "learning_rate": 0.2, "lr_schedule": "constant", "random_state": 0,
                "skorch_callbacks": [Recorder()]}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


def make_tables(n_targets=None):
    X, y = smooth_table(90, n_targets=n_targets, noise=1.0)
    weight = np.random.RandomState(0).uniform(0.1, 3, size=90)
    return (X[:60], y[:60], weight[:60]), (X[60:], y[60:], weight[60:])


def predict_by_hand(weights, member, X):
    hidden = X @ weights[0][member] + weights[1][member]
    hidden = np.where(hidden > 0, hidden, np.exp(np.minimum(hidden, 0)) - 1)
    return hidden @ weights[2][member] + weights[3][member]


def validation_losses(epochs, loss, train, held_out, weighted):
    """Validation loss (epochs, members), from recorded weights."""
    mass = train[2] if weighted else None
    means = [np.average(values, axis=0, weights=mass) for values in train[:2]]
    deviations = [np.sqrt(np.average((values - mean) ** 2, axis=0, weights=mass))
                  for values, mean in zip(train[:2], means)]
    X, y = ((values - mean) / deviation
            for values, mean, deviation in zip(held_out[:2], means, deviations))
    y = y.reshape(len(y), -1)
    n_members = len(epochs[0][0])
    return np.array([[ORACLES[loss](predict_by_hand(weights, member, X), y,
                                    held_out[2] if weighted else None)
                      for member in range(n_members)] for weights in epochs])


def fit(model, train, held_out, weighted):
    return model.fit(*train[:2], sample_weight=train[2] if weighted else None,
                     X_val=held_out[0], y_val=held_out[1],
                     sample_weight_val=held_out[2] if weighted else None)


def assert_networks(model, epochs, best):
    """Each network of the model has its weights of its best epoch."""
    final = [parameter.detach().numpy() for parameter in model.net_.module_.parameters()]
    for member, epoch in enumerate(best):
        for final_weights, recorded in zip(final, epochs[epoch]):
            assert_array_equal(final_weights[member], recorded[member])
    assert_array_equal(model.best_epochs_, np.array(best) + 1)  # counted from 1


@each_loss
@one_or_many_batches
@weighted_or_not
@pytest.mark.parametrize("n_targets", [None, 2])
def test_each_network_keeps_its_best_epoch(loss, batch_size, weighted, n_targets):
    train, held_out = make_tables(n_targets)
    model = fit(unsteady(loss=loss, batch_size=batch_size), train, held_out, weighted)
    epochs = recorder(model).weights_
    by_hand = validation_losses(epochs, loss, train, held_out, weighted)
    assert by_hand.shape == (25, 4)
    best = by_hand.argmin(0)
    assert len(set(best)) > 1 and best.min() < 24, "too easy a case"
    assert_networks(model, epochs, best)
    assert model.n_iter_ == 25
    assert_allclose(model.validation_loss_curve_, by_hand.mean(1), rtol=1e-4, atol=1e-5)


@each_loss
@one_or_many_batches
@weighted_or_not
@pytest.mark.parametrize("patience", [1, 2, 4])
def test_each_network_stops_by_itself(loss, batch_size, weighted, patience):
    train, held_out = make_tables()
    model = unsteady(loss=loss, batch_size=batch_size, early_stopping=True, max_iter=200,
                     n_iter_no_change=patience)
    fit(model, train, held_out, weighted)
    epochs = recorder(model).weights_
    by_hand = validation_losses(epochs, loss, train, held_out, weighted)
    best, stops = [], []
    for curve in by_hand.T:
        lowest = 0
        for epoch in range(1, len(curve)):
            if epoch - lowest > patience:
                break
            if curve[epoch] < curve[lowest]:
                lowest = epoch
        best.append(lowest)
        stops.append(lowest + patience + 1)
    assert model.n_iter_ == len(epochs) == max(stops) < 200
    assert_networks(model, epochs, best)
    assert model.loss_curve_.shape == model.validation_loss_curve_.shape == (model.n_iter_,)
    assert_allclose(model.validation_loss_curve_, by_hand.mean(1), rtol=1e-4, atol=1e-5)


@one_or_many_batches
@pytest.mark.parametrize("early_stopping", [False, True])
def test_first_network_keeps_the_same_epoch_in_any_stack(batch_size, early_stopping):
    train, held_out = make_tables()
    settings = {"batch_size": batch_size, "early_stopping": early_stopping,
                "n_iter_no_change": 2, "solver": "sgd", "learning_rate": 0.05}
    stack, alone = (fit(unsteady(n_estimators=n, **settings), train, held_out, False)
                    for n in (4, 1))
    assert stack.n_iter_ >= alone.n_iter_
    for beside, single in zip(stack.net_.module_.parameters(), alone.net_.module_.parameters()):
        torch.testing.assert_close(beside[:1], single, rtol=1e-3, atol=1e-4)


def test_the_best_epoch_is_the_end_of_a_training_of_that_length():
    train, held_out = make_tables()
    model = fit(unsteady(n_estimators=1), train, held_out, False)
    best = int(model.validation_loss_curve_.argmin())
    assert 0 < best < 24
    replay = unsteady(n_estimators=1, max_iter=best + 1).fit(*train[:2])
    assert_array_equal(replay.predict(held_out[0]), model.predict(held_out[0]))


@pytest.mark.parametrize("n_rows, fraction, n_held_out", [
    (60, 0.1, 6), (60, 0.25, 15), (61, 0.1, 7), (60, 0.9, 54), (10, 0.2, 2), (4, 0.5, 2)])
def test_validation_rows_are_held_out(n_rows, fraction, n_held_out):
    X, y = smooth_table(n_rows)
    model = unsteady(early_stopping=True, validation_fraction=fraction, max_iter=3)
    sizes = set(recorder(model.fit(X, y)).n_rows_)
    assert sizes == {(True, n_rows - n_held_out), (False, n_held_out)}


def test_rows_held_out_follow_the_random_state():
    X, y = smooth_table()
    first, again, other = (unsteady(early_stopping=True, random_state=state).fit(X, y)
                           for state in (0, 0, 1))
    assert_array_equal(first.validation_loss_curve_, again.validation_loss_curve_)
    assert not np.array_equal(first.validation_loss_curve_[:3], other.validation_loss_curve_[:3])


def test_no_rows_are_held_out_where_validation_data_is_given():
    train, held_out = make_tables()
    model = unsteady(early_stopping=True, validation_fraction=0.5)
    sizes = set(recorder(fit(model, train, held_out, False)).n_rows_)
    assert sizes == {(True, 60), (False, 30)}


def test_early_stopping_scores_rows_it_did_not_train_on():
    # targets that are noise cannot be predicted on other rows: a curve of training rows
    # would keep falling
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 8)), rng.normal(size=60)
    model = unsteady(hidden_layer_sizes=(30,), learning_rate=0.02, max_iter=150, loss="gar",
                     early_stopping=True, validation_fraction=0.3, n_iter_no_change=150)
    model.fit(X, y)
    assert model.loss_curve_[-1] < model.loss_curve_[0] - 1
    assert model.validation_loss_curve_[-1] > model.validation_loss_curve_.min()


def test_without_validation_data_there_is_no_curve():
    train, held_out = make_tables()
    model = fit(unsteady(), train, held_out, False)
    assert hasattr(model, "validation_loss_curve_")
    model.fit(*train[:2])
    assert not hasattr(model, "validation_loss_curve_") and not hasattr(model, "best_epochs_")


def test_validation_data_does_not_change_training():
    train, held_out = make_tables()
    watched, alone = unsteady(batch_size=15), unsteady(batch_size=15)
    fit(watched, train, held_out, False)
    alone.fit(*train[:2])
    assert_allclose(watched.loss_curve_, alone.loss_curve_, rtol=1e-12)
    for one, other in zip(recorder(watched).weights_, recorder(alone).weights_):
        for parameter, same in zip(one, other):
            assert_array_equal(parameter, same)


def test_weights_of_validation_rows_of_zero_drop_them():
    train, held_out = make_tables()
    keep = np.arange(30) % 3 > 0
    weight = np.where(keep, held_out[2], 0)
    one, other = unsteady(), unsteady()
    one.fit(*train[:2], X_val=held_out[0], y_val=held_out[1], sample_weight_val=weight)
    other.fit(*train[:2], X_val=held_out[0][keep], y_val=held_out[1][keep],
              sample_weight_val=weight[keep])
    assert_array_equal(one.validation_loss_curve_, other.validation_loss_curve_)


class BreaksLater(losses.SquaredErrorLoss):
    """Squared error that is NaN from the 31st call on."""

    n_calls = 0

    def forward(self, input, target, weight=None):
        self.n_calls += 1
        return super().forward(input, target, weight) * (1 if self.n_calls <= 30 else np.nan)


def test_the_best_epoch_does_not_hide_that_networks_become_nan():
    train, held_out = make_tables()
    model = unsteady(loss=BreaksLater(), max_iter=60, learning_rate=0.02)
    with pytest.raises(ValueError, match="training diverged in . of . networks within"):
        fit(model, train, held_out, False)


def test_improvements_count_however_small():
    train, held_out = make_tables()
    model = unsteady(learning_rate=1e-10, loss="squared_error", n_estimators=1,
                     early_stopping=True, n_iter_no_change=2)
    fit(model, train, held_out, False)
    epochs = recorder(model).weights_
    by_hand = validation_losses(epochs, "squared_error", train, held_out, False)[:, 0]
    assert np.all(np.diff(by_hand) < 0)
    assert model.n_iter_ == 25
    assert_networks(model, epochs, [24])
