"""Intervals against the definition: quantiles of residuals over those expected, by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import expon
from sklearn.ensemble import RandomForestRegressor

from tests.data import smooth_table
from tests.out_of_bag.problems import holding_out, problems  # noqa: F401


def conformal_quantile(scores, weight, coverage):
    """The lowest score up to which lies the share of the weight, one row of it beyond all."""
    order = np.argsort(scores, kind="stable")
    total, wanted = weight.sum() + weight.mean(), coverage
    reached = 0.0
    for row in order:
        reached += weight[row]
        if reached / total >= wanted - 1e-12:
            return scores[row]
    return None


def likeliest(residuals, modelled):
    """The share of 1 for which residuals are likeliest, each exponential up to one factor."""
    def minus_log_likelihood(share):
        expected = share + (1 - share) * modelled
        return -expon.logpdf(residuals, scale=expected * np.mean(residuals / expected)).sum()
    return min((1, 2 / 3, 1 / 2, 1 / 3, 1 / 5, 1 / 10, 1 / 20), key=minus_log_likelihood)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("split", ["shuffle", "kfold"])
@pytest.mark.parametrize("n_targets", [None, 2])
def test_bounds_by_hand(problems, weighted, split, n_targets):  # noqa: F811
    X, y = smooth_table(150, n_targets=n_targets, noise=1.0)
    weight = np.random.RandomState(0).uniform(0.5, 2, size=150) if weighted else None
    model = holding_out(validation_split=split, blend=None, max_iter=8).fit(X, y, weight)
    (problem,) = problems
    order = np.array([problem.rows.origin(row)[0] for row in range(len(X))])
    prediction = model.oob_prediction_.reshape(150, -1)[order]
    rows = np.flatnonzero(~np.isnan(prediction[:, 0]))
    targets = y.reshape(150, -1)[order]
    weights = (np.ones(150) if weight is None else weight[order])[rows]
    mean, deviation = (targets.mean(0), targets.std(0)) if weight is None else (
        problem.scaling.target_units.mean, problem.scaling.target_units.scale)
    unit = np.ldexp(1.0, problem.scaling.target_units.exponent)
    residuals = np.abs(targets - prediction)[rows]

    # what a forest expects, in shares of the mean residual, a share of which is added
    scaled = (X - X.mean(0)) / X.std(0) if weight is None else problem.scaling.scale_features(X)
    centre = model.predict(X).reshape(150, -1)
    to_scaled = (lambda v: (v - mean) / deviation) if weight is None else (
        lambda v: (v / unit - mean) / deviation)
    columns = np.hstack((scaled[order], to_scaled(prediction)))[rows].astype(np.float32)
    forest = RandomForestRegressor(50, min_samples_leaf=10, max_features=1 / 3, oob_score=True,
                                   max_samples=min(len(rows), 300),
                                   random_state=problem.seeds[0, 0])
    shares = residuals / residuals.mean(0)
    forest.fit(columns, shares if n_targets else shares[:, 0])
    out_of_bag = forest.oob_prediction_.reshape(len(rows), -1)
    share = np.array([likeliest(shares[:, target], out_of_bag[:, target])
                      for target in range(shares.shape[1])])
    expected = residuals.mean(0) * (share + (1 - share) * out_of_bag)
    new = np.hstack((scaled, to_scaled(centre))).astype(np.float32)
    expected_new = residuals.mean(0) * (
        share + (1 - share) * forest.predict(new).reshape(150, -1))

    # the mean of three networks lacks two thirds of the variance between them
    members = model.net_.member_outputs(problem.table.X[:][rows]).detach().double().numpy()
    between = members.var(0, ddof=1).mean(0)
    scale = deviation * (1 if weight is None else unit)
    left = 1 - 2 / 3 * between * scale ** 2 / (residuals ** 2).mean(0)
    n_held_out = min(len(part.held_out) for part in problem.parts)
    factor = np.sqrt(np.maximum(left, 0.25)) * (1 + 0.4 / np.sqrt(n_held_out))

    for coverage in (0.3, 0.8, 0.9):
        bounds = model.predict_interval(X, coverage).reshape(150, -1, 2)
        for target in range(targets.shape[1]):
            quantile = conformal_quantile((residuals / expected)[:, target], weights, coverage)
            half = factor[target] * quantile * expected_new[:, target]
            assert_allclose(bounds[:, target, 0], centre[:, target] - half, rtol=1e-3)
            assert_allclose(bounds[:, target, 1], centre[:, target] + half, rtol=1e-3)
