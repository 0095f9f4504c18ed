"""Features of an encoder, and the linear model on them."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from benchmarks.paper.images import probe
from benchmarks.paper.images.probe import Features, find_features, train_encoder, train_probe
from benchmarks.paper.images.protocol import PROBES, Encoder, ProbeRecipe
from benchmarks.paper.images.scratch import seeded
from benchmarks.paper.images.training import make_net
from benchmarks.paper.training import Candidate
from benchmarks.result_files import ResultError
from tests.benchmarks.paper.images.made_up import TINY, made_up_images
from tests.benchmarks.paper.plain_training import reference_scores

ENCODER = Encoder(TINY, Candidate(0.05, 1e-4, 2.0))


def made_up_features(images, n_features=2):
    """Features of which the target is a linear function, but for little noise."""
    rng = np.random.default_rng(0)
    parts = []
    for part in (images.train, images.validation, images.test):
        X = rng.normal(size=(len(part), n_features))
        X[:, 0] = part.y.numpy()[:, 0] - X[:, 1] + 0.01 * X[:, 0]
        parts.append(X)
    return Features(*parts)


def test_probe_with_squared_error_comes_near_least_squares():
    images = made_up_images(n=60)
    features = made_up_features(images)
    scores = train_probe(images, features, PROBES["MSE"], ProbeRecipe(400, 60),
                         Candidate(0.02, 0.0), seed=1)
    assert scores.shape == (2, 4, 1)
    linear = LinearRegression().fit(features.train, images.train.y.numpy())
    for row, part, X in zip(scores, (images.validation, images.test), features[1:]):
        expected = reference_scores(part.y.numpy(), linear.predict(X))
        np.testing.assert_allclose(row[:, 0], expected, rtol=0.1, atol=2e-3)


@pytest.mark.parametrize("name", PROBES)
def test_every_method_trains_a_probe(name):
    images = made_up_images(n=60)
    scores = train_probe(images, made_up_features(images), PROBES[name], ProbeRecipe(200, 60),
                         Candidate(0.02, 0.0, PROBES[name].values[0]), seed=1)
    assert scores[1, 2, 0] > 0.99  # Pearson's correlation of the test images


def test_probe_that_diverges_has_the_worst_scores():
    images = made_up_images()
    features = Features(*(1e6 * part for part in made_up_features(images)))
    scores = train_probe(images, features, PROBES["MSE"], ProbeRecipe(10, 10),
                         Candidate(1.0, 0.0), seed=1)
    np.testing.assert_array_equal(scores[:, :2], np.inf)
    np.testing.assert_array_equal(scores[:, 2:], -np.inf)


def test_encoder_is_trained_by_its_loss_and_leaves_the_output_layer_alone():
    images, nets = made_up_images(), []
    for n_epochs in (1, 10):
        with seeded(1):
            net = make_net(images, ENCODER.method, ENCODER.candidate, TINY)
            nets.append(net.set_params(max_epochs=n_epochs).fit(images.train, y=None))
    first, last = (net.module_.output.weight for net in nets)
    # weight decay only: no gradient reaches it
    assert (first.sign() == last.sign()).all() and (first - last).abs().max() < 1e-3
    curve = nets[1].history[:, "train_loss"]
    assert curve[-1] < curve[0]


def test_features_are_those_of_images_that_are_not_augmented():
    images = made_up_images()
    features = train_encoder(images, ENCODER, seed=1)
    with seeded(1):
        net = make_net(images, ENCODER.method, ENCODER.candidate, TINY).fit(images.train, y=None)
    net.module_.eval()
    for part, found in zip((images.train, images.validation, images.test), features):
        with torch.no_grad():
            expected = net.module_.body(part.X).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_encoder_is_trained_once_for_each_seed_and_setting(tmp_path, monkeypatch):
    images, calls = made_up_images(), []

    def train(images, encoder, seed, *hardware):
        calls.append((encoder, seed))
        return Features(*(np.full((2, 3), seed + part) for part in range(3)))
    monkeypatch.setattr(probe, "train_encoder", train)
    other = Encoder(TINY, Candidate(0.1, 1e-4, 2.0))
    for encoder, seed in ((ENCODER, 1), (ENCODER, 1), (ENCODER, 2), (other, 1), (ENCODER, 2)):
        features = find_features(images, encoder, seed, tmp_path / "encoders")
        for part, values in enumerate(features):
            np.testing.assert_array_equal(values, np.full((2, 3), seed + part))
    assert calls == [(ENCODER, 1), (ENCODER, 2), (other, 1)]
    assert len(list((tmp_path / "encoders").iterdir())) == 3  # and no temporary file


def test_encoder_that_diverges_is_an_error():
    with pytest.raises(ResultError, match="must be finite, but its training diverged with the "
                                          "learning rate 1e[+]30 and seed 1"):
        train_encoder(made_up_images(), Encoder(TINY, Candidate(1e30, 0.0, 2.0)), seed=1)
