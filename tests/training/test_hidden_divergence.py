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
                  loss="squared_error", callbacks=[EpochScoring("r2", on_train=on_train)])
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
