"""The synthetic experiments."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.data_files import VARIABLE, DataError
from benchmarks.paper import curves
from benchmarks.paper.cell import Grid
from benchmarks.paper.protocol import CURVE_EXPERIMENTS, CURVE_RECIPE, METHODS, Case
from tests.benchmarks.paper.made_up import TINY


def test_points_of_the_curves_are_the_paper_s():
    X, y = curves.points("sine")
    assert X.shape == y.shape == (629, 1) and X[0] == -10 * np.pi
    np.testing.assert_allclose(np.diff(X[:, 0]), 0.1)
    np.testing.assert_array_equal(y, np.sin(X))
    X, y = curves.points("sq_sine")
    assert X.shape == (2048, 1) and X[0] == -32
    np.testing.assert_allclose(np.diff(np.sign(X[:, 0]) * X[:, 0] ** 2), 1)
    np.testing.assert_allclose(y * (X ** 2).mean(), X ** 2 * np.sin(X))


def test_split_of_a_curve_is_that_of_the_file(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    ids = np.random.default_rng(0).permutation(629)
    np.savez(tmp_path / "sine.npz", ids=ids)
    curve = curves.load("sine", tmp_path)
    np.testing.assert_array_equal(curve.test, ids[:314])
    np.testing.assert_array_equal(curve.train, ids[314:])
    assert curve.provenance["split"] == "the paper's"
    drawn = curves.load("sine")
    assert sorted([*drawn.train, *drawn.test]) == list(range(629)) and len(drawn.test) == 314
    assert "not the paper's" in drawn.provenance["split"]
    for wrong in (ids[:10], np.zeros(629, int), ids.astype(float)):
        np.savez(tmp_path / "sine.npz", ids=wrong)
        with pytest.raises(DataError, match="must hold ids, a permutation of 629"):
            curves.load("sine", tmp_path)


def test_trials_share_the_setting_of_the_least_error_on_the_test_half(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = np.arange(40.0)[:, None], rng.normal(size=(40, 1))
    order = rng.permutation(40)
    curve = curves.Curve(X, y, order[20:], order[:20], {})
    noise = rng.normal(size=(5, 6, 40)) * np.array([0.1, 0.9, 0.5, 0.2, 0.6, 0.7])[:, None]
    noise[:, 2, order[:20]] *= 0.01  # the least error on the test half, not on the other
    noise[3, 3] = 0                  # the best of one trial
    predictions = y[:, 0] + noise
    predictions[1, 0, 0] = np.nan    # diverged in one trial
    monkeypatch.setattr(curves, "trial", lambda seed, *_: predictions[seed - 1])
    grid = Grid((1.0, 2.0, 3.0), (0.0, 1.0), (None,))
    result = curves.run_curve(Case(METHODS["MAE"]), grid, TINY, curve, print)
    assert result["chosen"] == {"learning_rate": 2.0, "weight_decay": 0.0}
    correlations = {}
    for name, rows in (("pearson", slice(None)), ("pearson_test", order[:20])):
        correlations[name] = [np.corrcoef(one[2, rows], y[rows, 0])[0, 1] for one in predictions]
        assert result["candidates"][2][name] == pytest.approx(correlations[name], rel=1e-3)
    assert result["pearson_mean"] == pytest.approx(np.mean(correlations["pearson"]))
    assert result["pearson_max"] == pytest.approx(np.max(correlations["pearson"]))
    np.testing.assert_allclose(result["predictions"]["mean"], predictions[:, 2].mean(0), rtol=1e-3)
    assert [(one["learning_rate"], one["weight_decay"]) for one in result["candidates"]] == [
        (rate, decay) for rate, decay, _ in grid.candidates]
    errors = [np.abs(one - y[:, 0])[:, order[:20]].mean(1) for one in predictions]
    np.testing.assert_allclose([one["mae_test"] for one in result["candidates"][1:]],
                               np.array(errors).T[1:], rtol=1e-3)
    assert result["candidates"][0]["pearson"][1] is None
    own = [max((np.corrcoef(one[order[:20]], y[order[:20], 0])[0, 1],
                np.corrcoef(one, y[:, 0])[0, 1]) for one in trial if not np.isnan(one).any())
           for trial in predictions]
    assert result["pearson_mean_of_own_choices"] == pytest.approx(np.mean([all for _, all in own]))
    assert own[3][1] == pytest.approx(1)


def test_curve_results_are_those_of_the_last_epoch_and_repeatable():
    curve = curves.load("sine")
    recipe = replace(CURVE_RECIPE, hidden_layer_sizes=(5,), n_epochs=3)
    shares = []
    grid = Grid((1e-2, 1e30), (0.0,), (None,))
    case = CURVE_EXPERIMENTS["synthetic"].cases["MAE-Pearson"]
    result = curves.run_curve(case, grid, recipe, curve, shares.append)
    assert sum(shares) == pytest.approx(1)
    assert result["chosen"] == {"learning_rate": 1e-2, "weight_decay": 0.0}
    assert len(result["predictions"]["mean"]) == 629
    json.dumps(result, allow_nan=False)
    again = curves.run_curve(case, grid, recipe, curve, shares.append)
    assert result == again


def test_commands_of_the_curves_write_their_settings(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    shared = ["--epochs", "2", "--learning-rate", "1e-2", "--out", str(tmp_path)]
    assert main(["depth", "--layers", "2", "--method", "GAR", *shared]) == 0
    assert "sine: formula, split random, seed 123; not the paper's\n" in capsys.readouterr().err
    cell = json.loads((tmp_path / "depth" / "2" / "gar.json").read_text())
    assert cell["settings"]["recipe"]["hidden_layer_sizes"] == [100, 100]
    assert cell["settings"]["grid"]["alpha"] == [0.5, 1.0, 2.0]
    assert cell["settings"]["recipe"]["solver"] == "adam"
    assert main(["synthetic", "--dataset", "sine", "--method", "MAE", *shared]) == 0
    cell = json.loads((tmp_path / "synthetic" / "sine" / "mae.json").read_text())
    assert cell["settings"]["recipe"]["hidden_layer_sizes"] == [100] * 5
