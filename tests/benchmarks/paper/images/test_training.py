"""Losses in a plain skorch net over images, beside a loop without skorch."""

import doctest

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from benchmarks.paper.images import training
from benchmarks.paper.images.resnet import ResNet18
from benchmarks.paper.images.training import LossOfFeatures, Views, make_net
from benchmarks.paper.protocol import METHODS
from benchmarks.paper.training import Candidate, make_loss
from sklearn_gar import losses
from tests import oracles
from tests.benchmarks.paper.images.made_up import TINY, as_they_are, made_up_images

VALUES = {"MAE": None, "MSE": None, "Huber": 1.0, "Focal(MAE)": 0.25, "Focal(MSE)": 0.25,
          "RankSim": 0.5, "RNC": 2.0, "ConR": 1.0, "GAR": 0.5}


def bare_loop(images, loss, candidate, recipe, with_features, seed):
    """Train by SGD with a cosine schedule; return the network and the mean loss by epoch."""
    torch.manual_seed(seed)
    network = ResNet18(1, recipe.width, recipe.small_images)
    optimizer = torch.optim.SGD(network.parameters(), candidate.learning_rate, momentum=0.9,
                                weight_decay=candidate.weight_decay)
    batches = DataLoader(images.train, recipe.batch_size, shuffle=True, drop_last=True)
    curve = []
    for epoch in range(recipe.n_epochs):
        factor = (1 + np.cos(np.pi * epoch / recipe.n_epochs)) / 2
        optimizer.param_groups[0]["lr"] = candidate.learning_rate * factor
        values = []
        for X, y in batches:
            X, y = torch.cat([X, X]), torch.cat([y, y])
            optimizer.zero_grad()
            features = network.body(X)
            prediction = network.output(features)
            value = loss(prediction, y, **({"features": features} if with_features else {}))
            value.backward()
            optimizer.step()
            values.append(value.item())
        curve.append(np.mean(values))
    return network, curve


@pytest.mark.parametrize("name", METHODS)
def test_loss_in_skorch_is_that_of_a_bare_loop(name):
    images, method = made_up_images(), METHODS[name]
    candidate = Candidate(0.01, 1e-3, VALUES[name])
    with torch.random.fork_rng():
        network, curve = bare_loop(images, make_loss(method, [candidate.value]), candidate, TINY,
                                   method.reads_features, seed=3)
        torch.manual_seed(3)
        net = make_net(images, method, candidate, TINY).fit(images.train, y=None)
    assert len(set(curve)) == TINY.n_epochs and np.isfinite(curve).all()
    np.testing.assert_allclose(net.history[:, "train_loss"], curve, rtol=1e-5)
    network.eval()
    with torch.no_grad():
        expected = network(images.test.X)
    np.testing.assert_allclose(net.predict(images.test), expected.numpy(), rtol=1e-4, atol=1e-4)


def test_value_of_gar_in_skorch_is_its_definition():
    """Equations 2, 3 and 6 over all pairs of one batch, aggregated by Theorem 6."""
    images, alpha = made_up_images(n=8), 0.5
    net = make_net(images, METHODS["GAR"], Candidate(0.01, 0.0, alpha), TINY).initialize()
    X, y = images.train.X, images.train.y
    net.module_.train()
    prediction = net.module_(X).detach()
    assert isinstance(net.criterion_, losses.GARLoss)
    value = net.train_step_single((X, y))["loss"].item()
    expected = oracles.gar(prediction.double().numpy(), y.double().numpy(), alpha=alpha)
    assert value == pytest.approx(float(expected), rel=1e-4)


def test_loss_of_features_gets_the_features():
    calls = []

    def loss(prediction, target, features):
        calls.append((prediction, target, features))
        return prediction.sum()
    prediction, features, target = torch.ones(2, 1), torch.ones(2, 3), torch.zeros(2, 1)
    wrapped = LossOfFeatures(losses.RankSimLoss())
    wrapped.loss.forward = loss
    assert wrapped((prediction, features), target) == 2
    assert all(found is given for found, given in zip(calls[0], (prediction, target, features)))


def test_views_share_the_target_of_their_image():
    counted = iter(range(10))
    views = Views(lambda images: images + 100 * next(counted), n_views=2)
    X, y = views([(torch.full((1, 2, 2), float(number)), torch.tensor([number + 0.5]))
                  for number in range(3)])
    assert X[:, 0, 0, 0].tolist() == [0, 1, 2, 100, 101, 102]
    assert y.tolist() == [[0.5], [1.5], [2.5]] * 2


def test_example_runs_as_it_is_written():
    result = doctest.testmod(training)
    assert result.attempted > 7 and result.failed == 0


def test_few_images_are_one_batch():
    images = made_up_images(n=5)
    net = make_net(images, METHODS["MAE"], Candidate(0.01, 0.0), TINY).fit(images.train, y=None)
    assert [len(epoch) for epoch in net.history[:, "batches"]] == [1] * TINY.n_epochs
    assert Views(as_they_are, 1)([images.train[0]])[0].shape == (1, 1, 8, 8)
