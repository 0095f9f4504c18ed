"""Torch's default device and default dtype neither decide on a network nor break it."""

from contextlib import contextmanager

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.nn import StackedAdam, StackedAdamW, StackedMLP, StackedSGD


@contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


DEFAULTS = {
    "device": lambda: torch.device("meta"),  # stands for a device without the numbers
    "double": lambda: default_dtype(torch.float64),
    "half": lambda: default_dtype(torch.float16),
}
each_default = pytest.mark.parametrize("default", DEFAULTS.values(), ids=DEFAULTS)


def train(dtype, optimizer, embedding):
    """Weights after three steps, with members of different rates, one of which is dropped."""
    network = StackedMLP((4, 5, 2), seeds=[0, 1, 2], embedding=embedding,
                         embedded_features=None if embedding is None else (1, 3), dtype=dtype)
    solver = optimizer(network.parameters(), lr=[0.1, 0.1, 0.2], weight_decay=0.01)
    for step in range(3):
        prediction, saved = network.forward_and_save(X.to(dtype))
        network.backward(prediction.cos(), saved)
        solver.scale_learning_rate(1 - step / 3)
        solver.step()
        if step == 1:
            members = torch.tensor([2, 0], device="cpu")
            network.keep_members(members)
            solver.keep_members(members)
    return [*network.parameters(), network.outputs(X.to(dtype))]


X = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@each_default
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("optimizer", [StackedSGD, StackedAdam, StackedAdamW])
@pytest.mark.parametrize("embedding", [None, "periodic"])
def test_training_is_the_same(default, dtype, optimizer, embedding):
    expected = train(dtype, optimizer, embedding)
    with default():
        actual = train(dtype, optimizer, embedding)
    for tensor, other in zip(actual, expected, strict=True):
        assert tensor.dtype == dtype and tensor.device.type == "cpu"
        assert_close(tensor, other)
