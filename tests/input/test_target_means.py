"""Shrunken means of the targets for each level, against the analysis of variance."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gar._input.target_means import cross_fitted_means, shrunken_means

RNG = np.random.RandomState(0)


def balanced(n_levels=6, n_rows=5, between=2.0):
    levels = np.repeat(np.arange(n_levels), n_rows)
    y = between * RNG.normal(size=n_levels)[levels] + RNG.normal(size=len(levels)) + 100
    return levels, y


@pytest.mark.parametrize("between", [0.0, 0.3, 2.0])
def test_balanced_levels_are_shrunk_as_the_analysis_of_variance_says(between):
    levels, y = balanced(between=between)
    means = np.array([y[levels == level].mean() for level in range(6)])
    within = sum(((y[levels == level] - means[level]) ** 2).sum() for level in range(6)) / (30 - 6)
    among = 5 * ((means - y.mean()) ** 2).sum() / (6 - 1)
    variance = max(0, (among - within) / 5)
    expected = y.mean() + 5 * variance / (5 * variance + within) * (means - y.mean())
    found = shrunken_means(levels, 6, y[:, None], None)
    assert_allclose(found[:, 0], expected, rtol=1e-10)


def test_levels_with_few_rows_are_shrunk_more():
    n_rows = np.array([2, 4, 8, 16, 32, 64])
    levels = np.repeat(np.arange(6), n_rows)
    effect = np.array([3.0, -3, 3, -3, 3, -3])
    y = effect[levels] + np.tile([-2.0, 2.0], 63)
    found = shrunken_means(levels, 6, y[:, None], None)[:, 0]
    overall = y.mean()
    shares = (found - overall) / (effect - overall)
    assert (np.diff(shares) > 0).all() and shares[0] > 0 and shares[-1] < 1


def test_targets_do_not_matter_to_each_other_and_units_do_not_matter():
    levels, y = balanced()
    both = shrunken_means(levels, 6, np.column_stack((y, y ** 2)), None)
    for column, target in enumerate((y, y ** 2)):
        alone = shrunken_means(levels, 6, target[:, None], None)[:, 0]
        assert_allclose(both[:, column], alone, rtol=1e-12)
    tiny = shrunken_means(levels, 6, 1e-200 * (y[:, None] - 100), None)
    assert_allclose(tiny, 1e-200 * (both[:, :1] - 100), rtol=1e-8, atol=1e-208)


def test_only_ratios_of_weights_count():
    levels, y = balanced()
    weight = RNG.uniform(0.5, 2, len(y))
    one, other = (shrunken_means(levels, 6, y[:, None], weight * factor)
                  for factor in (1.0, 2.0 ** 40))
    assert_allclose(one, other, rtol=1e-12)
    equal = shrunken_means(levels, 6, y[:, None], np.full(len(y), 7.0))
    assert_allclose(equal, shrunken_means(levels, 6, y[:, None], None), rtol=1e-12)


@pytest.mark.parametrize("levels", [np.arange(7), np.zeros(7, dtype=int)],
                         ids=["a level for each row", "one level"])
def test_where_nothing_is_known_of_the_variances_levels_are_equal(levels):
    y = RNG.normal(size=(7, 2))
    found = shrunken_means(levels, 7, y, None)
    assert_allclose(found, np.tile(y.mean(0), (7, 1)), rtol=1e-12)


def test_constant_targets_and_levels_without_rows():
    levels = np.array([0, 0, 2, 2, 2])
    assert_allclose(shrunken_means(levels, 4, np.full((5, 1), 3.0), None), np.full((4, 1), 3.0))
    y = np.array([[1.0], [1.1], [5.0], [5.1], [5.2]])
    found = shrunken_means(levels, 4, y, None)
    assert_allclose(found[[1, 3]], y.mean())


def test_exact_levels_are_not_shrunk():
    levels = np.repeat(np.arange(3), 4)
    y = np.array([1.0, 5.0, -2.0])[levels][:, None]
    assert_allclose(shrunken_means(levels, 3, y, None)[:, 0], [1, 5, -2], rtol=1e-12)


def test_means_of_a_row_are_those_of_the_other_parts():
    levels, y = balanced()
    y = np.column_stack((y, RNG.normal(size=len(y))))
    part = RNG.permutation(len(y)) % 5
    found = cross_fitted_means(levels, 6, y, None, part)
    for row in range(len(y)):
        others = part != part[row]
        alone = shrunken_means(levels[others], 6, y[others], None)
        assert_allclose(found[row], alone[levels[row]], rtol=1e-9)


def test_means_are_weighted():
    levels, y = balanced(between=1e4)  # so that next to nothing is shrunk
    weight = RNG.uniform(0.5, 2, len(y))
    part = RNG.permutation(len(y)) % 5
    found = cross_fitted_means(levels, 6, y[:, None], weight, part)[:, 0]
    whole = shrunken_means(levels, 6, y[:, None], weight)[:, 0]
    for row in range(len(y)):
        same = levels == levels[row]
        others = same & (part != part[row])
        assert_allclose(found[row], np.average(y[others], weights=weight[others]), atol=0.01)
        assert_allclose(whole[levels[row]], np.average(y[same], weights=weight[same]), atol=0.01)


def test_own_targets_never_enter():
    levels, y = balanced()
    part = RNG.permutation(len(y)) % 5
    before = cross_fitted_means(levels, 6, y[:, None], None, part)
    for row in range(0, len(y), 7):
        changed = y.copy()
        changed[row] += 1e3
        after = cross_fitted_means(levels, 6, changed[:, None], None, part)
        assert_allclose(after[row], before[row], rtol=1e-9)
        assert abs(after - before).max() > 1
