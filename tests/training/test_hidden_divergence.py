"""Divergence is an error that names its cause, whatever watches the training."""

import numpy as np
import pytest
import torch
from skorch.callbacks import EpochScoring

from sklearn_gar import GARRegressor, losses
from tests.data import smooth_table
from tests.regressors import quick, r2

X, y = smooth_table(200)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("blend", ["ridge", None])
@pytest.mark.parametrize("held_out", [{}, {"X_val": X[:50], "y_val": y[:50]}],
                         ids=["early stopping", "X_val"])
def test_early_stopping_does_not_hide_divergence(held_out, blend, seed):
    model = GARRegressor(solver="sgd", learning_rate=10.0, loss="squared_error", max_iter=4,
                         n_estimators=2, hidden_layer_sizes=(8,), blend=blend, random_state=seed)
    with pytest.raises(ValueError, match="diverged.*learning_rate=10.0"):
        model.fit(X, y, **held_out)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_loss_that_overflows_in_the_first_epoch_is_not_a_fit(early_stopping):
    # squares of 1e21 are infinite in single precision, which two batches train in
    model = GARRegressor(loss="squared_error", scale_target=False, max_iter=10, random_state=0,
                         early_stopping=early_stopping, hidden_layer_sizes=(8,))
    with pytest.raises(ValueError, match="diverged|overflow"):
        model.fit(*smooth_table(400)[:1], 1e20 * smooth_table(400)[1])
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("loss", ["gar", "squared_error", "ranksim", "rnc", "conr"])
@pytest.mark.parametrize("batch_size", ["auto", 16, 1000])
def test_targets_beyond_single_precision_do_not_warn(batch_size, loss):
    model = GARRegressor(loss=loss, scale_target=False, batch_size=batch_size, max_iter=2,
                         early_stopping=False, hidden_layer_sizes=(5, 3), random_state=0)
    try:
        prediction = model.fit(X, 1e100 * y).predict(X)
    except ValueError as error:
        assert "targets" in str(error) and "scale_target" in str(error)
    else:
        assert np.isfinite(prediction).all()


@pytest.mark.parametrize("learning_rate", [1e10, 1e20, 1e30, 1e100])
@pytest.mark.parametrize("batch_size", [50, 1000])
@pytest.mark.parametrize("on_train", [True, False])
def test_a_scoring_callback_does_not_replace_the_error(on_train, batch_size, learning_rate):
    model = quick(solver="sgd", learning_rate=learning_rate, batch_size=batch_size,
                  loss="squared_error", skorch_callbacks=[EpochScoring("r2", on_train=on_train)])
    with pytest.raises(ValueError, match=f"diverged.*learning_rate={learning_rate}".replace(
            "+", r"\+")):
        model.fit(X, y, X_val=X[:50], y_val=y[:50])
    assert not hasattr(model, "net_")


class NotANumber(torch.nn.L1Loss):
    """A user's loss that is NaN whatever the learning rate."""

    def forward(self, input, target):
        return super().forward(input, target) * np.nan


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_loss_that_is_nan_from_the_start_is_an_error(early_stopping):
    with pytest.raises(ValueError, match="diverged|NaN"):
        quick(loss=NotANumber(), early_stopping=early_stopping).fit(X, y)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_rows", [40, 41, 200])
@pytest.mark.parametrize("batch_size", [2, 3])
def test_mae_pearson_learns_from_batches_of_two_rows(batch_size, n_rows, seed):
    model = GARRegressor(loss="mae_pearson", batch_size=batch_size, max_iter=30, random_state=seed,
                         early_stopping=False, hidden_layer_sizes=(16, 8), n_estimators=2)
    assert r2(model.fit(X[:n_rows], y[:n_rows]), X[:n_rows], y[:n_rows]) > 0


@pytest.mark.parametrize("batch_size", [20, 1000])
@pytest.mark.parametrize("loss", ["conr", losses.ConRLoss()], ids=["name", "module"])
def test_conr_learns_labels_that_are_far_apart(loss, batch_size):
    target = 1e4 * np.arange(200)
    model = quick(loss=loss, scale_target=False, batch_size=batch_size).fit(X, target)
    assert np.isfinite(model.predict(X)).all()
    assert np.isfinite(model.loss_curve_).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n_iter_no_change", [None, 2])
def test_an_exploded_epoch_that_is_restored_is_an_error(seed, n_iter_no_change):
    # by GAR an exploded epoch can have the lowest validation loss of all
    rows = np.random.RandomState(0).normal(size=(600, 4))
    model = GARRegressor(hidden_layer_sizes=(16, 16), learning_rate=10.0, max_iter=15, blend=None,
                         batch_size=64, lr_schedule="constant", random_state=seed, n_estimators=2,
                         n_iter_no_change=n_iter_no_change)
    try:
        prediction = model.fit(rows, rows[:, 0]).predict(rows)
    except ValueError as error:
        assert "diverged" in str(error)
    else:
        assert np.abs(prediction).max() < 200 * np.abs(rows[:, 0]).max()


class BreaksSecond(losses.SquaredErrorLoss):
    """Squared error of the first network; the second has always 1, and NaN after 45 calls."""

    n_calls = 0

    def forward(self, input, target, weight=None):
        self.n_calls += 1
        loss = super().forward(input, target, weight)
        return torch.stack((loss[0], 0 * loss[1] + (np.nan if self.n_calls > 45 else 1.0)))


@pytest.mark.parametrize("n_iter_no_change, diverges", [(1, False), (None, True)])
def test_what_a_network_does_after_it_is_done_does_not_count(n_iter_no_change, diverges):
    # the second network is done after two epochs of 14 calls, the first goes on
    model = quick(loss=BreaksSecond(), learning_rate=1e-3, batch_size=15, max_iter=8,
                  n_iter_no_change=n_iter_no_change, n_estimators=2, early_stopping=True)
    if diverges:
        with pytest.raises(ValueError, match="diverged in 1 of 2 networks"):
            model.fit(X, y, X_val=X[:50], y_val=y[:50])
    else:
        model.fit(X, y, X_val=X[:50], y_val=y[:50])
        assert model.n_iter_ > 4 and np.isnan(model.loss_curve_[-1])
        assert np.isfinite(model.predict(X)).all()


def test_a_scoring_callback_does_not_end_healthy_training():
    far = X.copy()
    far[0] = 1e9
    settings = {"scale_features": False, "max_iter": 5}
    scored = quick(**settings, skorch_callbacks=[EpochScoring("neg_mean_absolute_error")])
    scored.fit(X, y, X_val=far, y_val=y)
    assert scored.n_iter_ == quick(**settings).fit(X, y, X_val=far, y_val=y).n_iter_ == 5


@pytest.mark.parametrize("factor", [1e30, 1e200])
def test_targets_beyond_single_precision_are_named(factor):
    rows = np.random.RandomState(0).normal(size=(300, 2))
    with pytest.raises(ValueError, match="targets reach .*set scale_target=True"):
        quick(scale_target=False, loss="squared_error", batch_size=50).fit(
            rows, factor * rows[:, 0])
