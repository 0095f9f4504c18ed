"""The value of each loss over features is that of its definition."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses.latent import functional as L
from tests.losses.latent import oracles
from tests.losses.latent.cases import (
    N_ROWS,
    PAIRS,
    SETTINGS,
    each_loss,
    each_name,
    make_data,
    oracle_values,
    value_and_gradients,
)


def test_rnc_by_hand():
    v, y = np.array([[0.0], [1.0], [3.0]]), np.array([[0.0], [1.0], [2.0]])
    e1, e2, e3 = np.exp([-1.0, -2.0, -3.0])
    # from the middle both others are equally far in label
    expected = (np.log((e1 + e3) / e1) + np.log((e1 + e2) / e1) + np.log((e1 + e2) / e2)
                + np.log((e2 + e3) / e2)) / 6
    assert oracles.rnc(v, y, [1, 1, 1], 1.0) == pytest.approx(expected)


def test_conr_by_hand():
    v = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    y, f = np.array([[0.0], [0.5], [5.0]]), np.array([[0.0], [3.0], [0.5]])
    # of the first the second is a positive and the third a negative; of the second none
    # is a negative; the third has no positive
    positive, negative = 1.0, np.exp(0.05) * np.exp(np.sqrt(0.5))
    expected = -np.log(positive / (positive + negative)) / 3
    assert oracles.conr(v, f, y, [1, 1, 1], 1.0, 1.0) == pytest.approx(expected)


def test_ranksim_by_hand():
    v = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]])
    y = np.array([[0.0], [1.0], [3.0]])
    # the first two see the second and third neighbour in exchanged order, the last, with
    # neighbours second and first, as well
    value, _ = oracles.ranksim(v, y, [1, 1, 1], 1.0, 1.0)
    assert value == pytest.approx(3 * (2 / 9) / 3)


@each_name
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("members", [(), (1,), (3,), (2, 2)])
def test_value_of_the_definition(name, members, k, ties):
    loss, oracle = PAIRS[name]
    f, y, v = make_data(*members, k=k, ties=ties)
    actual = loss(f, y, features=v)
    assert_close(actual, oracle_values(oracle, f, y, v), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name, settings", SETTINGS)
def test_settings_of_the_definition(name, settings):
    loss, oracle = PAIRS[name]
    f, y, v = make_data(2)
    expected = oracle_values(oracle, f, y, v, **settings)
    assert_close(loss(f, y, features=v, **settings), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name, settings", [
    ("ranksim", {"gamma": [1.0, 10.0, 100.0], "interpolation": [0.5, 1.0, 2.0]}),
    ("rnc", {"temperature": [1.0, 2.0, 4.0]}), ("conr", {"beta": [0.2, 1.0, 4.0]})])
@pytest.mark.parametrize("shared", [True, False])
def test_settings_of_each_member_are_those_alone(name, settings, shared):
    loss, oracle = PAIRS[name]
    f, y, v = make_data(3)
    y = y[0] if shared else y
    tensors = {name: torch.tensor(setting) for name, setting in settings.items()}
    actual = value_and_gradients(loss, f, y, v, **tensors)
    assert_close(actual[0], oracle_values(oracle, f, y, v, **settings), rtol=1e-6, atol=1e-6)
    for member in range(3):
        own = {name: setting[member] for name, setting in settings.items()}
        alone = value_and_gradients(
            loss, f[member], y if shared else y[member], v[member], **own)
        assert_close([part[member] for part in actual], list(alone), rtol=1e-6, atol=1e-6)


@each_name
def test_one_dimension_is_one_column(name):
    loss, oracle = PAIRS[name]
    f, y, v = make_data()
    value, grad, features_grad = value_and_gradients(loss, f[:, 0], y[:, 0], v)
    assert_close(value, oracle_values(oracle, f, y, v)[()], rtol=1e-9, atol=1e-9)
    assert grad.shape == (N_ROWS,) and features_grad.shape == v.shape


@each_name
def test_single_precision_is_close_to_double(name):
    loss, _ = PAIRS[name]
    f, y, v = make_data(2, n=60, h=8, ties=False)
    expected = value_and_gradients(loss, f, y, v)
    actual = value_and_gradients(loss, f.float(), y.float(), v.float())
    assert all(part.dtype == torch.float32 for part in actual)
    for one, other in zip(actual, expected):
        assert_close(one.double(), other, rtol=2e-3, atol=1e-4)


@each_loss
def test_half_precision_is_computed_in_single(loss):
    f, y, v = make_data(2, dtype=torch.float16)
    value = loss(f, y, features=v)
    assert_close(value, loss(f.float(), y.float(), features=v.float()))


@each_loss
def test_arguments_stay_as_they_are(loss):
    arguments = *make_data(2), torch.linspace(0, 1, N_ROWS, dtype=torch.float64)
    before = [argument.clone() for argument in arguments]
    value_and_gradients(loss, *arguments)
    for argument, copy in zip(arguments, before):
        assert torch.equal(argument, copy)


def test_conr_far_beyond_exponentials():
    f, y, v = make_data(2)
    for scale, settings in ((1.0, {"temperature": 1e-3}), (1e6, {"window": 1e6})):
        value = L.conr_loss(f * scale, y * scale, features=v, **settings)
        regulariser = value - (f - y).abs().mean((-2, -1)) * scale
        z = v / v.norm(dim=-1, keepdim=True)
        expected = oracles.conr_in_logarithms(z, f * scale, y * scale, **settings)
        assert (expected > 0).all()
        assert_close(regulariser, expected, rtol=1e-6, atol=1e-6)
