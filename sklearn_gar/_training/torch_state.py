"""What training changes in torch, and puts back."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch


class _Shared:
    """What all threads share: the first training in remembers it, the last one out restores."""

    lock = threading.Lock()
    n_trainings = 0
    n_threads = 0
    generators: torch.random.fork_rng


@contextmanager
def torch_state(seed: int, device: torch.device, n_threads: int) -> Iterator[None]:
    """Seed torch's generators, limit its threads and flush denormal numbers for a while.

    Everything is put back, whatever ends the block, trainings in other threads included:
    weights and orders have generators of their own, but a user's loss or callback may draw
    from the global ones, and denormal numbers, which a member near zero gradient makes, slow
    arithmetic down.
    """
    with _Shared.lock:
        if _Shared.n_trainings == 0:
            _Shared.n_threads = torch.get_num_threads()
            _Shared.generators = torch.random.fork_rng([device] if device.type == "cuda" else [])
            _Shared.generators.__enter__()
        _Shared.n_trainings += 1
    flushes = _flushes_denormals()
    try:
        torch.manual_seed(int(seed))
        torch.set_flush_denormal(True)
        torch.set_num_threads(min(_Shared.n_threads, n_threads))
        yield
    finally:
        torch.set_flush_denormal(flushes)
        with _Shared.lock:
            torch.set_num_threads(_Shared.n_threads)
            _Shared.n_trainings -= 1
            if _Shared.n_trainings == 0:
                _Shared.generators.__exit__(None, None, None)


@contextmanager
def own_modes() -> Iterator[None]:
    """Neither inference mode nor autocast nor another default device, whatever is set around."""
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        for kind in ("cpu", "cuda"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield


def _flushes_denormals() -> bool:
    """Torch has a setter alone; a denormal number tells."""
    return (torch.full((1,), 1e-310, dtype=torch.float64) * 1.0).item() == 0.0
