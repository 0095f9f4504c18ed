"""GAR's loss of arrays, against the loss that networks are trained with and its definition."""

import math
import warnings

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import cross_val_score

from sklearn_gar import losses
from sklearn_gar.metrics import gar_loss, pearson_score
from tests import oracles

ALPHAS = (1e-3, 0.1, 0.5, 1.0, 10.0, 1e6, math.inf)
each_alpha = pytest.mark.parametrize("alpha", ALPHAS)


def pairs(n_samples=60, n_outputs=None, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    shape = n_samples if n_outputs is None else (n_samples, n_outputs)
    y_true = rng.normal(size=shape)
    return y_true, y_true + noise * rng.normal(size=shape)


def trained(y_true, y_pred, weight=None, alpha=1.0):
    """The loss of tensors in float64."""
    y_true, y_pred = (torch.as_tensor(np.asarray(y, dtype=np.float64)) for y in (y_true, y_pred))
    weight = None if weight is None else torch.as_tensor(np.asarray(weight, dtype=np.float64))
    return losses.gar_loss(y_pred, y_true, weight, alpha=alpha).item()


@each_alpha
@pytest.mark.parametrize("n_outputs", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("noise", [1e-3, 1, 1e3])
def test_equals_the_loss_of_tensors(alpha, n_outputs, weighted, noise):
    y_true, y_pred = pairs(n_outputs=n_outputs, noise=noise)
    weight = np.random.default_rng(1).uniform(size=60) if weighted else None
    value = gar_loss(y_true, y_pred, sample_weight=weight, alpha=alpha)
    assert type(value) is float
    assert value == pytest.approx(trained(y_true, y_pred, weight, alpha), rel=0, abs=1e-10)


@pytest.mark.parametrize("scale, offset", [(1e-100, 0), (1e100, 0), (3, 1e4)])
def test_equals_the_loss_of_tensors_in_any_unit(scale, offset):
    y_true, y_pred = (scale * y + offset for y in pairs())
    assert gar_loss(y_true, y_pred) == pytest.approx(trained(y_true, y_pred), abs=1e-10)


@pytest.mark.parametrize("y_pred", [
    np.zeros(60), np.full(60, 0.3), 1e-7 * pairs()[0], -1e-9 * pairs()[0] + 1, -pairs()[0],
    pairs()[0] + 2, 3 * pairs()[0], pairs()[0]])
def test_equals_the_loss_of_tensors_at_its_limits(y_pred):
    """Constant predictions, deviations below their floor, correlations of -1 and 1."""
    y_true = pairs()[0]
    assert gar_loss(y_true, y_pred) == pytest.approx(trained(y_true, y_pred), abs=1e-10)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 10.0, math.inf])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_its_definition_over_pairs(alpha, weighted):
    y_true, y_pred = pairs(20, n_outputs=2)
    weight = np.random.default_rng(1).uniform(size=20) if weighted else None
    assert gar_loss(y_true, y_pred, sample_weight=weight, alpha=alpha) == pytest.approx(
        oracles.gar(y_pred, y_true, weight, alpha), abs=1e-10)


def test_whole_weights_are_repeated_rows():
    y_true, y_pred = pairs(n_outputs=2)
    weight = np.random.default_rng(1).integers(0, 5, size=60)
    weighted = gar_loss(y_true, y_pred, sample_weight=weight)
    repeated = gar_loss(y_true.repeat(weight, axis=0), y_pred.repeat(weight, axis=0))
    assert weighted == pytest.approx(repeated, abs=1e-12)


def test_limits_of_alpha_are_the_largest_term_and_the_geometric_mean():
    y, f = pairs()
    logs = np.log([np.abs(f - y).mean(), np.var(f - y), 1 - pearson_score(y, f)])
    assert gar_loss(y, f, alpha=1e-6) == pytest.approx(logs.max(), abs=1e-5)
    assert gar_loss(y, f, alpha=math.inf) == pytest.approx(logs.mean())
    assert gar_loss(y, f, alpha=1e12) == pytest.approx(logs.mean(), abs=1e-9)


def test_perfect_predictions_are_better_than_all_others_and_finite():
    y = pairs()[0]
    perfect = gar_loss(y, y)
    assert math.isfinite(perfect)
    assert perfect < gar_loss(y, y + 1e-12 * np.arange(60)) < gar_loss(y, y + 0.1)


@pytest.mark.parametrize("y_pred", [[1, math.inf], [math.nan, 1], [1e308, -1e308]])
def test_predictions_out_of_range_lose_against_all_others(y_pred):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gar_loss([-1e308, 1e308], y_pred) == math.inf


def test_rows_of_weight_zero_may_have_any_prediction():
    y, f = pairs()
    expected = gar_loss(y[1:], f[1:])
    f[0] = math.nan
    assert gar_loss(y, f, sample_weight=np.arange(60) > 0) == pytest.approx(expected)


@pytest.mark.parametrize("y_true, y_pred, kwargs, message", [
    ([1, 2, 3], [1, 2], {}, "inconsistent numbers of samples"),
    ([1, 2, math.nan], [1, 2, 3], {}, "y_true contains NaN"),
    ([1, 2, 3], np.ones((3, 2)), {}, "same number of outputs, got 1 and 2"),
    ([], [], {}, "0 sample"),
    ([1, 2, 3], np.array([1, 2j, 3]), {}, "[Cc]omplex"),
    ([1, 2, 3], [1, 2, 3], {"sample_weight": [1, -1, 1]}, "at least 0 .* -1.0 to 1.0"),
    ([1, 2, 3], [1, 2, 3], {"sample_weight": [0, 0, 0]}, "non-zero|at least 0"),
    ([1, 2, 3], [1, 2, 3], {"alpha": 0}, "'alpha' parameter.*Got 0"),
    ([1, 2, 3], [1, 2, 3], {"alpha": "auto"}, "'alpha' parameter"),
])
def test_bad_input(y_true, y_pred, kwargs, message):
    with pytest.raises(ValueError, match=message):
        gar_loss(y_true, y_pred, **kwargs)


def test_as_a_scorer():
    X = np.random.default_rng(0).normal(size=(40, 2))
    scorer = make_scorer(gar_loss, greater_is_better=False)
    scores = cross_val_score(Ridge(1e-3), X, X @ [1.0, 2.0], scoring=scorer, cv=2)
    worse = cross_val_score(Ridge(1e3), X, X @ [1.0, 2.0], scoring=scorer, cv=2)
    assert (scores > worse).all()
