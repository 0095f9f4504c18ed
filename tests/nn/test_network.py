import math

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.nn import StackedMLP

SIZES = (4, 64, 32, 1)


def first_weights(seeds, **settings):
    network = StackedMLP(SIZES, seeds=seeds, **settings)
    return [parameter.detach() for parameter in network.parameters()]


def assert_same(tensors, others):
    for tensor, other in zip(tensors, others, strict=True):
        assert_close(tensor, other, rtol=0, atol=0)


def test_parameters_have_a_leading_member_dimension():
    shapes = [tuple(tensor.shape) for tensor in first_weights([0, 1, 2])]
    assert shapes == [(3, 4, 64), (3, 1, 64), (3, 64, 32), (3, 1, 32), (3, 32, 1), (3, 1, 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_first_weights_are_uniform_within_torchs_bounds(dtype):
    tensors = first_weights(range(8), dtype=dtype)
    for layer, n_inputs in enumerate(SIZES[:-1]):
        for tensor in tensors[2 * layer:2 * layer + 2]:
            assert tensor.dtype == dtype
            assert tensor.abs().max() <= 1 / math.sqrt(n_inputs)
        weight = tensors[2 * layer] * math.sqrt(n_inputs)
        # uniform in [-1, 1]: mean 0 and variance 1/3, within five standard errors
        n = weight.numel()
        assert abs(weight.mean()) < 5 * math.sqrt(1 / 3 / n)
        assert abs(weight.square().mean() - 1 / 3) < 5 * math.sqrt(4 / 45 / n)


def test_first_weights_depend_on_the_own_seed_alone():
    stack = first_weights([3, 1, 2])
    for member, seed in enumerate([3, 1, 2]):
        assert_same([tensor[member:member + 1] for tensor in stack], first_weights([seed]))


def test_equal_seeds_make_equal_members_and_others_differ():
    for tensor in first_weights([7, 7, 8]):
        assert_close(tensor[0], tensor[1], rtol=0, atol=0)
        assert not torch.equal(tensor[0], tensor[2])


def test_weights_of_a_member_differ_from_layer_to_layer():
    network = StackedMLP((5, 5, 5), seeds=[0])
    first, _, second, _ = network.parameters()
    assert not torch.equal(first, second)


def test_global_generator_neither_decides_nor_is_moved():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one = first_weights([4])
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert_same(one, first_weights([4]))


def test_state_travels_by_state_dict():
    source, copy = (StackedMLP(SIZES, seeds=seeds) for seeds in ([0, 1], [2, 3]))
    copy.load_state_dict(source.state_dict())
    rows = torch.ones(2, 4)
    assert_close(copy(rows), source(rows), rtol=0, atol=0)


def test_extra_repr_names_members_and_sizes():
    assert "3 members of 4-64-32-1, activation='elu'" in repr(StackedMLP(SIZES, seeds=range(3)))


@pytest.mark.parametrize("activation", ["elu", "tanh"])
@pytest.mark.parametrize("embedding", [None, "periodic"])
@pytest.mark.parametrize("sizes", [(4, 6, 2), (4, 6, 5, 2)])
@pytest.mark.parametrize("of", ["predictions", "features", "both"])
def test_gradients_of_predictions_and_features_are_those_of_autograd(
        activation, embedding, sizes, of):
    network = StackedMLP(sizes, seeds=[0, 1], activation=activation, embedding=embedding,
                         dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(7, 4, generator=generator, dtype=torch.float64)
    features = network.features(rows)
    prediction = network.output(features)
    slopes = [None if of == "features" else torch.randn(
                  prediction.shape, generator=generator, dtype=torch.float64),
              None if of == "predictions" else torch.randn(
                  features.shape, generator=generator, dtype=torch.float64)]
    value = sum((tensor * slope).sum() for tensor, slope in zip((prediction, features), slopes)
                if slope is not None)
    expected = torch.autograd.grad(value, list(network.parameters()), allow_unused=True)

    by_hand, saved = network.forward_and_save(rows)
    assert_close(by_hand, prediction.detach())
    assert_close(network.saved_features(saved), features.detach())
    network.backward(slopes[0], saved, slopes[1])
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        assert (parameter.grad is None) == (gradient is None)
        if gradient is not None:
            assert_close(parameter.grad, gradient)
    assert (network.tensors[-1].grad is None) == (of == "features")
