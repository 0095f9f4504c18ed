"""Small regressors that train in a moment, and what tests of their fits share."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor, losses
from tests.data import PLAIN

# Batches have an odd number of rows: with as many errors above zero as below, the gradient
# of the absolute error for the last bias is rounding error, which Adam turns into a full step.
ONE_BATCH, MANY_BATCHES = {"batch_size": 1000}, {"batch_size": 15}
# they leave the level of the predictions open, and the second their scale as well
SHIFT_INVARIANT = {"pairwise_difference", "normalized_pairwise_difference"}

each_loss = pytest.mark.parametrize("loss", sorted(losses.LOSSES))
# tests/test_losses_over_features.py tests the others
each_loss_of_predictions = pytest.mark.parametrize(
    "loss", [name for name, kind in losses.LOSSES.items() if not hasattr(kind, "takes_features")])
each_solver = pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
one_or_many_batches = pytest.mark.parametrize(
    "batches", [ONE_BATCH, MANY_BATCHES], ids=["one batch", "many batches"])


def quick(**settings):
    """A small regressor that trains in a moment; `settings` override its parameters."""
    defaults = {"hidden_layer_sizes": (6,), "n_estimators": 2, "max_iter": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


def fitted_state(model):
    """Fitted attributes that can be compared: integers and arrays."""
    return {name: value for name, value in vars(model).items()
            if name.endswith("_") and isinstance(value, (int, np.ndarray))}


def assert_same_state(model, state):
    found = fitted_state(model)
    assert set(found) == set(state)
    for name, value in state.items():
        assert_array_equal(found[name], value, err_msg=name)


def r2(model, X, y):
    return 1 - np.mean((model.predict(X) - y) ** 2) / np.var(y)


class Listener(Callback):
    """Records the features and the learning rate of each batch."""

    def on_train_begin(self, net, **kwargs):
        self.batches_ = []

    def on_batch_end(self, net, batch, training, **kwargs):
        if training:
            rate = net.optimizer_.param_groups[0]["lr"]
            self.batches_.append((batch[0].clone(), rate))


def listener_of(model):
    return next(callback for _, callback in model.net_.callbacks_
                if isinstance(callback, Listener))


def repeats(n_rows):
    """How often each row is repeated, from 1 to 3 times."""
    return np.random.RandomState(3).randint(1, 4, size=n_rows)
