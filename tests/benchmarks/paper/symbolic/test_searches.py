"""Formulas, their scores, and the fitness functions."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.paper import curves
from benchmarks.paper.symbolic import searches
from sklearn_gar.metrics import gar_loss


def curve_of(y):
    X = np.linspace(-3, 3, len(y))[:, None]
    order = np.random.default_rng(0).permutation(len(y))
    return curves.Curve(X, np.asarray(y, dtype=float)[:, None], order[::2], order[1::2], {})


def test_scores_are_those_of_their_definition():
    rng = np.random.default_rng(0)
    y, prediction = rng.normal(size=(2, 60))
    curve = curve_of(y)
    found = searches.scores(curve, prediction)
    assert found["pearson"] == pytest.approx(np.corrcoef(y, prediction)[0, 1])
    test = curve.test
    assert found["pearson_test"] == pytest.approx(np.corrcoef(y[test], prediction[test])[0, 1])
    assert found["mae_test"] == pytest.approx(np.abs(y - prediction)[test].mean())
    assert not found["exact"] and not found["shape"]


@pytest.mark.parametrize("change, exact, shape", [
    (lambda y: y + 1e-12, True, True), (lambda y: 2 * y - 1, False, True),
    (lambda y: -y, False, False), (lambda y: 0 * y, False, False)])
def test_exact_formulas_and_those_of_the_same_shape_are_recognised(change, exact, shape):
    y = np.random.default_rng(0).normal(size=60)
    found = searches.scores(curve_of(y), change(y))
    assert (found["exact"], found["shape"]) == (exact, shape)


def test_fitness_is_the_loss_with_weights():
    rng = np.random.default_rng(0)
    y, prediction, weight = rng.normal(size=30), rng.normal(size=30), rng.uniform(size=30)
    assert searches.gar_fitness(y, prediction, weight) == gar_loss(
        y, prediction, sample_weight=weight, alpha=0.5)


def test_logarithms_of_errors_are_those_of_numpy():
    rng = np.random.default_rng(0)
    y, prediction, weight = rng.normal(size=30), rng.normal(size=30), rng.uniform(size=30)
    error = y - prediction
    for fitness, values in ((searches.log_mae_fitness, np.abs(error)),
                            (searches.log_mse_fitness, error ** 2)):
        assert fitness(y, prediction, weight) == pytest.approx(
            np.log(np.average(values, weights=weight)))
        assert np.isfinite(fitness(y, y, weight))
        assert fitness(y, np.full(30, np.nan), weight) == np.inf


def test_without_gplearn_the_error_says_how_to_get_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "gplearn", None)
    assert main(["symbolic", "--quick", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith("error: symbolic needs gplearn, pip install '.[symbolic]': ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fitness", searches.FITNESSES)
def test_sine_is_found_exactly_with_trigonometry(fitness):
    pytest.importorskip("gplearn", reason="the extra symbolic is absent")
    curve = curves.load("sine")
    effort = replace(searches.EFFORT, population_size=200)
    result = searches.run_searches(fitness, "trigonometry", effort, (1,), curve, lambda share: 0)
    (found,) = result["found"]
    assert found["exact"] and found["pearson"] == pytest.approx(1) and "sin" in found["formula"]
    np.testing.assert_allclose(result["predictions"]["mean"], curve.y[:, 0], atol=1e-3)


def test_gplearn_minimises_the_loss():
    """The fitness of the best formula is its loss on the training half."""
    pytest.importorskip("gplearn", reason="the extra symbolic is absent")
    from gplearn.genetic import SymbolicRegressor
    curve = curves.load("sine")
    X, y = curve.X[curve.train], curve.y[curve.train, 0]
    with np.errstate(all="ignore"):
        model = SymbolicRegressor(
            population_size=60, generations=3, metric=searches.make_fitness("GAR"),
            random_state=0).fit(X, y)
        losses = [gar_loss(y, program.execute(X), alpha=0.5)
                  for program in model._programs[-1] if program is not None]
    assert model._program.raw_fitness_ == pytest.approx(gar_loss(y, model.predict(X), alpha=0.5))
    assert model._program.raw_fitness_ == pytest.approx(min(losses), abs=0.1)
