"""What leaves a loss over features as it is: orders, rotations, weights, other members."""

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses.latent import _comparison, _ranksim
from sklearn_gar.losses.latent import functional as L
from tests.losses.latent.cases import (
    LOSSES,
    N_ROWS,
    PAIRS,
    each_loss,
    each_name,
    make_data,
    oracle_values,
    value_and_gradients,
)


@each_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_order_of_rows_does_not_matter(loss, weighted):
    # the first row of a label stands for it in RankSim, so labels differ
    f, y, v = make_data(2, n=20, ties=loss is not L.ranksim_loss)
    weight = 0.1 + torch.arange(20, dtype=torch.float64) if weighted else None
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    value, *gradients = value_and_gradients(loss, f, y, v, weight)
    actual, *actual_gradients = value_and_gradients(
        loss, f[:, order], y[:, order], v[:, order], weight[order] if weighted else None)
    assert_close(actual, value)
    assert_close(actual_gradients, [gradient[:, order] for gradient in gradients])


def test_ranksim_takes_the_first_row_of_each_label():
    f, y, v = make_data(n=12)
    assert len(y.unique()) < 12
    others = [i for i in range(12) if y[i] in y[:i]]
    value, _, gradient = value_and_gradients(L.ranksim_loss, f, y, v)
    assert not gradient[others].any() and gradient.any()
    v[others] = 7.0
    assert_close(value_and_gradients(L.ranksim_loss, f, y, v)[2], gradient)


@pytest.mark.parametrize("loss, change", [
    (L.ranksim_loss, lambda v: 3 * v), (L.conr_loss, lambda v: 3 * v),
    (L.rnc_loss, lambda v: v + 5)], ids=list(PAIRS))
def test_units_of_features_that_leave_the_loss(loss, change):
    f, y, v = make_data(2)
    assert_close(loss(f, y, features=change(v)), loss(f, y, features=v))


def test_rotation_of_features():
    f, y, v = make_data(2)
    rotation, _ = torch.linalg.qr(make_data(n=3, h=3)[2])
    for loss in LOSSES:
        assert_close(loss(f, y, features=v @ rotation), loss(f, y, features=v))


@each_loss
@pytest.mark.parametrize("weighted", ["no", "shared", "own"])
@pytest.mark.parametrize("at_once", [1, 1 << 8, 1 << 20])
def test_members_are_as_alone(loss, weighted, at_once, monkeypatch):
    monkeypatch.setattr(_comparison, "_VALUES_AT_ONCE", at_once)
    f, y, v = make_data(6)
    y[1], y[4] = y[0], y[3]  # members of one group need not be neighbours
    weight = torch.rand(6, N_ROWS, generator=torch.Generator().manual_seed(0))
    weight[:, 2] = 0
    weight[1] = weight[0]
    weight = {"no": None, "shared": weight[0], "own": weight}[weighted]
    together = value_and_gradients(loss, f, y, v, weight)
    for member in range(6):
        own = weight[member] if weighted == "own" else weight
        alone = value_and_gradients(loss, f[member], y[member], v[member], own)
        assert_close([part[member] for part in together], list(alone))


@each_loss
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e300])
def test_a_member_does_not_feel_its_neighbours(loss, bad):
    f, y, v = make_data(3)
    y = y[0]
    expected = value_and_gradients(loss, f, y, v)
    f[1], v[1, 0] = bad, bad
    actual = value_and_gradients(loss, f, y, v)
    for one, other in zip(actual, expected):
        assert_close(one[[0, 2]], other[[0, 2]], rtol=1e-12, atol=1e-12)


def test_members_of_one_group_are_compared_once(monkeypatch):
    made = []

    class Counting(_ranksim.RankSimilarity):
        def __init__(self, *arguments):
            made.append(arguments)
            super().__init__(*arguments)
    monkeypatch.setattr(L, "RankSimilarity", Counting)
    f, y, v = make_data(6)
    L.ranksim_loss(f, y[0], features=v)
    assert len(made) == 1
    L.ranksim_loss(f, y[[0, 1, 0, 1, 0, 1]], features=v)
    assert len(made) == 3


COUNTS = torch.tensor([1, 3, 0, 2, 1, 1, 2, 0, 1])


@each_name
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_weights_are_copies_that_are_not_contrasted(name, ties, scale):
    loss, oracle = PAIRS[name]
    f, y, v = make_data(2, ties=ties)
    weight = scale * COUNTS.double()
    if name != "ranksim":
        # the mean number of copies is over the rows that have any
        kept = COUNTS > 0
        expected = oracle_values(oracle, f[:, kept], y[:, kept], v[:, kept],
                                 COUNTS[kept])
    else:
        expected = oracle_values(oracle, f, y, v, COUNTS)
    assert_close(loss(f, y, weight, features=v), expected, rtol=1e-9, atol=1e-9)


@each_loss
def test_equal_weights_are_no_weights(loss):
    f, y, v = make_data(2)
    weight = torch.full((N_ROWS,), 0.3, dtype=torch.float64)
    assert_close(value_and_gradients(loss, f, y, v, weight),
                 value_and_gradients(loss, f, y, v))


@each_loss
def test_rows_of_weight_zero_are_absent(loss):
    f, y, v = make_data(2)
    weight = COUNTS.double()
    kept = weight > 0
    value, *gradients = value_and_gradients(loss, f, y, v, weight)
    expected, *expected_gradients = value_and_gradients(
        loss, f[:, kept], y[:, kept], v[:, kept], weight[kept])
    assert_close(value, expected)
    for gradient, expected in zip(gradients, expected_gradients):
        assert_close(gradient[:, kept], expected)
        assert not gradient[:, ~kept].any()


def test_ranksim_with_a_row_twice():
    f, y, v = make_data()
    weight = torch.ones(N_ROWS, dtype=torch.float64)
    weight[4] = 2
    value, _, gradient = value_and_gradients(L.ranksim_loss, f, y, v, weight)
    twice = [*range(N_ROWS), 4]
    expected, _, expected_gradient = value_and_gradients(
        L.ranksim_loss, f[twice], y[twice], v[twice])
    assert_close(value, expected)
    assert_close(gradient, expected_gradient[:N_ROWS])


def test_absolute_error_of_conr_with_a_row_twice():
    f, y, v = make_data()
    weight = torch.ones(N_ROWS, dtype=torch.float64)
    weight[4] = 2
    twice = [*range(N_ROWS), 4]
    _, actual, _ = value_and_gradients(L.conr_loss, f, y, v, weight)
    _, expected, _ = value_and_gradients(L.conr_loss, f[twice], y[twice], v[twice])
    expected[4] += expected[-1]
    assert_close(actual, expected[:N_ROWS])
