"""The search on the first seed, the repetitions, and what the validation images choose."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from sklearn.metrics import r2_score

from benchmarks.paper.cell import Grid
from benchmarks.paper.images.protocol import SCRATCH
from benchmarks.paper.images.scratch import Recorder, seeded, train_scratch
from benchmarks.paper.images.training import make_net
from benchmarks.paper.images.trials import run_trials
from benchmarks.paper.protocol import METHODS, METRICS
from benchmarks.paper.scores import LOWER_IS_BETTER
from benchmarks.paper.training import Candidate
from tests.benchmarks.paper.images.made_up import TINY, made_up_images
from tests.benchmarks.paper.plain_training import reference_scores

N_EPOCHS, SEEDS = 4, (1, 2, 3)


def made_up_scores(candidate, seed):
    """Scores (2, 4, 4) that are drawn by candidate and seed."""
    rng = np.random.default_rng([int(1e6 * candidate.learning_rate), seed])
    return rng.uniform(0.1, 0.9, size=(2, 4, N_EPOCHS))


def test_first_seed_searches_and_the_others_repeat():
    grid, calls, shares = Grid((0.1, 0.01), (1e-3,), (0.25, 1.0)), [], []

    def train(candidate, seed):
        calls.append((candidate, seed))
        return made_up_scores(candidate, seed) + (candidate.value == 0.25)
    result = run_trials(METHODS["Huber"], grid, SEEDS, torch.rand(5, 1), train, shares.append)
    assert calls[:4] == [(candidate, 1) for candidate in grid.candidates]
    errors = {rate: made_up_scores(Candidate(rate, 1e-3), 1)[0, 0].min() for rate in (0.1, 0.01)}
    best = Candidate(min(errors, key=errors.get), 1e-3, 1.0)
    assert calls[4:] == [(best, 2), (best, 3)]
    assert result["chosen"] == {"learning_rate": best.learning_rate, "weight_decay": 1e-3,
                                "delta": 1.0}
    assert result["networks"] == 6 and sum(shares) == pytest.approx(1)
    searched = {(line["learning_rate"], line["delta"]): line["validation_mae"]
                for line in result["candidates"]}
    assert searched[0.1, 1.0] == pytest.approx(errors[0.1], rel=1e-4)
    assert searched[0.1, 0.25] == pytest.approx(errors[0.1] + 1, rel=1e-4)


def test_each_metric_chooses_its_epoch_by_validation_images():
    y = torch.tensor([[1.0], [4.0], [2.0]])
    grid = Grid((0.1,), (0.0,), (None,))
    result = run_trials(METHODS["MAE"], grid, SEEDS, y, made_up_scores, lambda share: None)
    for place, metric in enumerate(METRICS):
        expected = []
        for seed in SEEDS:
            validation, test = made_up_scores(grid.candidates[0], seed)[:, place]
            choose = np.argmin if metric in LOWER_IS_BETTER else np.argmax
            expected.append(test[choose(validation)])
        score = result["scores"][metric]
        assert [run["test"] for run in score["seeds"]] == expected
        assert score["mean"] == pytest.approx(np.mean(expected))
        assert score["std"] == pytest.approx(np.std(expected))
    for rmse, r2 in zip(*(result["scores"][name]["seeds"] for name in ("RMSE", "R2"))):
        prediction = y.numpy() + rmse["test"]  # of this root mean squared error
        assert r2["test"] == pytest.approx(r2_score(y, prediction))
        assert r2["epoch"] == rmse["epoch"]


def test_method_that_diverges_with_a_seed_has_no_mean():
    worst = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def train(candidate, seed):
        if seed == 2:
            return np.tile(worst[:, None], (2, 1, 1))
        return np.full((2, 4, 1), 0.5)
    result = run_trials(METHODS["MAE"], Grid((0.1,), (0.0,), (None,)), SEEDS, torch.rand(5, 1),
                        train, lambda share: None)
    for score in result["scores"].values():
        assert score["mean"] is None and [run["test"] for run in score["seeds"]][1] is None


@pytest.mark.parametrize("name", ["MAE", "ConR"])
def test_scores_of_an_epoch_are_those_of_scikit_learn(name):
    images, candidate = made_up_images(), Candidate(0.01, 1e-4, SCRATCH[name].values[0])
    scores = train_scratch(images, SCRATCH[name], TINY, candidate, seed=1)
    assert scores.shape == (2, 4, TINY.n_epochs) and np.isfinite(scores).all()
    for epoch, net in enumerate(nets_by_epoch(images, SCRATCH[name], candidate, seed=1)):
        for row, part in zip(scores, (images.validation, images.test)):
            expected = reference_scores(part.y.numpy(), net.predict(part))
            np.testing.assert_allclose(row[:, epoch], expected, rtol=1e-5)


class Copies(Callback):
    """Keeps a copy of the net after each epoch."""

    def __init__(self):
        self.nets = []

    def on_epoch_end(self, net, **kwargs):
        self.nets.append(deepcopy(net))


def nets_by_epoch(images, method, candidate, seed):
    copies = Copies()
    callbacks = [Recorder(images, TINY.n_epochs), copies]
    with seeded(seed):
        make_net(images, method, candidate, TINY, callbacks).fit(images.train, y=None)
    return copies.nets


def test_trainings_repeat_and_leave_the_random_state_alone():
    images, before = made_up_images(), torch.get_rng_state()
    runs = [train_scratch(images, METHODS["MSE"], TINY, Candidate(0.01, 0.0), seed)
            for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_training_that_diverges_ends_with_the_worst_scores():
    scores = train_scratch(made_up_images(), METHODS["MSE"], TINY, Candidate(1e30, 0.0), seed=1)
    np.testing.assert_array_equal(scores[:, :2], np.inf)
    np.testing.assert_array_equal(scores[:, 2:], -np.inf)
