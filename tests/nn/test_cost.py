"""The cost that is stated for a network, against what the network does."""

import pytest
import torch
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from sklearn_gar.nn import Cost, PeriodicEmbedding, StackedMLP, network_cost

N_MEMBERS, N_ROWS = 3, 7
SHAPES = [
    # layer sizes, embedding, columns that are embedded
    ((4, 1), None, None),
    ((4, 5, 3, 2), None, None),
    ((4, 5, 3, 2), None, (0, 1)),
    ((4, 5, 3, 2), "periodic", None),
    ((4, 5, 3, 2), "periodic", (1, 3)),
    ((4, 5, 3, 2), "periodic", ()),
    ((1, 1), "periodic", (0,)),
    ((20, 16, 32, 16, 8, 1), "periodic", tuple(range(19))),
]
each_shape = pytest.mark.parametrize("sizes, embedding, columns", SHAPES, ids=str)


def make_network(sizes, embedding, columns):
    network = StackedMLP(sizes, seeds=range(N_MEMBERS), embedding=embedding,
                         embedded_features=columns)
    X = torch.randn(N_MEMBERS, N_ROWS, sizes[0], generator=torch.Generator().manual_seed(0))
    return network, X


@each_shape
def test_stated_before_a_network_is_built_and_by_the_network(sizes, embedding, columns):
    network, _ = make_network(sizes, embedding, columns)
    cost = network_cost(sizes, embedding, None if columns is None else len(columns))
    assert isinstance(cost, Cost) and network.cost == cost


@each_shape
def test_activations_are_the_numbers_saved(sizes, embedding, columns):
    network, X = make_network(sizes, embedding, columns)
    _, (outputs, (of_embedding, _)) = network.forward_and_save(X)
    saved = [*outputs, *(of_embedding or ())]
    n_saved = sum(tensor.numel() for tensor in saved)
    assert network.cost.activations * N_MEMBERS * N_ROWS == n_saved


@each_shape
def test_weights_are_the_multiplications_that_torch_counts(sizes, embedding, columns):
    network, X = make_network(sizes, embedding, columns)
    with FlopCounterMode(display=False) as counter:
        network.forward_and_save(X)
    # torch counts products of matrices, and not the angles, frequency times value
    n_angles = 0 if network.embedding is None else network.embedding.frequency[0].numel()
    in_products = network.cost.weights - n_angles
    # a multiplication and an addition
    assert counter.get_total_flops() == 2 * in_products * N_MEMBERS * N_ROWS


def test_weights_are_the_parameters_that_multiply():
    network, _ = make_network((4, 5, 3, 2), "periodic", (1, 3))
    multiplying = [network.embedding.frequency, network.embedding.weight, *network.tensors[::2]]
    assert network.cost.weights * N_MEMBERS == sum(tensor.numel() for tensor in multiplying)


def test_members_that_go_leave_the_cost_of_each():
    network, _ = make_network((4, 5, 2), "periodic", None)
    before = network.cost
    network.keep_members(torch.tensor([1]))
    assert network.cost == before


@pytest.mark.parametrize("n_frequencies, n_outputs", [(16, 3), (5, 2), (1, 1)])
@pytest.mark.parametrize("columns", [None, (1, 3)])
def test_an_embedding_of_other_settings(n_frequencies, n_outputs, columns):
    generators = [torch.Generator().manual_seed(seed) for seed in range(N_MEMBERS)]
    embedding = PeriodicEmbedding(4, generators, columns, n_frequencies=n_frequencies,
                                  n_outputs=n_outputs)
    n_columns = 4 if columns is None else len(columns)
    cost = embedding.cost(4, n_columns, n_frequencies, n_outputs)
    with torch.no_grad():
        embedded, saved = embedding.forward_and_save(
            torch.ones(N_MEMBERS, N_ROWS, 4), embedding.tensors)
    assert embedded.shape[-1] == embedding.width(4, n_columns, n_outputs)
    n_saved = sum(tensor.numel() for tensor in saved)
    assert cost.activations * N_MEMBERS * N_ROWS == n_saved
    n_weights = embedding.frequency.numel() + embedding.weight.numel()
    assert cost.weights * N_MEMBERS == n_weights


def test_a_wide_table_is_mostly_its_embedding():
    layers_alone = network_cost((800, 16, 32, 16, 8, 1))
    embedded = network_cost((800, 16, 32, 16, 8, 1), "periodic")
    # columns, angles and waves of 16 frequencies, the result before and after its scaling
    assert embedded.activations == 800 * (1 + 2 * 16 + 2 * 4) + 16 + 32 + 16 + 8 + 1
    assert embedded.activations > 30 * layers_alone.activations


def test_outputs_of_some_members():
    network, X = make_network((4, 5, 2), "periodic", (1, 3))
    with torch.no_grad():
        expected = network(X)
    assert not network.outputs(X).requires_grad
    assert_close(network.outputs(X), expected)
    assert_close(network.outputs(X[1:], slice(1, 3)), expected[1:])
