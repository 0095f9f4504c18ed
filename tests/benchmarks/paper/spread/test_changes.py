"""Each change of the settings changes what it says, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.paper import curves
from benchmarks.paper.protocol import CURVE_RECIPE, CURVE_WEIGHT_DECAYS
from benchmarks.paper.spread.changes import (
    CHANGES,
    PROTOCOL,
    Glorot,
    OneStart,
    OtherBatches,
    PublishedGAR,
    SameBatches,
)
from benchmarks.paper.spread.trials import METHOD, make_grid, run_trials
from benchmarks.paper.training import Candidate, Rows, Stack, train_grid
from tests.benchmarks.paper.plain_training import plain_training

RECIPE = replace(CURVE_RECIPE, hidden_layer_sizes=(6, 5), n_epochs=3)
CANDIDATES = [Candidate(1e-2, decay, 0.5) for decay in CURVE_WEIGHT_DECAYS]
CURVE = curves.load("sine")


def made_up_rows(dtype=torch.float32):
    X, y = (torch.tensor(values[CURVE.train], dtype=dtype) for values in (CURVE.X, CURVE.y))
    return Rows(X, y, (3,))


def batches_of_a_run(make_stack, recipe=RECIPE):
    """Initial weights, and the rows of each step of a run."""
    start, steps = [], []

    class Recorded(make_stack):
        def step(self, X, y):
            if not steps:
                start.extend(tensor.detach().clone() for tensor in self.network.tensors)
            steps.append(X[:, 0].tolist())
            super().step(X, y)
    train_grid(made_up_rows(), CANDIDATES, METHOD, recipe,
               lambda epoch, places, network: torch.ones(len(places), dtype=bool),
               lambda share: None, Recorded)
    return start, steps


def test_batches_differ_where_a_change_says_so_and_weights_do_not():
    start, steps = batches_of_a_run(Stack)
    n_steps = len(CURVE.train) // RECIPE.batch_size
    assert len(steps) == n_steps * RECIPE.n_epochs and steps[:n_steps] != steps[n_steps:][:n_steps]
    for make_stack in (OtherBatches, SameBatches):
        other_start, others = batches_of_a_run(make_stack)
        torch.testing.assert_close(other_start, start, rtol=0, atol=0)
        if make_stack is SameBatches:
            assert others == steps[:n_steps] * RECIPE.n_epochs
        else:
            assert len({tuple(step) for step in [*steps, *others]}) == 2 * len(steps)
    all_rows = batches_of_a_run(Stack, CHANGES["all-rows"].recipe(RECIPE))[1][:n_steps + 1]
    assert sorted(sum(all_rows, [])) == sorted(CURVE.X[CURVE.train, 0].astype("float32").tolist())
    assert all_rows[:n_steps] == steps[:n_steps]
    assert batches_of_a_run(OneStart)[1] == batches_of_a_run(Glorot)[1] == steps


def test_initial_weights_are_those_that_a_change_names():
    rows = made_up_rows()
    usual, one, glorot = (make_stack(rows, CANDIDATES, METHOD, RECIPE).network.tensors
                          for make_stack in (Stack, OneStart, Glorot))
    for tensors, n_different in ((usual, len(CANDIDATES)), (one, 1)):
        for tensor in tensors:
            assert len(tensor.detach().flatten(1).unique(dim=0)) == n_different
    big = replace(RECIPE, hidden_layer_sizes=(400, 300))
    wide = Glorot(rows, CANDIDATES[:1], METHOD, big).network.tensors
    for tensors in (glorot, wide):
        assert not any(bias.any() for bias in tensors[1::2])
    inputs, outputs = wide[2].shape[1:]
    assert wide[2].abs().max().item() == pytest.approx((6 / (inputs + outputs)) ** 0.5, rel=1e-3)
    assert wide[2].var().item() == pytest.approx(2 / (inputs + outputs), rel=0.02)


def test_float64_begins_with_the_same_weights():
    single, double = (Stack(made_up_rows(dtype), CANDIDATES, METHOD, RECIPE).network.tensors
                      for dtype in (torch.float32, torch.float64))
    for ours, theirs in zip(double, single):
        assert ours.dtype == torch.float64
        np.testing.assert_array_equal(ours.detach(), theirs.detach())


def test_published_loss_is_that_of_pairs_and_of_sample_deviations():
    rng = np.random.default_rng(0)
    f, y = rng.normal(size=(2, 7))
    pairs = np.subtract.outer(f, f) - np.subtract.outer(y, y)
    unit_f, unit_y = ((v - v.mean()) / v.std(ddof=1) for v in (f, y))
    terms = np.array([np.abs(f - y).mean(), np.mean(pairs ** 2) / 4,
                      np.mean((unit_f - unit_y) ** 2) / 2])
    for alpha in (0.5, 1.0, 10.0):
        value = PublishedGAR(alpha)(torch.tensor(f)[None, :, None], torch.tensor(y)[None, :, None])
        assert value.item() == pytest.approx(alpha * np.log(np.mean(terms ** (1 / alpha))))


@pytest.mark.parametrize("name", ["published-loss", "float64", "standardised-x"])
def test_a_change_in_a_stack_equals_plain_torch(name):
    change = CHANGES[name]
    recipe = change.recipe(replace(RECIPE, milestones=(1/2, 3/4)))  # as the plain training
    X = (CURVE.X - CURVE.X.mean()) / CURVE.X.std() if change.standardised else CURVE.X
    dtype = torch.float32 if name != "float64" else torch.float64
    rows = Rows(*(torch.tensor(v[CURVE.train], dtype=torch.float32) for v in (X, CURVE.y)), (3,))

    def loss(f, y, *_):
        n = len(f)
        var, rho = (f - y).var(correction=0), torch.corrcoef(torch.cat([f, y], 1).T)[0, 1]
        factors = (0.5, (n - 1) / n) if name == "published-loss" else (1, 1)
        terms = torch.stack([(f - y).abs().mean(), factors[0] * var, factors[1] * (1 - rho)])
        return 0.5 * (terms ** 2).mean().log()
    grid = make_grid("sine", name, change)
    found = curves.trial(3, METHOD, grid.candidates, recipe,
                         replace(CURVE, X=X), lambda share: None, dtype, change.make_stack)
    for candidate, prediction in zip(grid.candidates, found):
        alone = plain_training(rows, candidate, METHOD, recipe, loss)
        expected = alone(torch.tensor(X, dtype=torch.float32))[:, 0].detach().numpy()
        np.testing.assert_allclose(prediction, expected, rtol=1e-3, atol=1e-3)


def test_published_code_equals_a_plain_program_that_sets_the_seed():
    """As the authors' notebook is written: one loader for each half, 1 - rho by deviations."""
    change, recipe = CHANGES["published-code"], replace(RECIPE, milestones=(1/3, 2/3))
    X, y = (torch.tensor(values, dtype=torch.float32) for values in (CURVE.X, CURVE.y))
    train, test = (TensorDataset(X[rows], y[rows]) for rows in (CURVE.train, CURVE.test))
    torch.manual_seed(4)
    net = torch.nn.Sequential(torch.nn.Linear(1, 6), torch.nn.ELU(), torch.nn.Linear(6, 5),
                              torch.nn.ELU(), torch.nn.Linear(5, 1))
    optimizer = torch.optim.Adam(net.parameters(), 1e-2, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
    loader = DataLoader(train, 128, shuffle=True, drop_last=True)
    test_loader = DataLoader(test, 128)
    for _ in range(recipe.n_epochs):
        for rows, target in loader:
            f = net(rows)
            d, unit = f - target, [(v - v.mean(0)) / v.std(0) for v in (f, target)]
            terms = (d.abs().mean(), ((d - d.mean()) ** 2 / 2).mean(),
                     ((unit[0] - unit[1]) ** 2 / 2).mean())
            optimizer.zero_grad()
            (sum(term ** 2 for term in terms) / 3).log().mul(0.5).backward()
            optimizer.step()
        for _ in test_loader:
            pass
        schedule.step()
    state = torch.get_rng_state()
    found = curves.trial(4, METHOD, CANDIDATES, recipe, CURVE, lambda share: None,
                         change.dtype, change.make_stack)
    assert torch.equal(torch.get_rng_state(), state)  # the global state is left as it was
    place = list(CURVE_WEIGHT_DECAYS).index(1e-4)
    np.testing.assert_allclose(found[place], net(X)[:, 0].detach(), rtol=1e-3, atol=1e-4)


def test_scores_are_those_of_the_synthetic_experiment():
    grid = make_grid("sine", PROTOCOL, CHANGES[PROTOCOL])
    found = run_trials(CHANGES[PROTOCOL], grid, RECIPE, (1, 2), CURVE, lambda share: None)
    for seed in (1, 2):
        predictions = curves.trial(seed, METHOD, grid.candidates, RECIPE, CURVE, print)
        for candidate, f in zip(found["candidates"], predictions):
            rho = np.corrcoef(f, CURVE.y[:, 0])[0, 1]
            error = np.abs(f - CURVE.y[:, 0])[CURVE.test].mean()
            assert candidate["pearson"][seed - 1] == pytest.approx(rho, rel=1e-3)
            assert candidate["mae_test"][seed - 1] == pytest.approx(error, rel=1e-3)
    assert [one["weight_decay"] for one in found["candidates"]] == list(CURVE_WEIGHT_DECAYS)
