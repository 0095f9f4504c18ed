"""The synthetic experiments and the timings of the paper's benchmarks."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.__main__ import main
from benchmarks.paper import curves, timing
from benchmarks.paper.cell import Grid
from benchmarks.paper.protocol import (
    CURVE_EXPERIMENTS,
    CURVE_RECIPE,
    CURVES,
    METHODS,
    Case,
    Method,
)
from benchmarks.paper.training import Candidate, Stack, epoch_batches
from tests.paper_rows import TINY, made_up_rows, made_up_table, to_rows


def test_points_are_the_paper_s():
    X, y = curves.points("sine")
    assert X.shape == y.shape == (629, 1) and X[0] == -10 * np.pi
    np.testing.assert_allclose(np.diff(X[:, 0]), 0.1)
    np.testing.assert_array_equal(y, np.sin(X))
    X, y = curves.points("sq_sine")
    assert X.shape == (2048, 1) and X[0] == -32
    np.testing.assert_allclose(np.diff(np.sign(X[:, 0]) * X[:, 0] ** 2), 1)
    np.testing.assert_allclose(y * (X ** 2).mean(), X ** 2 * np.sin(X))


def test_split_of_a_curve_is_the_file_s(tmp_path, monkeypatch):
    monkeypatch.delenv(curves.datasets.VARIABLE, raising=False)
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
        with pytest.raises(curves.datasets.DataError, match="must hold ids, a permutation of 629"):
            curves.load("sine", tmp_path)


def test_learning_rate_falls_after_a_third_and_two_thirds():
    rows = to_rows(*made_up_rows())
    stack = Stack(rows, [Candidate(0.1, 0.0)], METHODS["MAE"],
                  replace(CURVE_RECIPE, hidden_layer_sizes=(4,)))
    rates = []
    for epoch in range(300):
        stack.begin_epoch(epoch)
        rates.append(stack.optimizer.param_groups[0]["lr"])
    np.testing.assert_allclose(rates, [0.1] * 100 + [0.01] * 100 + [0.001] * 100)


@pytest.mark.parametrize("n_rows, sizes_without, sizes", [
    (315, [128, 128], [128, 128, 59]), (256, [128, 128], [128, 128]), (59, [59], [59])])
def test_the_rows_after_the_last_full_batch(n_rows, sizes_without, sizes):
    for drop_last, expected in ((True, sizes_without), (False, sizes)):
        recipe = replace(CURVE_RECIPE, drop_last=drop_last)
        batches = epoch_batches(n_rows, recipe, torch.Generator().manual_seed(0))
        assert [len(batch) for batch in batches] == expected
        assert len(torch.cat(batches).unique()) == sum(expected)
    assert [task for task, facts in CURVES.items() if not facts.recipe.drop_last] == [
        "sine_all_rows"]


def test_the_trials_share_the_setting_of_the_least_error_on_the_test_half(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = np.arange(40.0)[:, None], rng.normal(size=(40, 1))
    order = rng.permutation(40)
    curve = curves.Curve(X, y, order[20:], order[:20], {})
    noise = rng.normal(size=(5, 6, 40)) * np.array([0.1, 0.9, 0.5, 0.2, 0.6, 0.7])[:, None]
    noise[:, 2, order[:20]] *= 0.01  # the least error on the test half, not on the other
    noise[3, 3] = 0                  # the best of one trial
    predictions = y[:, 0] + noise
    predictions[1, 0, 0] = np.nan    # diverged in one trial
    monkeypatch.setattr(curves, "_trial", lambda seed, *_: predictions[seed - 1])
    grid = Grid((1.0, 2.0, 3.0), (0.0, 1.0), (None,))
    found = curves.run_curve(Case(METHODS["MAE"]), grid, TINY, curve, print)
    assert found["chosen"] == {"learning_rate": 2.0, "weight_decay": 0.0}
    correlations = {}
    for name, rows in (("pearson", slice(None)), ("pearson_test", order[:20])):
        correlations[name] = [np.corrcoef(one[2, rows], y[rows, 0])[0, 1] for one in predictions]
        assert found["candidates"][2][name] == pytest.approx(correlations[name], rel=1e-3)
    assert found["pearson_mean"] == pytest.approx(np.mean(correlations["pearson"]))
    assert found["pearson_max"] == pytest.approx(np.max(correlations["pearson"]))
    np.testing.assert_allclose(found["predictions"]["mean"], predictions[:, 2].mean(0), rtol=1e-3)
    assert [(one["learning_rate"], one["weight_decay"]) for one in found["candidates"]] == [
        (rate, decay) for rate, decay, _ in grid.candidates]
    errors = [np.abs(one - y[:, 0])[:, order[:20]].mean(1) for one in predictions]
    np.testing.assert_allclose([one["mae_test"] for one in found["candidates"][1:]],
                               np.array(errors).T[1:], rtol=1e-3)
    assert found["candidates"][0]["pearson"][1] is None
    own = [max((np.corrcoef(one[order[:20]], y[order[:20], 0])[0, 1],
                np.corrcoef(one, y[:, 0])[0, 1]) for one in trial if not np.isnan(one).any())
           for trial in predictions]
    assert found["pearson_mean_of_own_choices"] == pytest.approx(np.mean([all for _, all in own]))
    assert own[3][1] == pytest.approx(1)


def test_trial_is_that_of_the_last_epoch():
    curve = curves.load("sine")
    recipe = replace(CURVE_RECIPE, hidden_layer_sizes=(5,), n_epochs=3)
    shares = []
    grid = Grid((1e-2, 1e30), (0.0,), (None,))
    case = CURVE_EXPERIMENTS["synthetic"].cases["MAE-Pearson"]
    found = curves.run_curve(case, grid, recipe, curve, shares.append)
    assert sum(shares) == pytest.approx(1)
    assert found["chosen"] == {"learning_rate": 1e-2, "weight_decay": 0.0}
    assert len(found["predictions"]["mean"]) == 629
    json.dumps(found, allow_nan=False)
    again = curves.run_curve(case, grid, recipe, curve, shares.append)
    assert found == again


def test_command_of_the_curves(tmp_path, monkeypatch):
    monkeypatch.delenv(curves.datasets.VARIABLE, raising=False)
    shared = ["--epochs", "2", "--learning-rate", "1e-2", "--out", str(tmp_path)]
    assert main(["depth", "--layers", "2", "--method", "GAR", *shared]) == 0
    cell = json.loads((tmp_path / "depth" / "2" / "gar.json").read_text())
    assert cell["settings"]["recipe"]["hidden_layer_sizes"] == [100, 100]
    assert cell["settings"]["grid"]["alpha"] == [0.5, 1.0, 2.0]
    assert cell["settings"]["recipe"]["solver"] == "adam"
    assert main(["synthetic", "--dataset", "sine", "--method", "MAE", *shared]) == 0
    cell = json.loads((tmp_path / "synthetic" / "sine" / "mae.json").read_text())
    assert cell["settings"]["recipe"]["hidden_layer_sizes"] == [100] * 5


@pytest.mark.parametrize("pretrains", [False, True])
def test_times_of_both_ways(monkeypatch, pretrains):
    monkeypatch.setattr(timing, "N_WORKERS", 0)
    if pretrains:
        def loss(prediction, target, weight=None, *, features):
            return features.square().mean((-2, -1))
        monkeypatch.setattr("sklearn_gar.losses.OnFeatures", lambda: loss, raising=False)
        method = Method("OnFeatures", reads_features=True, pretrains=True)
    else:
        method = METHODS["GAR"]
    state = torch.random.get_rng_state()
    shares = []
    found = timing.time_method(method, Grid((1e-2, 1e-3), (1e-3,), method.values), TINY,
                               made_up_table(), shares.append)
    assert sum(shares) == pytest.approx(1)
    assert found["networks_in_cell"] == 10 * len(method.values)
    for way in ("stack", "loop"):
        assert 0 < found[way]["loss"]["mean"] < found[way]["all"]["mean"]
    assert torch.equal(state, torch.random.get_rng_state())


def test_timed_stack_trains_as_any():
    rows, found = to_rows(*made_up_rows()), []
    for kind in (Stack, timing.TimedStack):
        stack = kind(rows, [Candidate(1e-2, 1e-3, 1.0)], METHODS["GAR"], TINY)
        for index in epoch_batches(len(rows.X), TINY, torch.Generator().manual_seed(0)):
            stack.step(rows.X[index], rows.y[index])
        found.append(stack.network.predict(rows.X))
    assert torch.equal(*found) and stack.loss_seconds > 0
