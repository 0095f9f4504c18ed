"""Small regressors that train in a moment, and what tests of their fits share."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor, losses
from tests.data import PLAIN

# batches of odd length: where as many errors are above zero as below, the gradient of the
# absolute error in the last bias is rounding alone, which Adam makes a full step
ONE_BATCH, MANY_BATCHES = {"batch_size": 1000}, {"batch_size": 15}
SHIFT_INVARIANT = {"pairwise_difference", "normalized_pairwise_difference"}
each_loss = pytest.mark.parametrize("loss", sorted(losses.LOSSES))
# tests/test_losses_over_features.py has what others learn
each_loss_of_predictions = pytest.mark.parametrize(
    "loss", [name for name, kind in losses.LOSSES.items() if not hasattr(kind, "takes_features")])
each_solver = pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
one_or_many_batches = pytest.mark.parametrize(
    "batches", [ONE_BATCH, MANY_BATCHES], ids=["one batch", "many batches"])


def quick(**settings):
    """A small estimator, trained in a moment; `settings` go first."""
    defaults = {"hidden_layer_sizes": (6,), "n_estimators": 2, "max_iter": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


def fitted_state(model):
    """What a fitted model knows, in bytes or arrays that can be compared."""
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
    """Remembers batches of features and learning rates."""

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
    return np.random.RandomState(3).randint(1, 4, size=n_rows)
