"""How the fits of a search are divided into blocks."""

from types import SimpleNamespace

import pytest
import torch

from sklearn_gar._selection.blocks import make_blocks
from sklearn_gar.nn.cost import Cost


def fits(device, n_fits=12, n_activations=1 << 18):
    """Stand-ins of single-precision networks of so many activations in a step."""
    problem = SimpleNamespace(
        device=torch.device(device), dtype=torch.float32, learning_rate=lambda estimator: 0.01,
        step_cost=lambda estimator: Cost(weights=1, activations=n_activations))
    estimator = SimpleNamespace(skorch_callbacks=None, weight_decay=0.0)
    return [SimpleNamespace(candidate=one, estimator=estimator, problem=problem, stack_key=0)
            for one in range(n_fits)]


@pytest.mark.parametrize("device, sizes", [("cpu", [4, 4, 4]), ("cuda", [12])])
def test_blocks_fit_the_cache_of_a_processor_only(device, sizes):
    # activations and gradients take 2 MB for each fit, and 8 MB fit the cache
    blocks = make_blocks(fits(device))
    assert [len(block) for block in blocks] == sizes
    assert [fit.candidate for block in blocks for fit in block] == list(range(12))
