"""How much arithmetic a training step is, and how fast this machine does it."""

import time
from collections.abc import Sequence

import torch


def step_operations(layer_sizes: Sequence[int], n_rows: int, n_networks: int = 1) -> int:
    """Floating-point operations in the matrix products of one training step.

    Each weight takes a multiplication and an addition a row in the forward pass, in its
    gradient and in the gradient of its layer's input, which the first layer goes without.
    """
    weights = [inputs * outputs for inputs, outputs in zip(layer_sizes, layer_sizes[1:])]
    return n_networks * n_rows * (6 * sum(weights) - 2 * weights[0])


def product_rate(size: int, n_calls: int = 1) -> float:
    """Floating-point operations per second of `torch.mm` on square float32 matrices."""
    left, right, product = (torch.ones(size, size) for _ in range(3))
    start = time.perf_counter()
    for _ in range(n_calls):
        torch.mm(left, right, out=product)
    return 2 * size ** 3 * n_calls / (time.perf_counter() - start)
