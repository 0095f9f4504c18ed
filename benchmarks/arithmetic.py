"""How many operations a training step takes, and how fast this machine does them."""

import time
from collections.abc import Sequence

import torch


def step_operations(layer_sizes: Sequence[int], n_rows: int, n_networks: int = 1) -> int:
    """Floating-point operations of the matrix products in one training step.

    For each row a weight takes a multiplication and an addition three times: in the forward
    pass, in its own gradient and in the gradient of its layer's input.  The first layer does
    not need the last.
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
