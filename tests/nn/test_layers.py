import pytest
import torch
from torch import nn
from torch.testing import assert_close

from sklearn_gar.nn import ACTIVATIONS, StackedMLP
from sklearn_gar.nn.layers import StackedLayers

TORCH_ACTIVATIONS = {
    "elu": nn.ELU,
    "identity": nn.Identity,
    "logistic": nn.Sigmoid,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
}
SIZES = [(3, 1), (3, 4, 1), (3, 5, 4, 2)]

each_activation = pytest.mark.parametrize("activation", sorted(TORCH_ACTIVATIONS))
each_size = pytest.mark.parametrize("sizes", SIZES, ids=str)
shared_or_not = pytest.mark.parametrize("members_share_rows", [True, False])


def make_parameters(sizes, members, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    tensors = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        for shape in ((members, inputs, outputs), (members, 1, outputs)):
            tensors.append(torch.randn(shape, generator=generator, dtype=dtype))
    return [tensor.requires_grad_() for tensor in tensors]


def make_rows(members_share_rows, members, n_features=3, n_rows=6, dtype=torch.float64):
    shape = (n_rows, n_features) if members_share_rows else (members, n_rows, n_features)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=dtype)


def torch_network(sizes, activation, parameters, member, plain_last=True):
    """The network of one member out of torch's own modules, the weights copied."""
    modules = []
    for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        linear = nn.Linear(inputs, outputs, dtype=parameters[0].dtype)
        with torch.no_grad():
            linear.weight.copy_(parameters[2 * layer][member].T)
            linear.bias.copy_(parameters[2 * layer + 1][member, 0])
        modules += linear, TORCH_ACTIVATIONS[activation]()
    return nn.Sequential(*(modules[:-1] if plain_last else modules))


def test_every_activation_is_tested():
    assert set(ACTIVATIONS) == set(TORCH_ACTIVATIONS)


@each_activation
@each_size
@shared_or_not
@pytest.mark.parametrize("plain_last", [True, False])
def test_gradient(activation, sizes, members_share_rows, plain_last):
    parameters = make_parameters(sizes, members=2)
    rows = make_rows(members_share_rows, members=2).requires_grad_()
    activated = len(sizes) - 1 - plain_last

    def stack(rows, *parameters):
        return StackedLayers.apply(rows, ACTIVATIONS[activation], activated, *parameters)

    assert torch.autograd.gradcheck(stack, (rows, *parameters))


@each_activation
@each_size
@shared_or_not
@pytest.mark.parametrize("plain_last", [True, False])
def test_equals_torch_networks(activation, sizes, members_share_rows, plain_last):
    parameters = make_parameters(sizes, members=3)
    rows = make_rows(members_share_rows, members=3)
    activated = len(sizes) - 1 - plain_last
    result = StackedLayers.apply(rows, ACTIVATIONS[activation], activated, *parameters)
    upstream = torch.randn(result.shape, dtype=result.dtype,
                           generator=torch.Generator().manual_seed(2))
    result.backward(upstream)
    for member in range(3):
        network = torch_network(sizes, activation, parameters, member, plain_last)
        expected = network(rows if members_share_rows else rows[member])
        assert_close(result[member], expected)
        expected.backward(upstream[member])
        linears = [module for module in network if isinstance(module, nn.Linear)]
        for layer, linear in enumerate(linears):
            assert_close(parameters[2 * layer].grad[member], linear.weight.grad.T)
            assert_close(parameters[2 * layer + 1].grad[member, 0], linear.bias.grad)


@each_activation
@each_size
def test_nothing_handed_in_is_overwritten(activation, sizes):
    parameters = make_parameters(sizes, members=2)
    rows = make_rows(True, members=2)
    result = StackedLayers.apply(rows, ACTIVATIONS[activation], len(sizes) - 1, *parameters)
    upstream = torch.ones_like(result)
    before = [tensor.detach().clone() for tensor in (rows, result, *parameters)]
    result.backward(upstream)
    assert_close(upstream, torch.ones_like(upstream), rtol=0, atol=0)
    for tensor, copy in zip((rows, result, *parameters), before):
        assert_close(tensor.detach(), copy, rtol=0, atol=0)


@each_activation
@each_size
@shared_or_not
def test_network_equals_torch_networks(activation, sizes, members_share_rows):
    network = StackedMLP(sizes, seeds=[5, 6, 7], activation=activation)
    rows = make_rows(members_share_rows, members=3, dtype=torch.float32)
    result = network(rows)
    assert result.shape == (3, 6, sizes[-1])
    parameters = list(network.parameters())
    for member in range(3):
        expected = torch_network(sizes, activation, parameters, member)
        assert_close(result[member], expected(rows if members_share_rows else rows[member]))


@each_activation
@pytest.mark.parametrize("sizes", SIZES[1:], ids=str)
def test_output_of_features_is_the_prediction(activation, sizes):
    network = StackedMLP(sizes, seeds=[0, 1], activation=activation, dtype=torch.float64)
    rows = make_rows(True, members=2)
    features = network.features(rows)
    assert features.shape == (2, 6, sizes[-2])
    assert_close(network.output(features), network(rows))


def test_second_derivative_is_refused():
    parameters = make_parameters((3, 4, 1), members=1)
    rows = make_rows(True, members=1).requires_grad_()
    result = StackedLayers.apply(rows, ACTIVATIONS["tanh"], 1, *parameters).sum()
    (gradient,) = torch.autograd.grad(result, rows, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable|does not require grad"):
        torch.autograd.grad(gradient.sum(), rows)
