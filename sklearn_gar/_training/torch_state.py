"""What training changes in torch, and puts back."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def torch_state(seed: int, device: torch.device, n_threads: int) -> Iterator[None]:
    """Seed torch's generators, limit its threads and flush denormal numbers for a while.

    Everything is put back, whatever ends the block: weights and orders have generators
    of their own, but a user's loss or callback may draw from the global ones, and
    denormal numbers, which a member near zero gradient makes, slow arithmetic down.
    """
    flushes, threads = _flushes_denormals(), torch.get_num_threads()
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(int(seed))
        torch.set_flush_denormal(True)
        torch.set_num_threads(min(threads, n_threads))
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.set_flush_denormal(flushes)


def _flushes_denormals() -> bool:
    """Torch has a setter alone; a denormal number tells."""
    return (torch.full((1,), 1e-310, dtype=torch.float64) * 1.0).item() == 0.0
