"""Learned vectors of levels: what codes become, and the gradient."""

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.nn import LevelEmbedding, StackedMLP, network_cost

N_CODES = (4, 3)
CODES = torch.tensor([[0.0, 0.0], [3.0, 0.0], [3.0, 2.0], [1.0, 2.0], [1.0, 1.0]])


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def make_network(embedding="periodic", embedded_features=None):
    return StackedMLP((5, 6, 4, 2), seeds=[3, 1, 2], embedding=embedding, n_codes=N_CODES,
                      embedded_features=embedded_features, dtype=torch.float64)


def make_rows(n_rows=9, members=False):
    generator = torch.Generator().manual_seed(0)
    shape = (3, n_rows) if members else (n_rows,)
    codes = [torch.randint(n, (*shape, 1), generator=generator) for n in N_CODES]
    return torch.cat([torch.randn(*shape, 3, generator=generator), *codes], -1).double()


def test_vectors_are_looked_up_and_code_zero_is_zeros():
    layer = LevelEmbedding(N_CODES, generators(0, 1))
    values, _ = layer.forward_and_save(CODES, layer.vectors)
    assert values.shape == (2, 5, 8)
    for member, vectors in enumerate(layer.vectors):
        # three levels of the first feature, then two of the second
        rows = [[None if code == 0 else vectors[int(code) - 1 + before]
                 for code, before in zip(row, (0, 3))] for row in CODES.tolist()]
        expected = torch.stack([torch.cat([torch.zeros(4) if one is None else one for one in row])
                                for row in rows])
        assert_close(values[member], expected, rtol=0, atol=0)


def test_members_may_have_codes_of_their_own():
    layer = LevelEmbedding(N_CODES, generators(0, 1))
    own = torch.stack([CODES, CODES.flip(0)])
    values, _ = layer.forward_and_save(own, layer.vectors)
    for member in range(2):
        alone, _ = layer.forward_and_save(own[member], layer.vectors)
        assert_close(values[member], alone[member], rtol=0, atol=0)


def test_initial_vectors_are_small_and_depend_on_the_own_seed_alone():
    layer = LevelEmbedding((2001,), generators(5, 6, 5))
    assert layer.vectors.shape == (3, 2000, 4)
    assert_close(layer.vectors[0], layer.vectors[2], rtol=0, atol=0)
    # five standard errors
    assert abs(layer.vectors[:2].mean()) < 5 * 0.3 / 16000 ** 0.5
    assert abs(layer.vectors[:2].std() - 0.3) < 5 * 0.3 / 32000 ** 0.5


@pytest.mark.parametrize("members", [False, True])
@pytest.mark.parametrize("embedding, embedded", [(None, None), ("periodic", None),
                                                 ("periodic", (1,)), ("periodic", ())])
def test_gradients_are_those_of_autograd(embedding, embedded, members):
    network, X = make_network(embedding, embedded), make_rows(members=members)
    prediction = network(X)
    grad = torch.randn(prediction.shape, generator=torch.Generator().manual_seed(1)).double()
    expected = torch.autograd.grad(prediction, list(network.parameters()), grad)
    again, saved = network.forward_and_save(X)
    assert_close(again, prediction.detach(), rtol=0, atol=0)
    network.backward(grad.clone(), saved)
    for parameter, one in zip(network.parameters(), expected, strict=True):
        assert_close(parameter.grad, one, rtol=1e-10, atol=1e-12)


def test_some_members_predict_as_all_do_and_may_be_kept():
    network, X = make_network(), make_rows()
    everything = network.outputs(X)
    assert_close(network.outputs(X, slice(1, 3)), everything[1:3], rtol=0, atol=0)
    network.keep_members(torch.tensor([2, 0]))
    assert_close(network.outputs(X), everything[[2, 0]])


def test_a_member_is_the_same_alone():
    alone = StackedMLP((5, 6, 4, 2), seeds=[1], embedding="periodic", n_codes=N_CODES,
                       dtype=torch.float64)
    assert_close(alone.outputs(make_rows())[0], make_network().outputs(make_rows())[1])


def test_cost_counts_a_vector_for_each_code():
    network = make_network(None)
    assert network.cost == network_cost((5, 6, 4, 2), n_code_columns=2)
    # three numbers and two vectors of length 4 enter the first layer
    assert network.cost == network_cost((11, 6, 4, 2))
