"""Times of stack and loop."""

import pytest
import torch

from benchmarks.paper import timing
from benchmarks.paper.cell import Grid
from benchmarks.paper.protocol import METHODS, Method
from benchmarks.paper.training import Candidate, Stack, epoch_batches
from tests.benchmarks.paper.made_up import TINY, made_up_rows, made_up_table, to_rows


@pytest.mark.parametrize("pretrains", [False, True])
def test_stack_and_loop_are_timed(monkeypatch, pretrains):
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
    times = timing.time_method(method, Grid((1e-2, 1e-3), (1e-3,), method.values), TINY,
                               made_up_table(), shares.append)
    assert sum(shares) == pytest.approx(1)
    assert times["networks_in_cell"] == 10 * len(method.values)
    for way in ("stack", "loop"):
        assert 0 < times[way]["loss"]["mean"] < times[way]["all"]["mean"]
    assert torch.equal(state, torch.random.get_rng_state())


def test_timed_stack_trains_like_any_other():
    rows, predictions = to_rows(*made_up_rows()), []
    for kind in (Stack, timing.TimedStack):
        stack = kind(rows, [Candidate(1e-2, 1e-3, 1.0)], METHODS["GAR"], TINY)
        for index in epoch_batches(len(rows.X), TINY, torch.Generator().manual_seed(0)):
            stack.step(rows.X[index], rows.y[index])
        predictions.append(stack.network.outputs(rows.X))
    assert torch.equal(*predictions) and stack.loss_seconds > 0
