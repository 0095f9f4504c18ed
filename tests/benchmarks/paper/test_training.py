"""A network trained in a stack equals one trained alone in plain torch."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

import sklearn_gar
from benchmarks.environment import flushed_denormals
from benchmarks.paper import protocol, training
from benchmarks.paper.protocol import CURVE_RECIPE, CURVES, METHODS, Method, Recipe
from benchmarks.paper.training import Candidate, Stack, blocks, epoch_batches, train, weights_seed
from sklearn_gar.nn import StackedMLP
from tests.benchmarks.paper.made_up import TINY, grid, made_up_rows, to_rows
from tests.benchmarks.paper.plain_training import on_features, plain_training


def stacked_training(rows, candidates, method, recipe):
    """Predictions of every candidate after the last epoch, trained in blocks."""
    last = {}

    def after_epoch(epoch, places, network):
        prediction = network.outputs(rows.X)
        last.update({place: one for place, one in zip(places.tolist(), prediction)})
        return prediction.isfinite().flatten(1).all(1)
    with flushed_denormals():
        for block in blocks(candidates, method, recipe):
            train(rows, candidates, block, method, recipe, after_epoch)
    return torch.stack([last[place] for place in range(len(candidates))])


POINTWISE = {
    "MAE": lambda value: torch.nn.L1Loss(),
    "MSE": lambda value: torch.nn.MSELoss(),
    "Huber": lambda value: torch.nn.HuberLoss(delta=value),
    "Focal(MAE)": lambda value: lambda f, y: (
        (f - y).abs() * (2 * torch.sigmoid(value * (f - y).abs()) - 1)).mean(),
    "Focal(MSE)": lambda value: lambda f, y: (
        (f - y) ** 2 * (2 * torch.sigmoid(value * (f - y).abs()) - 1)).mean(),
    "GAR": lambda value: lambda f, y: value * torch.log((
        (f - y).abs().mean() ** (1 / value) + (f - y).var(correction=0) ** (1 / value)
        + (1 - torch.corrcoef(torch.cat([f, y], 1).T)[0, 1]) ** (1 / value)) / 3),
}


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("name", POINTWISE)
def test_network_in_a_stack_equals_one_trained_alone_in_plain_torch(name, solver):
    rows, method = to_rows(*made_up_rows()), METHODS[name]
    recipe = replace(TINY, solver=solver, batch_size=16, n_epochs=8)
    candidates = grid(method.values)
    predictions = stacked_training(rows, candidates, method, recipe)
    for prediction, candidate in zip(predictions, candidates):
        loss = POINTWISE[name](candidate.value)
        alone = plain_training(rows, candidate, method, recipe,
                               lambda f, y, *_: loss(f, y))(rows.X)
        torch.testing.assert_close(prediction, alone, rtol=1e-4, atol=1e-4)
    assert predictions.std(0).min() > 1e-3  # the candidates differ


@pytest.mark.parametrize("pretrains", [False, True])
def test_stack_with_a_loss_over_features_equals_plain_training(monkeypatch, pretrains):
    monkeypatch.setattr(sklearn_gar.losses, "OnFeatures", lambda: on_features, raising=False)
    method = Method("OnFeatures", reads_features=True, pretrains=pretrains)
    rows = to_rows(*made_up_rows())

    def loss(prediction, target, features, first_half):
        if pretrains and not first_half:
            return (prediction - target).abs().mean()
        return on_features(prediction, target, features=features)
    candidates = grid([None])
    predictions = stacked_training(rows, candidates, method, TINY)
    for prediction, candidate in zip(predictions, candidates):
        alone = plain_training(rows, candidate, method, TINY, loss)(rows.X)
        torch.testing.assert_close(prediction, alone, rtol=1e-4, atol=1e-4)


def test_pretraining_does_not_change_the_output_layer(monkeypatch):
    monkeypatch.setattr(sklearn_gar.losses, "OnFeatures", lambda: on_features, raising=False)
    method = Method("OnFeatures", reads_features=True, pretrains=True)
    rows, candidates, seen = to_rows(*made_up_rows()), [Candidate(0.1, 0.5)], []

    def after_epoch(epoch, places, network):
        seen.append([tensor.detach().clone() for tensor in network.tensors])
        return torch.ones(1, dtype=torch.bool)
    train(rows, candidates, [0], method, TINY, after_epoch)
    first = StackedMLP((3, 4, 3, 1), [weights_seed(rows, candidates[0])]).tensors
    for epoch, tensors in enumerate(seen):
        assert not torch.equal(tensors[0], first[0])
        assert torch.equal(tensors[-2], first[-2]) == (epoch < 2)


def test_diverged_network_does_not_change_the_others():
    rows, method = to_rows(*made_up_rows()), METHODS["MSE"]
    converging, diverging = Candidate(1e-2, 1e-4), Candidate(1e12, 1e-4)
    together = stacked_training(rows, [diverging, converging, diverging], method, TINY)
    alone = stacked_training(rows, [converging], method, TINY)
    assert not together[0].isfinite().all()
    torch.testing.assert_close(together[1], alone[0], rtol=1e-6, atol=1e-6)


def test_blocks_hold_every_candidate_once_and_fit_the_cache():
    candidates = grid((1.0, 2.0, 3.0), (1e-1, 1e-2, 1e-3), (1e-3, 1e-4, 1e-5))
    for method, n_blocks in ((METHODS["GAR"], 1), (METHODS["Huber"], 3)):
        places = blocks(candidates, method, Recipe(protocol.SMALL))
        assert sorted(itertools.chain(*places)) == list(range(27)) and len(places) == n_blocks
    for block in places:  # of Huber, whose parameter is that of the stack
        assert len({candidates[place].value for place in block}) == 1
    for block in blocks(candidates, METHODS["GAR"], Recipe(protocol.LARGE)):
        assert 2 * 256 * 4 * sum(protocol.LARGE) * len(block) <= training.BLOCK_BYTES


def test_seeds_depend_on_fold_and_values():
    rows = to_rows(*made_up_rows())
    other = rows._replace(seed=(6,))
    seeds = {weights_seed(*one) for one in itertools.product([rows, other], grid([1.0, 2.0]))}
    assert len(seeds) == 2 * 8
    assert weights_seed(rows, Candidate(0.1, 0.2)) == weights_seed(rows, Candidate(0.1, 0.2))


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
def test_rows_after_the_last_full_batch_are_dropped_or_trained_on(n_rows, sizes_without, sizes):
    for drop_last, expected in ((True, sizes_without), (False, sizes)):
        recipe = replace(CURVE_RECIPE, drop_last=drop_last)
        batches = epoch_batches(n_rows, recipe, torch.Generator().manual_seed(0))
        assert [len(batch) for batch in batches] == expected
        assert len(torch.cat(batches).unique()) == sum(expected)
    assert [task for task, facts in CURVES.items() if not facts.recipe.drop_last] == [
        "sine_all_rows"]
