"""The losses over features against their definitions, on batches that hypothesis draws.

Labels and features each have a unit of their own, from 1e-12 to 1e12.  The unit of labels is a
power of two where equal distances matter, for others make them differ in the last bit.
"""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.testing import assert_close

from sklearn_gar.losses.latent import functional as L
from tests.losses.latent import oracles
from tests.losses.latent.cases import each_name, value_and_gradients
from tests.losses.test_properties import dtypes, powers_of_ten, units, weights

LOSSES = {"ranksim": L.ranksim_loss, "rnc": L.rnc_loss, "conr": L.conr_loss}


def powers_of_two(low, high):
    return st.integers(low, high).map(lambda exponent: 2.0**exponent)


@st.composite
def batches(draw, most_rows=5, members=True):
    """Predictions, targets and features in units of one, and counts of the rows.

    Labels have few digits and are often equal.  Features are in general position, for equal
    cosines are ranked by their rounding.
    """
    n, k, h = draw(st.integers(1, most_rows)), draw(st.integers(1, 2)), draw(st.integers(1, 4))
    shape = (draw(st.integers(1, 3)), n) if members else (n,)
    whole = st.integers(-8, 8)
    f, y = (torch.tensor(draw(arrays(np.float64, (*shape, k), elements=whole)) / 4)
            for _ in range(2))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    v = torch.randn(*shape, h, generator=generator, dtype=torch.float64)
    counts = torch.tensor(draw(arrays(np.int64, n, elements=st.integers(0, 2))))
    counts[0] += not counts.any()
    return f, y, v, counts


@st.composite
def settings_of(draw, name):
    """Settings of a loss in units of its labels and features."""
    moderate = powers_of_ten(-1, 1)
    return {key: draw(moderate) for key in {
        "ranksim": ("gamma", "interpolation"), "rnc": ("temperature",),
        "conr": ("beta", "window", "temperature")}[name]}


def in_units(name, parameters, label_unit, feature_unit):
    """The settings for labels and features in these units."""
    unit_of = {"window": label_unit}
    if name == "rnc":
        unit_of["temperature"] = feature_unit
    return {key: value * unit_of.get(key, 1) for key, value in parameters.items()}


@each_name
@settings(deadline=None)
@given(data=st.data())
def test_values_and_gradients_are_finite(name, data):
    dtype = data.draw(dtypes)
    n, k, h = (data.draw(st.integers(1, most)) for most in (6, 2, 4))
    members = data.draw(st.sampled_from([(), (2,)]))
    number = st.one_of(st.just(0.0), units, units.map(lambda unit: -unit))
    f, y, v = (torch.tensor(data.draw(arrays(np.float64, (*members, n, width), elements=number)),
                            dtype=dtype) for width in (k, k, h))
    weight = data.draw(weights((*members, n, k), dtype))
    parameters = {key: data.draw(units) for key in data.draw(settings_of(name))}
    for part in value_and_gradients(LOSSES[name], f, y, v, weight, **parameters):
        assert part.isfinite().all()


def without_digits(name, v, y, parameters):
    """Whether the ranks of a member hang on rounding."""
    if name != "ranksim" or len(v) < 2:
        return False
    z = v / v.norm(dim=-1, keepdim=True)
    cosines = z @ z.T
    _, slopes = ranksim_shifts(cosines.numpy(), y.numpy(), **parameters)
    for table in (cosines.numpy(), slopes):
        gaps = np.abs(table[:, :, None] - table[:, None, :])
        if (gaps[:, ~np.eye(len(v), dtype=bool)] < 1e-4).any():
            return True
    return False


def ranksim_shifts(cosines, y, gamma, interpolation):
    """Cosines, and cosines shifted by the gradient of their ranks, between distinct labels."""
    shifted = np.empty_like(cosines)
    for i in range(len(y)):
        by_label = oracles.ranks([-oracles.distance(y[i], y[j]) for j in range(len(y))])
        difference = oracles.ranks(cosines[i]) - by_label
        shifted[i] = cosines[i] + interpolation * gamma * 2 / len(y) * difference
    return cosines, shifted


def distinct(y):
    return len({tuple(row) for row in y.tolist()}) == len(y)


def definition(name, f, y, v, counts, parameters):
    f, y, v, counts = (column.numpy() for column in (f, y, v, counts))
    error = oracles.absolute_error(f, y, counts)
    if name == "rnc":
        return oracles.rnc(v, y, counts, **parameters)
    if name == "conr":
        contrast = {key: parameters[key] for key in ("window", "temperature")}
        return error + parameters["beta"] * oracles.conr(v, f, y, counts, **contrast)
    return error + oracles.ranksim(v, y, counts, **parameters)[0]


@each_name
@settings(deadline=None)
@given(data=st.data())
def test_value_of_the_definition(name, data):
    f, y, v, counts = data.draw(batches())
    parameters = data.draw(settings_of(name))
    # beyond 1e4 the pushing weight of ConR overflows in its definition
    label_unit = data.draw(powers_of_two(-40, 10 if name == "conr" else 40))
    feature_unit, weight_unit = data.draw(units), data.draw(units)
    kept = counts > 0
    assume(not any(without_digits(name, *rows, parameters) for rows in zip(v, y)))
    scaled = in_units(name, parameters, label_unit, feature_unit)
    f, y, v = f * label_unit, y * label_unit, v * feature_unit
    values = LOSSES[name](f, y, counts * weight_unit, features=v, **scaled)
    for member, value in enumerate(values):
        # the mean number of copies is over the rows that have any
        columns = (column[member][kept] for column in (f, y, v))
        expected = definition(name, *columns, counts[kept], scaled)
        assert value.item() == pytest.approx(expected, rel=1e-8, abs=1e-14)


@settings(deadline=None)
@given(data=st.data())
def test_conr_of_distant_labels(data):
    f, y, v, _ = data.draw(batches())
    label_unit, parameters = data.draw(units), data.draw(settings_of("conr"))
    parameters["window"] *= label_unit
    beta = parameters.pop("beta")
    f, y = f * label_unit, y * label_unit
    value = L.conr_loss(f, y, features=v, beta=beta, **parameters)
    z = v / v.norm(dim=-1, keepdim=True)
    expected = (f - y).abs().mean((-2, -1)) + beta * oracles.conr_in_logarithms(
        z, f, y, **parameters)
    assert_close(value, expected, rtol=1e-8, atol=1e-9 * max(1, label_unit))


def recorded(name, f, y, v, window=None, temperature=None, beta=1):
    """The contrast of a loss by its definition, row by row, recorded by autograd."""
    n = len(v)
    total = 0 * v.sum()
    for i in range(n):
        others = [j for j in range(n) if j != i]
        label = {j: float((y[i] - y[j]).norm()) for j in others}
        if name == "rnc":
            power = {j: -(v[i] - v[j]).norm() / temperature for j in others}
            for j in others:
                farther = torch.stack([power[k] for k in others if label[k] >= label[j]])
                total = total + (farther.logsumexp(0) - power[j]) / (n - 1) / n
            continue
        power = {j: (v[i] / v[i].norm()) @ (v[j] / v[j].norm()) / temperature for j in others}
        positives = [power[j] for j in others if label[j] <= window]
        negatives = [power[j] + 0.01 * label[j] for j in others
                     if label[j] > window and (f[i] - f[j]).norm() <= window]
        if positives and negatives:
            total = total + (torch.stack(positives + negatives).logsumexp(0)
                             - torch.stack(positives).logsumexp(0)) / n
    return beta * total


@pytest.mark.parametrize("name", ["rnc", "conr"])
@settings(deadline=None)
@given(data=st.data())
def test_gradient_is_that_of_the_definition(name, data):
    f, y, v, _ = data.draw(batches(members=False))
    parameters = data.draw(settings_of(name))
    label_unit, feature_unit = data.draw(powers_of_two(-40, 40)), data.draw(units)
    # distances of one feature that lie near each other round
    assume(len(v) < 2 or torch.pdist(v).min() > 1e-3)
    scaled = in_units(name, parameters, label_unit, feature_unit)
    f, y, v = f * label_unit, y * label_unit, v * feature_unit
    _, _, gradient = value_and_gradients(LOSSES[name], f, y, v, **scaled)
    v.requires_grad_()
    (expected,) = torch.autograd.grad(recorded(name, f, y, v, **scaled), v)
    assert_close(gradient, expected, rtol=1e-5, atol=1e-9 / feature_unit)


@settings(deadline=None)
@given(data=st.data())
def test_gradient_of_ranksim_is_the_blackbox_interpolation(data):
    f, y, v, counts = data.draw(batches(members=False))
    assume(distinct(y))
    parameters, feature_unit = data.draw(settings_of("ranksim")), data.draw(units)
    assume(not without_digits("ranksim", v, y, parameters))
    v = v * feature_unit
    _, _, gradient = value_and_gradients(L.ranksim_loss, f, y, v, **parameters)
    _, expected = oracles.ranksim(v.numpy(), y.numpy(), np.ones(len(y), dtype=int), **parameters)
    assert_close(gradient, torch.from_numpy(expected), rtol=1e-6, atol=1e-9 / feature_unit)


@each_name
@settings(deadline=None)
@given(data=st.data())
def test_a_member_is_as_alone(name, data):
    f, y, v, counts = data.draw(batches())
    parameters = data.draw(settings_of(name))
    assume(not any(without_digits(name, *rows, parameters) for rows in zip(v, y)))
    assume(len(y[0]) < 2 or v.shape[-1] > 1 or name == "ranksim" or all(
        torch.pdist(rows).min() > 1e-3 for rows in v))
    weight = data.draw(st.sampled_from([None, counts.double()]))
    together = value_and_gradients(LOSSES[name], f, y, v, weight, **parameters)
    for member in range(len(f)):
        alone = value_and_gradients(
            LOSSES[name], f[member], y[member], v[member], weight, **parameters)
        assert_close([part[member] for part in together], list(alone), rtol=1e-7, atol=1e-9)
