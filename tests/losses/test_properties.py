"""The losses in O(n) against their definitions, on batches that hypothesis draws.

Units go from 1e-12 to 1e12.  A value is compared within the rounding of the columns that its
terms are made of: every term has an interval, and the losses grow with their terms.
"""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.testing import assert_close

from sklearn_gar.losses import functional as F
from tests import oracles
from tests.losses.cases import assert_finite, value_and_gradient

POINTWISE = {
    "absolute_error": lambda d: np.abs(d),
    "squared_error": lambda d: d**2,
    "huber": lambda d, delta: np.where(
        np.abs(d) <= delta, d**2 / 2, delta * (np.abs(d) - delta / 2)),
    "focal_absolute_error": lambda d, beta, gamma: np.abs(d) * focal_factor(d, beta, gamma),
    "focal_squared_error": lambda d, beta, gamma: d**2 * focal_factor(d, beta, gamma),
}
LOSSES = {
    "gar": F.gar_loss,
    "pairwise_difference": F.pairwise_difference,
    "normalized_pairwise_difference": F.normalized_pairwise_difference,
    "mae_pearson": F.mae_pearson_loss,
    **{name: getattr(F, name) for name in POINTWISE},
}
OF_TERMS = [name for name in LOSSES if name not in POINTWISE]
# roundings of a moment of a few rows, generously
ROUNDINGS = 64


def focal_factor(d, beta, gamma):
    """(2 sigmoid(beta |d|) - 1)^gamma, with the digits that the subtraction would lose."""
    x = beta * np.abs(d)
    return (-np.expm1(-x) / (1 + np.exp(-x))) ** gamma


def powers_of_ten(low, high):
    return st.floats(low, high).map(lambda exponent: 10.0**exponent)


units = powers_of_ten(-12, 12)
dtypes = st.sampled_from([torch.float32, torch.float64])


@st.composite
def shapes(draw, least_rows=1):
    """Shapes (n, k) and (m, n, k)."""
    rows, targets = draw(st.integers(least_rows, 7)), draw(st.integers(1, 3))
    members = draw(st.integers(0, 3))
    return (members, rows, targets) if members else (rows, targets)


@st.composite
def weights(draw, shape, dtype):
    """None or weights of any unit, some of them zero, of all members or of each."""
    shared = draw(st.sampled_from(["none", "shared", "own"]))
    if shared == "none":
        return None
    rows = shape[-2:-1] if shared == "shared" else shape[:-1]
    weight = draw(arrays(np.float64, rows, elements=st.integers(0, 4)))
    weight[..., 0] += weight.sum(-1) == 0
    return torch.tensor(weight * draw(units), dtype=dtype)


@st.composite
def batches(draw, dtypes=dtypes, least_rows=1, any_unit=True):
    """Predictions, targets and weights; the columns have few digits, and often equal numbers."""
    shape, dtype = draw(shapes(least_rows)), draw(dtypes)
    columns = []
    unit = draw(units)
    for _ in range(2):
        column = draw(arrays(np.float64, shape, elements=st.integers(-64, 64))) / 16
        offset = draw(st.sampled_from([0.0, 0.0, 1.0, 100.0]))
        columns.append(torch.tensor((column + offset) * unit, dtype=dtype))
        unit = draw(units) if any_unit else unit
    input, target = columns
    if len(shape) == 3 and draw(st.booleans()):
        target = target[0]
    if draw(st.integers(0, 9)) == 0:
        input = target.expand(shape).clone()  # a perfect fit
    return input, target, draw(weights(shape, dtype))


def parameters_of(name, moderate=False):
    """Parameters of a loss; moderate ones keep the digits of an error."""
    number = powers_of_ten(-1, 1) if moderate else units
    return st.fixed_dictionaries({
        "gar": {"alpha": st.one_of(powers_of_ten(-2, 2), st.just(float("inf")))},
        "huber": {"delta": units},
        "focal_absolute_error": {"beta": units, "gamma": number},
        "focal_squared_error": {"beta": units, "gamma": number},
    }.get(name, {}))


def members_of(input, target, weight):
    """Columns (n, k) and weights (n,) of each member, in double precision."""
    rows = input.shape[-2:]
    f = input.double().reshape(-1, *rows)
    y = target.double().expand(input.shape).reshape(-1, *rows)
    w = torch.ones(input.shape[:-1]) if weight is None else weight.expand(input.shape[:-1])
    return zip(f.numpy(), y.numpy(), w.double().reshape(-1, rows[0]).numpy())


def spread(column, p):
    return np.sqrt(p @ (column - p @ column) ** 2)


def shape_term(f, y, p, eps):
    """1 - rho of one target with the floor of 1e-5, over all pairs, and its rounding."""
    scale_y = spread(y, p)
    scale_f = max(spread(f, p), 1e-5 * scale_y)
    largest = [np.abs(column).max() for column in (f, y)]
    if any(np.ptp(column[p > 0]) == 0 for column in (f, y)):
        return 1.0, ROUNDINGS * eps * max(
            (a / b for a, b in zip(largest, (scale_f, scale_y)) if b > eps * a), default=1)
    rounding = ROUNDINGS * eps * sum(a / b for a, b in zip(largest, (scale_f, scale_y)))
    if rounding > 0.1:  # perhaps constant, up to rounding
        return 1.0, 1.0
    products = (f[:, None] - f) * (y[:, None] - y)
    return 1 - p @ products @ p / (2 * scale_f * scale_y), rounding


def intervals(f, y, w, eps, tiny):
    """Lower and upper bounds of the three terms."""
    p = w / w.sum()
    terms = oracles.absolute_error(f, y, w), oracles.pairwise_difference(f, y, w)
    largest = np.abs(f - y).max()
    bounds = [(terms[0], ROUNDINGS * eps * largest), (terms[1], ROUNDINGS * eps * largest**2)]
    each = [shape_term(*columns, p, eps) for columns in zip(f.T, y.T)]
    bounds.append(np.mean(each, axis=0))
    least = np.array([tiny, tiny, eps])
    centre, radius = np.array(bounds).T
    return np.maximum(centre - radius, least), np.maximum(centre + radius, least)


def bounds_of(name, low, high, alpha=None):
    """Bounds of a loss of the terms, which grows with each of them but for a factor."""
    if name == "gar":
        return [log_power_mean(terms, alpha) for terms in (low, high)]
    if name == "mae_pearson":  # the factor of the error is abs(rho)
        factors = sorted(abs(1 - terms[2]) for terms in (low, high))
        if low[2] < 1 < high[2]:
            factors[0] = 0
        return [factor * terms[0] + terms[2] ** 2
                for factor, terms in zip(factors, (low, high))]
    index = OF_TERMS.index(name)
    return low[index], high[index]


def log_power_mean(terms, alpha):
    logs = np.log(terms)
    if np.isinf(alpha):
        return logs.mean()
    return alpha * (np.logaddexp.reduce(logs / alpha) - np.log(3))


@pytest.mark.parametrize("name", OF_TERMS)
@settings(deadline=None)
@given(data=st.data())
def test_losses_of_terms_have_the_value_of_the_definition(name, data):
    input, target, weight = data.draw(batches())
    parameters = data.draw(parameters_of(name))
    values = LOSSES[name](input, target, weight, **parameters).double().reshape(-1)
    info = torch.finfo(input.dtype)
    for value, columns in zip(values.tolist(), members_of(input, target, weight), strict=True):
        low, high = bounds_of(name, *intervals(*columns, info.eps, info.tiny), **parameters)
        rounding = ROUNDINGS * info.eps * (abs(value) + (name == "gar"))
        assert low - rounding <= value <= high + rounding


@pytest.mark.parametrize("name", POINTWISE)
@settings(deadline=None)
@given(data=st.data())
def test_pointwise_losses_have_the_value_of_the_definition(name, data):
    input, target, weight = data.draw(batches())
    parameters = data.draw(parameters_of(name, moderate=True))
    values = LOSSES[name](input, target, weight, **parameters).double().reshape(-1)
    info = torch.finfo(input.dtype)
    for value, (f, y, w) in zip(values.tolist(), members_of(input, target, weight), strict=True):
        expected = np.mean(w @ POINTWISE[name](f - y, **parameters) / w.sum())
        # a power of gamma multiplies the rounding of its base
        rounding = ROUNDINGS * info.eps * (1 + parameters.get("gamma", 1))
        assert value == pytest.approx(expected, rel=rounding, abs=4 * info.tiny)


@pytest.mark.parametrize("name", LOSSES)
@settings(deadline=None)
@given(data=st.data())
def test_values_and_gradients_are_finite(name, data):
    shape, dtype = data.draw(shapes()), data.draw(dtypes)
    # numbers of all sizes in one column
    numbers = st.one_of(st.just(0.0), units, units.map(lambda unit: -unit))
    input, target = (torch.tensor(data.draw(arrays(np.float64, shape, elements=numbers)),
                                  dtype=dtype) for _ in range(2))
    weight, parameters = data.draw(weights(shape, dtype)), data.draw(parameters_of(name))
    assert_finite(*value_and_gradient(LOSSES[name], input, target, weight, **parameters))


@pytest.mark.parametrize("name", LOSSES)
@settings(deadline=None)
@given(data=st.data())
def test_a_member_is_as_alone(name, data):
    input, target, weight = data.draw(batches(dtypes=st.just(torch.float64), any_unit=False))
    assume(input.ndim == 3)
    parameters = data.draw(parameters_of(name, moderate=True))
    unit = max(input.abs().max().item(), target.abs().max().item(), 1e-300)
    # in a common unit, so that roundings are of one size
    input, target = input / unit, target / unit
    values, gradients = value_and_gradient(LOSSES[name], input, target, weight, **parameters)
    for member in range(len(input)):
        y = target if target.ndim == 2 else target[member]
        w = weight if weight is None or weight.ndim == 1 else weight[member]
        alone = LOSSES[name](input[member], y, w, **parameters)
        info = torch.finfo(torch.float64)
        (columns,) = members_of(input[member], y, w)
        if name in OF_TERMS:
            low, high = bounds_of(name, *intervals(*columns, info.eps, info.tiny), **parameters)
            rounding = high - low + 1e-12
        else:
            rounding = 1e-12
        assert abs(values[member] - alone) <= rounding
    assert gradients.isfinite().all()


def pairwise_loss(name, f, y, w, alpha=None, delta=None, beta=None, gamma=None):
    """The definition over all pairs, recorded by autograd, for columns (n, k)."""
    p = (w / w.sum())[:, None]
    d = f - y
    if name not in OF_TERMS[:4]:
        size = d.abs()
        factor = 1 if gamma is None else (2 * torch.sigmoid(beta * size) - 1) ** gamma
        errors = {"absolute_error": size, "squared_error": d**2, "focal_absolute_error": size,
                  "focal_squared_error": d**2}.get(name)
        if name == "huber":
            errors = torch.where(size <= delta, d**2 / 2, delta * (size - delta / 2))
        return (p * errors * factor).sum(0).mean()
    masses = p[:, None] * p
    df, dy = f[:, None] - f, y[:, None] - y
    norm_f, norm_y = ((masses * pairs**2).sum((0, 1)).sqrt() for pairs in (df, dy))
    terms = ((p * d.abs()).sum(0).mean(), (masses * (df - dy) ** 2 / 2).sum((0, 1)).mean(),
             (masses * (df / norm_f - dy / norm_y) ** 2 / 2).sum((0, 1)).mean())
    if name == "mae_pearson":
        distance = terms[2].detach()
        return (1 - distance).abs() * terms[0] + distance * terms[2]
    if name != "gar":
        return terms[OF_TERMS.index(name)]
    logs = torch.stack(terms).log()
    return logs.mean() if np.isinf(alpha) else alpha * (logs / alpha).logsumexp(0)


@pytest.mark.parametrize("name", LOSSES)
@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_gradients_are_those_of_the_definition(name, data):
    unit = data.draw(units)
    input, target, weight = data.draw(
        batches(dtypes=st.just(torch.float64), least_rows=3, any_unit=False))
    parameters = data.draw(parameters_of(name, moderate=True))
    largest = max(input.abs().max().item(), target.abs().max().item())
    assume(largest > 0)
    input, target = unit * input / largest, unit * target / largest
    # parameters in the units of the target
    for key, power in (("delta", 1), ("beta", -1)):
        if key in parameters:
            parameters[key] = data.draw(powers_of_ten(-2, 2)) * unit**power
    _, gradients = value_and_gradient(LOSSES[name], input, target, weight, **parameters)
    gradients = gradients.reshape(-1, *gradients.shape[-2:])
    for gradient, (f, y, w) in zip(gradients, members_of(input, target, weight), strict=True):
        p = w / w.sum()
        # where the definition has digits: nothing is constant, and no fit is perfect
        assume(all(spread(column, p) > 1e-2 * unit for column in (*f.T, *y.T, *(f - y).T)))
        f, y, w = map(torch.from_numpy, (f.copy(), y.copy(), w.copy()))
        if name in ("gar", "normalized_pairwise_difference", "mae_pearson"):
            rho = np.array([np.corrcoef(a, b, rowvar=False)[0, 1] if (p > 0).all() else np.cov(
                a, b, aweights=p)[0, 1] / np.sqrt(np.prod(np.diag(np.cov(a, b, aweights=p))))
                for a, b in zip(f.numpy().T, y.numpy().T)])
            assume((np.abs(rho) < 0.999).all())
        f.requires_grad_()
        (expected,) = torch.autograd.grad(pairwise_loss(name, f, y, w, **parameters), f)
        if "gamma" in parameters:  # autograd has 0 times infinity there, whose limit is 0
            expected = torch.where(f == y, 0, expected)
        assert_close(gradient, expected, rtol=1e-6, atol=1e-9 * expected.abs().max().item())
