"""Training with losses over features, by the estimator and by hand."""

import copy

import pytest
import torch
from numpy.testing import assert_allclose
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor, losses
from tests.data import PLAIN, smooth_table

# an odd number of rows: where as many errors are above zero as below, the gradient of the
# absolute error in the last bias is rounding alone, which Adam makes a full step
X, y = smooth_table(61, seed=1)
ONE_BATCH, MANY_BATCHES = {"batch_size": 1000}, {"batch_size": 15}
NAMES = ["conr", "ranksim", "rnc"]
# with its default weight RankSim ranks rows and hardly predicts them, as the paper found
MODERATE = {"ranksim": losses.RankSimLoss(gamma=0.02)}

each_name = pytest.mark.parametrize("name", NAMES)
each_solver = pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
one_or_many_batches = pytest.mark.parametrize(
    "batches", [ONE_BATCH, MANY_BATCHES], ids=["one batch", "many batches"])


def quick(**settings):
    defaults = {"hidden_layer_sizes": (6, 4), "n_estimators": 2, "max_iter": 10,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


class Recorder(Callback):
    """Remembers the weights of all networks before training and after each epoch."""

    def on_train_begin(self, net, **kwargs):
        self.weights_ = [weights_of(net)]

    def on_epoch_end(self, net, **kwargs):
        self.weights_.append(weights_of(net))


def weights_of(net):
    return [parameter.detach().clone().numpy() for parameter in net.module_.parameters()]


def recorded(model):
    return next(callback for _, callback in model.net_.callbacks_
                if isinstance(callback, Recorder)).weights_


def standardised(columns):
    columns = columns.reshape(len(columns), -1)
    return torch.tensor((columns - columns.mean(0)) / columns.std(0))


OPTIMIZERS = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.02, weight_decay=0.01),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.02, weight_decay=0.01),
    "sgd": lambda parameters: torch.optim.SGD(
        parameters, lr=0.02, momentum=0.9, weight_decay=0.01),
}


def train_by_hand(network, solver, loss, n_epochs, parameters=None):
    """Train with torch's own autograd and optimiser on the whole table; the loss's values."""
    features, targets = standardised(X), standardised(y)
    optimizer = OPTIMIZERS[solver](parameters or network.parameters())
    values = []
    for _ in range(n_epochs):
        hidden = network.features(features)
        value = loss(network.output(hidden), targets, features=hidden)
        optimizer.zero_grad()
        value.sum().backward()
        optimizer.step()
        values.append(value.mean().item())
    return values


def fit_as_by_hand(**settings):
    """A model with the settings of training by hand; its one batch is in any order."""
    return quick(weight_decay=0.01, lr_schedule="constant", skorch_callbacks=[Recorder()],
                 **settings, **ONE_BATCH).fit(X, y)


def untrained(model):
    network = copy.deepcopy(model.net_.module_)
    with torch.no_grad():
        for parameter, first in zip(network.parameters(), recorded(model)[0]):
            parameter.copy_(torch.from_numpy(first))
    return network


def assert_same_weights(model, network):
    for ours, theirs in zip(weights_of(model.net_), network.parameters()):
        assert_allclose(ours, theirs.detach().numpy(), rtol=1e-6, atol=1e-8)
