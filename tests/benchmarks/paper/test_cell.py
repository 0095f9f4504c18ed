"""A cell is what a plain program finds with the same seeds."""

import itertools
import json

import numpy as np
import pytest
import torch

import sklearn_gar
from benchmarks.paper import protocol
from benchmarks.paper.cell import Fold, Grid, run_cell
from benchmarks.paper.protocol import METHODS, METRICS, Case, Method
from benchmarks.paper.selection import best_places
from benchmarks.paper.training import Candidate
from tests.benchmarks.paper.made_up import TINY, grid, made_up_table, to_rows
from tests.benchmarks.paper.plain_training import on_features, plain_training, reference_scores


def test_selection_is_that_of_a_plain_search():
    rng = np.random.default_rng(0)
    validation = rng.integers(0, 6, size=(4, 5, 7)).astype(float)  # with ties
    expected = {}
    for row, metric in enumerate(METRICS):
        best = None
        for candidate, epoch in itertools.product(range(5), range(7)):
            score = validation[row, candidate, epoch] * (-1 if row < 2 else 1)
            if best is None or score > best[0]:
                best = score, (candidate, epoch)
        expected[metric] = best[1]
    assert best_places(validation) == expected


def plain_cell(table, recipe, candidates):
    """Train every network of MSE alone, score it by scipy, and choose in a loop."""
    chosen = {metric: [] for metric in METRICS}
    fold_size = len(table.X) // 5
    for fold in range(5):
        held_out = np.arange(len(table.X)) // fold_size == fold
        rows = to_rows(table.X[~held_out], table.y[~held_out], (protocol.SEED, fold))
        best = dict.fromkeys(METRICS, (-np.inf,))

        def score(epoch, network):
            scores = [reference_scores(y, network(to_rows(X, y).X).detach().double().numpy())
                      for X, y in ((table.X[held_out], table.y[held_out]),
                                   (table.X_test, table.y_test))]
            for metric, validation, test, sign in zip(METRICS, *scores, (-1, -1, 1, 1)):
                if sign * validation > best[metric][0]:
                    best[metric] = sign * validation, test, candidate, epoch + 1
        for candidate in candidates:
            plain_training(rows, candidate, METHODS["MSE"], recipe,
                           lambda f, y, *_: torch.nn.functional.mse_loss(f, y), score)
        for metric in METRICS:
            chosen[metric].append(best[metric][1:])
    return chosen


def test_cell_equals_that_of_a_plain_program():
    table = made_up_table()
    tried = Grid((1e-1, 1e-2), (1e-2, 1e-4), (None,))
    shares = []
    result = run_cell(Case(METHODS["MSE"], keeps_curves=True), tried, TINY, table, shares.append)
    expected = plain_cell(table, TINY, tried.candidates)
    for metric in METRICS:
        summary = result["scores"][metric]
        tests = [test for test, *_ in expected[metric]]
        np.testing.assert_allclose([fold["test"] for fold in summary["folds"]], tests, rtol=1e-3)
        assert summary["mean"] == pytest.approx(np.mean(tests), rel=1e-3)
        assert summary["std"] == pytest.approx(np.std(tests), rel=2e-2)
        chosen = [(Candidate(fold["learning_rate"], fold["weight_decay"]), fold["epoch"])
                  for fold in summary["folds"]]
        assert chosen == [tuple(choice) for _, *choice in expected[metric]]
    assert sum(shares) == pytest.approx(1)
    assert result["networks"] == 20 and result["diverged"] == 0
    curves = result["curves"]
    assert np.shape(curves["mean"]) == np.shape(curves["deviation"]) == (5, 4)
    assert curves["truth"]["deviation"] == pytest.approx(table.y_test.std())


def test_fold_whose_networks_all_diverge_has_no_score():
    result = run_cell(Case(METHODS["MSE"], keeps_curves=True), Grid((1e12,), (1e-3,), (None,)),
                      TINY, made_up_table(), lambda share: None)
    assert result["diverged"] == result["networks"] == 5
    assert {summary["mean"] for summary in result["scores"].values()} == {None}
    json.dumps(result, allow_nan=False)


def test_pretraining_epochs_are_not_chosen(monkeypatch):
    monkeypatch.setattr(sklearn_gar.losses, "OnFeatures", lambda: on_features, raising=False)
    method = Method("OnFeatures", reads_features=True, pretrains=True)
    table = made_up_table()
    fold = Fold(np.arange(30), table, 0, TINY)
    fold.run(Case(method), grid([None]), lambda share: None)
    assert fold.scores[:, :, :, :2].isinf().all() and fold.scores[:, :, :, 2:].isfinite().all()
    assert all(choice["epoch"] > 2 for choice in fold.chosen(method, grid([None])).values())


def test_cell_is_repeatable_to_the_last_bit():
    def result():
        return run_cell(Case(METHODS["GAR"]), Grid((1e-1, 1e-2), (1e-3,), (0.1, 10.0)), TINY,
                        made_up_table(k=2), lambda share: None)
    state = torch.random.get_rng_state()
    assert result() == result()
    assert torch.equal(state, torch.random.get_rng_state())
