"""What a figure depends on besides its settings: versions, machine, threads, date."""

import hashlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import skorch
import sklearn
import torch
from threadpoolctl import threadpool_limits

import sklearn_gar

_CAN_BIND = hasattr(os, "sched_setaffinity")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that every figure depends on."""
    packages = {"numpy": np, "sklearn": sklearn, "torch": torch, "skorch": skorch,
                "sklearn_gar": sklearn_gar}
    return {"python": platform.python_version(),
            **{name: str(package.__version__) for name, package in packages.items()}}


def code() -> str:
    """The first digits of a digest of the package's sources, which change before its version."""
    folder, digest = Path(sklearn_gar.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def machine(device: str = "cpu") -> dict[str, str | int]:
    """Model of the processor and number of cores, and the model of a GPU that is used."""
    found = {"cpu": _cpu_model(), "cores": os.cpu_count() or 1}
    if torch.device(device).type == "cuda":
        found["gpu"] = torch.cuda.get_device_name(device)
    return found


def timestamp() -> str:
    """The time now in ISO format, UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def describe(versions: dict, machine: dict) -> str:
    """Versions and machine as part of a sentence."""
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    gpu = f", {machine['gpu']}" if "gpu" in machine else ""
    return f"{packages}; {machine['cpu']}, {machine['cores']} cores{gpu}"


@contextmanager
def limited_threads(n_threads: int, *, all_libraries: bool = False) -> Iterator[None]:
    """Limit the threads of torch and of NumPy's linear algebra; restore them afterwards.

    With `all_libraries` the limit also holds for everything that uses OpenMP, such as the
    trees of scikit-learn.
    """
    previous = torch.get_num_threads()
    try:
        with threadpool_limits(n_threads, user_api=None if all_libraries else "blas"):
            torch.set_num_threads(n_threads)
            yield
    finally:
        torch.set_num_threads(previous)


def available_cores() -> int:
    """Number of cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if _CAN_BIND else os.cpu_count() or 1


@contextmanager
def bound_to_cores(n_cores: int) -> Iterator[None]:
    """Bind this process, and those that it starts, to the first cores that it may run on.

    Where the system cannot do that, nothing happens.
    """
    if not _CAN_BIND:
        yield
        return
    previous = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, sorted(previous)[:n_cores])
        yield
    finally:
        os.sched_setaffinity(0, previous)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Treat denormal numbers as zero, since arithmetic on them is slow."""
    # torch can set this but not say what is set; arithmetic on a denormal number shows it
    previous = (torch.full((1,), 1e-310, dtype=torch.float64) * 1.0).item() == 0.0
    try:
        torch.set_flush_denormal(True)
        yield
    finally:
        torch.set_flush_denormal(previous)


def _cpu_model():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
