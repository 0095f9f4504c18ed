"""Loops of several processes train the network that one process trains on the whole batch."""

import pytest
import torch
from skorch import NeuralNetRegressor
from skorch.callbacks import Callback
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.testing import assert_close

from sklearn_gar.losses import AbsoluteErrorLoss, GARLoss, MAEPearsonLoss
from tests.losses.cases import make_weight
from tests.losses.process_group import rows_of

N_STEPS = 3
PARTS = {2: (5, 27), 3: (20, 0, 12)}
CRITERIA = {"gar": (GARLoss, {"alpha": 10.0}), "mae_pearson": (MAEPearsonLoss, {}),
            "absolute_error": (AbsoluteErrorLoss, {})}
each_criterion = pytest.mark.parametrize("name", CRITERIA)


def make_network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).double()


def make_table():
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(32, 4, generator=generator, dtype=torch.float64)
    return X, torch.stack([X.sum(1), X[:, 0] * X[:, 1]], 1), make_weight(32)


def make_criterion(name, **group):
    kind, parameters = CRITERIA[name]
    return kind(**parameters, **group)


def parameters_of(network):
    return [parameter.detach() for parameter in network.parameters()]


def train(network, criterion, X, y, weight, *, factor=1, after_backward=lambda: None):
    """Parameters after a few steps of stochastic gradient descent."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(N_STEPS):
        optimizer.zero_grad()
        (factor * criterion(network(X), y, weight)).backward()
        after_backward()
        optimizer.step()
    return parameters_of(network)


def own_rows(rank):
    rows = rows_of(rank, PARTS[distributed.get_world_size()])
    return [column[rows] for column in make_table()]


def train_in_a_bare_loop(rank, name):
    network = make_network()

    def add_gradients():
        for parameter in network.parameters():
            distributed.all_reduce(parameter.grad)
    criterion = make_criterion(name, group="world")
    return train(network, criterion, *own_rows(rank), after_backward=add_gradients)


def train_data_parallel(rank, name):
    network = DistributedDataParallel(make_network())
    criterion = make_criterion(name, group=distributed.group.WORLD)
    return train(network, criterion, *own_rows(rank), factor=distributed.get_world_size())


@each_criterion
@pytest.mark.parametrize("train_part", [train_in_a_bare_loop, train_data_parallel])
def test_loops(processes, name, train_part):
    expected = train(make_network(), make_criterion(name), *make_table())
    assert all((after - before).abs().max() > 1e-3
               for after, before in zip(expected, parameters_of(make_network())))
    for parameters in processes.results(train_part, name):
        assert_close(parameters, expected, rtol=1e-12, atol=1e-12)


class SumGradients(Callback):
    def on_grad_computed(self, net, named_parameters, **kwargs):
        for _, parameter in named_parameters:
            distributed.all_reduce(parameter.grad)


def fit_skorch(name, X, y, callbacks=(), **criterion):
    kind, parameters = CRITERIA[name]
    parameters = {f"criterion__{key}": value for key, value in parameters.items()}
    net = NeuralNetRegressor(
        make_network(), criterion=kind, **parameters, **criterion, optimizer=torch.optim.SGD,
        optimizer__momentum=0.9, lr=0.1, batch_size=-1, max_epochs=N_STEPS, train_split=None,
        callbacks=list(callbacks), verbose=0)
    net.fit(X.numpy(), y.numpy())
    return parameters_of(net.module_), net.history[:, "train_loss"]


def fit_skorch_on_a_part(rank, name):
    X, y, _ = make_table()
    rows = rows_of(rank, (5, 27))
    return fit_skorch(name, X[rows], y[rows], [SumGradients()], criterion__group="world")


@each_criterion
def test_skorch(two_processes, name):
    X, y, _ = make_table()
    expected = fit_skorch(name, X, y)
    for found in two_processes.results(fit_skorch_on_a_part, name):
        assert_close(found, expected, rtol=1e-12, atol=1e-12)
