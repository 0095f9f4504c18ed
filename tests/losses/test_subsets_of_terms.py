"""GAR over a subset of its terms, as in the paper's ablation."""

import copy
import itertools
import pickle

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import GARLoss, GARSquaredErrorLoss, make_criterion
from sklearn_gar.losses import functional as F
from tests import oracles
from tests.losses.cases import (
    each_alpha,
    has_right_gradient,
    make_data,
    make_weight,
    oracle_values,
    value_and_gradient,
)

NAMES = ("absolute_error", "pairwise_difference", "normalized_pairwise_difference")
WITH_SQUARED = (*NAMES, "squared_error")
SUBSETS = [subset for size in range(1, 5) for subset in itertools.combinations(WITH_SQUARED, size)]
each_subset = pytest.mark.parametrize("terms", SUBSETS, ids="+".join)


def oracle(terms):
    def gar(f, y, weight=None, alpha=1.0):
        terms_of_paper = oracles.gar_terms(f, y, weight)
        values = dict(zip(WITH_SQUARED, (*terms_of_paper, oracles.squared_error(f, y, weight))))
        return oracles.log_power_mean(np.array([values[name] for name in terms]), alpha)
    return gar


@each_subset
@each_alpha
@pytest.mark.parametrize("shape", [(9,), (9, 2), (3, 9, 1), (2, 9, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_definition(terms, alpha, shape, weighted):
    input, target = make_data(*shape)
    weight = make_weight(9) if weighted else None
    expected = oracle_values(oracle(terms), input, target, weight, alpha=alpha)
    actual = F.gar_loss(input, target, weight, alpha=alpha, terms=terms)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@each_subset
@pytest.mark.parametrize("alpha", [0.1, 1.0, float("inf")])
@pytest.mark.parametrize("shape", [(6, 1), (2, 6, 2)])
def test_gradient(terms, alpha, shape):
    input, target = make_data(*shape)
    assert has_right_gradient(F.gar_loss, input, target, make_weight(6), alpha=alpha, terms=terms)


@pytest.mark.parametrize("name, function", [
    ("absolute_error", F.absolute_error), ("pairwise_difference", F.pairwise_difference),
    ("normalized_pairwise_difference", F.normalized_pairwise_difference),
    ("squared_error", F.squared_error)])
@each_alpha
def test_a_single_term_is_its_logarithm(name, function, alpha):
    input, target = make_data(2, 9, 1)
    expected = value_and_gradient(lambda *arguments: function(*arguments).log(), input, target)
    actual = value_and_gradient(F.gar_loss, input, target, alpha=alpha, terms=[name])
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


def test_all_terms_are_the_default():
    data = make_data(2, 9, 2)
    for terms in itertools.permutations(NAMES):
        assert torch.equal(F.gar_loss(*data, terms=terms), F.gar_loss(*data))


@each_subset
def test_module(terms):
    data = make_data(3, 9, 2)
    criterion = GARLoss(torch.tensor([0.1, 1.0, 10.0]), terms=list(terms))
    expected = value_and_gradient(
        F.gar_loss, *data, alpha=criterion.alpha, terms=terms)
    for loss in (criterion, copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
        assert_close(value_and_gradient(loss, *data), expected, rtol=0, atol=0)
        assert_close(loss.value_and_gradient(*data), expected, rtol=0, atol=0)


def test_squared_error_may_take_the_place_of_the_absolute_error():
    data, terms = make_data(3, 9, 2), ("squared_error", *NAMES[1:])
    loss = GARSquaredErrorLoss(alpha=10.0)
    expected = value_and_gradient(F.gar_loss, *data, alpha=10.0, terms=terms)
    assert_close(value_and_gradient(loss, *data), expected, rtol=0, atol=0)
    assert isinstance(make_criterion("gar_squared_error", [10.0] * 3).loss, GARSquaredErrorLoss)
    assert make_criterion("gar_squared_error", [10.0] * 3).loss.alpha == 10


def test_repr():
    assert repr(GARLoss(terms=NAMES[::-1])) == "GARLoss(alpha=1.0)"
    assert repr(GARLoss(terms=["absolute_error"])) == (
        "GARLoss(alpha=1.0, terms=('absolute_error',))")


@pytest.mark.parametrize("terms", [
    (), "absolute_error", ("absolute_error", "huber"), ("absolute_error",) * 2, None, 3,
    ({},)], ids=str)
@pytest.mark.parametrize("make", [
    lambda terms: GARLoss(terms=terms),
    lambda terms: F.gar_loss(torch.zeros(3), torch.arange(3.0), terms=terms)],
    ids=["module", "function"])
def test_unknown_terms(make, terms):
    with pytest.raises(ValueError, match="terms must be .*'absolute_error', "
                       "'pairwise_difference', 'normalized_pairwise_difference'.*got"):
        make(terms)
