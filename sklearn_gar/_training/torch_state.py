"""What training changes in torch, and puts back."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch


class _SharedState:
    """What all threads share.  The first block to begin saves it, and the last restores it."""

    lock = threading.Lock()
    n_trainings = 0
    generators: torch.random.fork_rng

    @classmethod
    def after_fork(cls):
        cls.lock, cls.n_trainings = threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SharedState.after_fork)


@contextmanager
def torch_state(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators and flush denormal numbers in a block.

    The generators are those of the processor and of the training's device.  Everything is
    restored when the block ends, by an error too, and when other threads train at the same time.
    First weights and orders of rows have generators of their own, but a user's loss or callback
    may draw from the global ones.  Members near zero gradient make denormal numbers, which slow
    arithmetic down.
    """
    flushes = _flushes_denormals()
    with _SharedState.lock:
        if _SharedState.n_trainings == 0:
            # of all GPUs, since other threads may train on others
            devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
            _SharedState.generators = torch.random.fork_rng(devices, device_type="cuda")
            _SharedState.generators.__enter__()
        _SharedState.n_trainings += 1
    try:
        _seed(int(seed), device)
        torch.set_flush_denormal(True)
        yield
    finally:
        torch.set_flush_denormal(flushes)
        with _SharedState.lock:
            _SharedState.n_trainings -= 1
            if _SharedState.n_trainings == 0:
                _SharedState.generators.__exit__(None, None, None)


def _seed(seed, device):
    """Seed these generators alone; `torch.manual_seed` seeds those of all devices."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)


@contextmanager
def default_modes() -> Iterator[None]:
    """No inference mode, no autocast and the CPU as default device in a block."""
    changes = []
    if torch.is_inference_mode_enabled():
        changes.append(torch.inference_mode(False))
    for kind in ("cpu", "cuda"):
        if torch.is_autocast_enabled(kind):
            changes.append(torch.autocast(kind, enabled=False))
    if torch.empty(0).device.type != "cpu":  # set by torch, or by a block around
        changes.append(torch.device("cpu"))
    if not changes:
        yield
        return
    with ExitStack() as stack:
        for change in changes:
            stack.enter_context(change)
        yield


def _flushes_denormals() -> bool:
    """Whether this thread flushes denormal numbers; torch has no getter, so try one."""
    return (torch.full((1,), 1e-310, dtype=torch.float64, device="cpu") * 1.0).item() == 0.0


def check_device(device) -> torch.device:
    """A device that torch knows and this machine has."""
    try:
        device = torch.device(device)
        torch.empty(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        # torch goes on with a list of all backends, in the same line
        reason = str(error).splitlines()[0].split(". ")[0].rstrip(".")
        raise ValueError(f"device must be one that torch can use here, got {str(device)!r}: "
                         f"{reason}") from None
    return device
