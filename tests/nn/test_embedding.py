import numpy as np
import pytest
import torch

from sklearn_gar import GARRegressor
from sklearn_gar.nn import PeriodicEmbedding, StackedMLP


def make_network(seeds=(0, 1, 2), dtype=torch.float64):
    return StackedMLP((4, 5, 3, 2), seeds, embedding="periodic", dtype=dtype)


@pytest.mark.parametrize("shape", [(7, 4), (3, 7, 4)])
def test_values_by_the_formula(shape):
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    embedding = PeriodicEmbedding(4, generators, n_frequencies=5, n_outputs=2,
                                  dtype=torch.float64)
    with torch.no_grad():
        embedding.factor.normal_(generator=torch.Generator().manual_seed(8))
    X = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        embedded, _ = embedding.forward_and_save(X, embedding.tensors)
    c, phase, weight, bias, factor = (tensor.detach().numpy() for tensor in embedding.tensors)
    X = np.broadcast_to(X.numpy(), (3, 7, 4))
    for member in range(3):
        for row in range(7):
            expected = list(X[member, row])
            for feature in range(4):
                waves = np.cos(c[member, feature] * X[member, row, feature]
                               + phase[member, feature])
                expected += list(waves @ weight[member, feature] + bias[member, feature, 0])
            expected *= 1 + 6 * factor[member, 0]
            np.testing.assert_allclose(embedded[member, row], expected, rtol=1e-12)


def test_first_frequencies_go_from_slow_to_fast():
    generators = [torch.Generator().manual_seed(seed) for seed in range(20)]
    embedding = PeriodicEmbedding(500, generators, scales=(0.5, 8.0), n_frequencies=5)
    periods = embedding.frequency.detach().numpy() / (2 * np.pi)
    np.testing.assert_allclose(periods.std((0, 1)), [0.5, 1, 2, 4, 8], rtol=0.03)
    np.testing.assert_allclose(periods.mean((0, 1)) / [0.5, 1, 2, 4, 8], 0, atol=0.05)
    # uniform in +-1 / sqrt(5), then halved with every four times the frequency
    largest = np.abs(embedding.weight.detach().numpy()).max((0, 1, 3))
    np.testing.assert_allclose(largest, 5 ** -0.5 / 2 ** np.array([0, 0.5, 1, 1.5, 2]),
                               rtol=1e-3)


@pytest.mark.parametrize("shape", [(7, 4), (3, 7, 4)])
def test_backward_agrees_with_autograd(shape):
    network = make_network()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        network.embedding.factor.normal_(generator=generator)
    X = torch.randn(shape, dtype=torch.float64, generator=generator)
    grad = torch.randn(3, 7, 2, dtype=torch.float64, generator=generator)
    (network(X) * grad).sum().backward()
    recorded = [parameter.grad.clone() for parameter in network.parameters()]
    prediction, saved = network.forward_and_save(X)
    network.backward(grad, saved)
    torch.testing.assert_close(prediction, network(X))
    for parameter, expected in zip(network.parameters(), recorded):
        torch.testing.assert_close(parameter.grad, expected)


def test_members_are_what_they_are_alone():
    stack, X = make_network(), torch.linspace(-2, 2, 28, dtype=torch.float64).view(7, 4)
    for member in range(3):
        alone = make_network(seeds=[member])
        torch.testing.assert_close(alone(X)[0], stack(X)[member])
        torch.testing.assert_close(stack.outputs(X, slice(member, member + 1)), alone.outputs(X))


def test_members_that_stay_keep_their_predictions():
    network, X = make_network(), torch.linspace(-2, 2, 28, dtype=torch.float64).view(7, 4)
    before = network.outputs(X)
    network.keep_members(torch.tensor([2, 0]))
    torch.testing.assert_close(network.outputs(X), before[[2, 0]])


def test_fits_a_step_that_a_plain_network_smooths_over():
    rng = np.random.RandomState(0)
    X = rng.uniform(-1, 1, size=(400, 2))
    y = np.sign(np.sin(12 * X[:, 0])) + X[:, 1]
    settings = dict(max_iter=60, batch_size=100, hidden_layer_sizes=(16, 32, 16, 8),
                    activation="elu", early_stopping=False, random_state=0)
    plain = GARRegressor(embedding=None, **settings).fit(X[:300], y[:300])
    periodic = GARRegressor(embedding="periodic", **settings).fit(X[:300], y[:300])
    assert periodic.score(X[300:], y[300:]) > plain.score(X[300:], y[300:]) + 0.2


def test_columns_that_are_not_embedded_pass_as_they_are():
    X = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    some = PeriodicEmbedding(4, generators, columns=(1, 3), dtype=torch.float64)
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    of_two = PeriodicEmbedding(2, generators, dtype=torch.float64)
    with torch.no_grad():
        embedded, saved = some.forward_and_save(X, some.tensors)
        expected, expected_saved = of_two.forward_and_save(X[:, [1, 3]], of_two.tensors)
        assert embedded.shape[-1] == some.width(4, 2) == 4 + 2 * 3
        torch.testing.assert_close(embedded[..., :4], X.expand(3, -1, -1))
        torch.testing.assert_close(embedded[..., 4:], expected[..., 2:])
        grad = torch.randn(embedded.shape, dtype=torch.float64)
        of_two_grad = torch.cat((grad[..., [1, 3]], grad[..., 4:]), -1)
        *found, found_factor = some.backward(grad, saved, some.tensors)
        *expected, factor = of_two.backward(of_two_grad, expected_saved, of_two.tensors)
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(found_factor[..., [1, 3, *range(4, 10)]], factor)


@pytest.mark.parametrize("X, n_mixtures", [
    (np.tile([[0.0], [1.0]], (20, 3)), 0),
    (np.column_stack((np.tile([2.0, 5.0], 20), np.arange(40.0), np.ones(40))), 3),
    (np.arange(80.0).reshape(40, 2), 6)])
def test_columns_of_two_values_are_not_embedded(X, n_mixtures):
    model = GARRegressor(embedding="periodic", hidden_layer_sizes=(4,), max_iter=1,
                         n_estimators=2, random_state=0).fit(X, X.sum(1))
    assert model.net_.module_.tensors[0].shape == (2, X.shape[1] + n_mixtures, 4)
    assert np.isfinite(model.predict(X)).all()
