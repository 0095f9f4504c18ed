"""Networks, scores and choices of the paper's benchmarks are those of plain programs."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

import sklearn_gar
from benchmarks.environment import flushed_denormals
from benchmarks.paper import protocol, training
from benchmarks.paper.cell import Fold, Grid, run_cell
from benchmarks.paper.protocol import METHODS, METRICS, Case, Method, Recipe
from benchmarks.paper.scores import Scores, average_ranks
from benchmarks.paper.selection import best_places
from benchmarks.paper.training import Candidate, blocks, drawn_seed, train, weights_seed
from sklearn_gar.nn import StackedMLP, learning_rate_factor
from tests.paper_rows import TINY, grid, made_up_rows, made_up_table, to_rows


# the metrics


def reference_scores(y, prediction):
    """The four metrics by scikit-learn and scipy, target by target."""
    each = []
    for true, pred in zip(y.T, prediction.T):
        each.append([mean_absolute_error(true, pred), root_mean_squared_error(true, pred),
                     stats.pearsonr(true, pred).statistic, stats.spearmanr(true, pred).statistic])
    return np.mean(each, axis=0)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("decimals", [0, 8])  # with 0 most values are tied
def test_scores_are_those_of_scipy_and_scikit_learn(k, decimals):
    rng = np.random.default_rng(k)
    y = rng.normal(scale=3, size=(50, k)).round(decimals)
    predictions = (y + rng.normal(scale=[[[1]], [[9]], [[1e30]]], size=(3, 50, k))).round(decimals)
    found = Scores(torch.tensor(y))(torch.tensor(predictions))
    expected = np.array([reference_scores(y, prediction) for prediction in predictions]).T
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_ranks_are_those_of_scipy():
    values = np.random.default_rng(0).integers(0, 6, size=(2, 3, 40)).astype(float)
    expected = stats.rankdata(values, axis=-1) - 1
    np.testing.assert_array_equal(average_ranks(torch.tensor(values)), expected)


def test_constant_prediction_correlates_with_nothing():
    y = torch.arange(6.0)[:, None]
    prediction = torch.stack([torch.full((6, 1), 0.1), y])
    found = Scores(y)(prediction)
    torch.testing.assert_close(found[2:], torch.tensor([[0.0, 1.0]] * 2, dtype=torch.float64))


# training


def plain_training(rows, candidate, method, recipe, loss, after_epoch=lambda *_: None):
    """One network in a bare torch loop."""
    sizes = rows.X.shape[1], *recipe.hidden_layer_sizes, rows.y.shape[1]
    first = StackedMLP(sizes, [weights_seed(rows, candidate)])
    layers = []
    for weight, bias in zip(first.tensors[::2], first.tensors[1::2]):
        linear = torch.nn.Linear(*weight.shape[1:])
        linear.load_state_dict({"weight": weight[0].detach().T, "bias": bias[0, 0].detach()})
        layers += [linear, torch.nn.ELU()]
    body, head = torch.nn.Sequential(*layers[:-2]), layers[-2]
    half = recipe.n_epochs / 2 if method.pretrains else 0
    order = torch.Generator().manual_seed(drawn_seed(*rows.seed))

    def optimizer(parameters):
        if recipe.solver == "adam":
            return torch.optim.Adam(parameters, candidate.learning_rate,
                                    weight_decay=candidate.weight_decay)
        return torch.optim.SGD(parameters, candidate.learning_rate, momentum=recipe.momentum,
                               weight_decay=candidate.weight_decay)
    steps = optimizer(body.parameters())
    for epoch in range(recipe.n_epochs):
        if epoch == half:
            steps = optimizer([*body.parameters(), *head.parameters()])
        for group in steps.param_groups:
            group["lr"] = candidate.learning_rate * learning_rate_factor(
                "step", epoch / recipe.n_epochs)
        drawn = torch.randperm(len(rows.X), generator=order)
        for first_row in range(0, len(rows.X) - recipe.batch_size + 1, recipe.batch_size):
            batch = drawn[first_row:first_row + recipe.batch_size]
            steps.zero_grad()
            features = body(rows.X[batch])
            loss(head(features), rows.y[batch], features, epoch < half).backward()
            steps.step()
        after_epoch(epoch, torch.nn.Sequential(body, head))
    return torch.nn.Sequential(body, head)


def stacked_training(rows, candidates, method, recipe):
    """Predictions of every candidate after the last epoch, trained in blocks."""
    last = {}

    def watch(epoch, places, network):
        prediction = network.predict(rows.X)
        last.update({place: one for place, one in zip(places.tolist(), prediction)})
        return prediction.isfinite().flatten(1).all(1)
    with flushed_denormals():
        for block in blocks(candidates, method, recipe):
            train(rows, candidates, block, method, recipe, watch)
    return torch.stack([last[place] for place in range(len(candidates))])


def on_features(prediction, target, weight=None, features=None):
    """A loss that pulls features together, by member, and predictions to the targets."""
    return features.square().mean((-2, -1)) + (prediction - target).abs().mean((-2, -1))


POINTWISE = {
    "MAE": lambda own: torch.nn.L1Loss(),
    "MSE": lambda own: torch.nn.MSELoss(),
    "Huber": lambda own: torch.nn.HuberLoss(delta=own),
    "Focal(MAE)": lambda own: lambda f, y: (
        (f - y).abs() * (2 * torch.sigmoid(own * (f - y).abs()) - 1)).mean(),
    "Focal(MSE)": lambda own: lambda f, y: (
        (f - y) ** 2 * (2 * torch.sigmoid(own * (f - y).abs()) - 1)).mean(),
    "GAR": lambda own: lambda f, y: own * torch.log((
        (f - y).abs().mean() ** (1 / own) + (f - y).var(correction=0) ** (1 / own)
        + (1 - torch.corrcoef(torch.cat([f, y], 1).T)[0, 1]) ** (1 / own)) / 3),
}


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("name", POINTWISE)
def test_network_of_a_stack_is_one_trained_alone_in_plain_torch(name, solver):
    rows, method = to_rows(*made_up_rows()), METHODS[name]
    recipe = replace(TINY, solver=solver, batch_size=16, n_epochs=8)
    candidates = grid(method.values)
    found = stacked_training(rows, candidates, method, recipe)
    for prediction, candidate in zip(found, candidates):
        loss = POINTWISE[name](candidate.own)
        alone = plain_training(rows, candidate, method, recipe,
                               lambda f, y, *_: loss(f, y))(rows.X)
        torch.testing.assert_close(prediction, alone, rtol=1e-4, atol=1e-4)
    assert found.std(0).min() > 1e-3  # the candidates differ


@pytest.mark.parametrize("pretrains", [False, True])
def test_losses_of_features(monkeypatch, pretrains):
    monkeypatch.setattr(sklearn_gar.losses, "OnFeatures", lambda: on_features, raising=False)
    method = Method("OnFeatures", reads_features=True, pretrains=pretrains)
    rows = to_rows(*made_up_rows())

    def loss(prediction, target, features, first_half):
        if pretrains and not first_half:
            return (prediction - target).abs().mean()
        return on_features(prediction, target, features=features)
    candidates = grid([None])
    found = stacked_training(rows, candidates, method, TINY)
    for prediction, candidate in zip(found, candidates):
        alone = plain_training(rows, candidate, method, TINY, loss)(rows.X)
        torch.testing.assert_close(prediction, alone, rtol=1e-4, atol=1e-4)


def test_pretraining_leaves_the_output_layer_alone(monkeypatch):
    monkeypatch.setattr(sklearn_gar.losses, "OnFeatures", lambda: on_features, raising=False)
    method = Method("OnFeatures", reads_features=True, pretrains=True)
    rows, candidates, seen = to_rows(*made_up_rows()), [Candidate(0.1, 0.5)], []

    def watch(epoch, places, network):
        seen.append([tensor.detach().clone() for tensor in network.tensors])
        return torch.ones(1, dtype=torch.bool)
    train(rows, candidates, [0], method, TINY, watch)
    first = StackedMLP((3, 4, 3, 1), [weights_seed(rows, candidates[0])]).tensors
    for epoch, tensors in enumerate(seen):
        assert not torch.equal(tensors[0], first[0])
        assert torch.equal(tensors[-2], first[-2]) == (epoch < 2)


def test_diverged_network_leaves_and_the_others_do_not_notice():
    rows, method = to_rows(*made_up_rows()), METHODS["MSE"]
    sound, wild = Candidate(1e-2, 1e-4), Candidate(1e12, 1e-4)
    found = stacked_training(rows, [wild, sound, wild], method, TINY)
    alone = stacked_training(rows, [sound], method, TINY)
    assert not found[0].isfinite().all()
    torch.testing.assert_close(found[1], alone[0], rtol=1e-6, atol=1e-6)


def test_blocks_hold_every_candidate_once_and_fit_the_cache():
    candidates = grid((1.0, 2.0, 3.0), (1e-1, 1e-2, 1e-3), (1e-3, 1e-4, 1e-5))
    for method, n_blocks in ((METHODS["GAR"], 1), (METHODS["Huber"], 3)):
        found = blocks(candidates, method, Recipe(protocol.SMALL))
        assert sorted(itertools.chain(*found)) == list(range(27)) and len(found) == n_blocks
    for block in found:
        assert len({candidates[place].own for place in block}) == 1
    for block in blocks(candidates, METHODS["GAR"], Recipe(protocol.LARGE)):
        assert 2 * 256 * 4 * sum(protocol.LARGE) * len(block) <= training.BLOCK_BYTES


def test_seeds_follow_fold_and_values():
    rows = to_rows(*made_up_rows())
    other = rows._replace(seed=(6,))
    seeds = {weights_seed(*one) for one in itertools.product([rows, other], grid([1.0, 2.0]))}
    assert len(seeds) == 2 * 8
    assert weights_seed(rows, Candidate(0.1, 0.2)) == weights_seed(rows, Candidate(0.1, 0.2))


# a cell


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
    """Every network of MSE alone, every metric by scipy, every choice by a loop."""
    found = {metric: [] for metric in METRICS}
    fold_size = len(table.X) // 5
    for fold in range(5):
        held_out = np.arange(len(table.X)) // fold_size == fold
        rows = to_rows(table.X[~held_out], table.y[~held_out], (protocol.SEED, fold))
        best = dict.fromkeys(METRICS, (-np.inf,))

        def judge(epoch, network):
            scores = [reference_scores(y, network(to_rows(X, y).X).detach().double().numpy())
                      for X, y in ((table.X[held_out], table.y[held_out]),
                                   (table.X_test, table.y_test))]
            for metric, validation, test, sign in zip(METRICS, *scores, (-1, -1, 1, 1)):
                if sign * validation > best[metric][0]:
                    best[metric] = sign * validation, test, candidate, epoch + 1
        for candidate in candidates:
            plain_training(rows, candidate, METHODS["MSE"], recipe,
                           lambda f, y, *_: torch.nn.functional.mse_loss(f, y), judge)
        for metric in METRICS:
            found[metric].append(best[metric][1:])
    return found


def test_cell_is_what_a_plain_program_finds():
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


def test_pretraining_epochs_are_no_candidates(monkeypatch):
    monkeypatch.setattr(sklearn_gar.losses, "OnFeatures", lambda: on_features, raising=False)
    method = Method("OnFeatures", reads_features=True, pretrains=True)
    table = made_up_table()
    fold = Fold(np.arange(30), table, 0, TINY)
    fold.run(Case(method), grid([None]), lambda share: None)
    assert fold.found[:, :, :, :2].isinf().all() and fold.found[:, :, :, 2:].isfinite().all()
    assert all(choice["epoch"] > 2 for choice in fold.chosen(method, grid([None])).values())


def test_cell_is_repeatable_to_the_last_bit():
    def result():
        return run_cell(Case(METHODS["GAR"]), Grid((1e-1, 1e-2), (1e-3,), (0.1, 10.0)), TINY,
                        made_up_table(k=2), lambda share: None)
    state = torch.random.get_rng_state()
    assert result() == result()
    assert torch.equal(state, torch.random.get_rng_state())
