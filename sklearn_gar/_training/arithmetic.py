"""Threads and kernels that suit the size of the work, in blocks that put them back."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from joblib import cpu_count

# Multiply-adds at once below which one thread is faster than several, on a busy machine by far,
# and torch's default product faster than one that takes longer to prepare.
_OPERATIONS_FOR_THREADS = 5e6

# Largest error of a product that counts as one in single precision, in standard deviations of
# its elements.  In half precision it is off by 1e-3 and more.
_LARGEST_ERROR = 1e-5


class _Shared:
    """What all threads share.  The first block to begin saves it, and the last restores it."""

    lock = threading.Lock()
    n_blocks = n_fast_blocks = 0
    n_threads = 0
    precision = ""
    # The threads of OpenMP do not survive a fork: work that is given to them never ends.
    is_forked = False

    @classmethod
    def after_fork(cls):
        cls.lock, cls.n_blocks, cls.n_fast_blocks = threading.Lock(), 0, 0
        cls.is_forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Shared.after_fork)


@contextmanager
def suited_arithmetic(n_operations: int, n_threads: int | None = None) -> Iterator[None]:
    """Threads and kernels that suit this many multiply-adds at once, in a block.

    `n_threads` is a limit.  One thread is used in a forked process.
    """
    is_large = n_operations >= _OPERATIONS_FOR_THREADS
    if not is_large:  # to count the processors takes longer than to predict a row
        with _limited_threads(1):
            yield
        return
    with _limited_threads(cpu_count() if n_threads is None else n_threads), _fast_products():
        yield


@contextmanager
def _limited_threads(n_threads):
    with _Shared.lock:
        before = torch.get_num_threads()
        if _Shared.n_blocks == 0:
            _Shared.n_threads = before
        _Shared.n_blocks += 1
    try:
        n_threads = 1 if _Shared.is_forked else n_threads
        torch.set_num_threads(min(_Shared.n_threads, n_threads))
        yield
    finally:
        with _Shared.lock:
            _Shared.n_blocks -= 1
            torch.set_num_threads(before if _Shared.n_blocks else _Shared.n_threads)


@contextmanager
def _fast_products():
    """Let oneDNN compute products in single precision, where it is as exact.

    Torch leaves them to MKL, which on some processors takes twice the time.  It asks oneDNN only
    if it is told that half precision is enough.  On most processors oneDNN computes in single
    precision even so.  On others this block changes nothing.
    """
    if not _is_exact():
        yield
        return
    with _Shared.lock:
        if _Shared.n_fast_blocks == 0:
            _Shared.precision = _precision()
            _set_precision("bf16")
        _Shared.n_fast_blocks += 1
    try:
        yield
    finally:
        with _Shared.lock:
            _Shared.n_fast_blocks -= 1
            if _Shared.n_fast_blocks == 0:
                _set_precision(_Shared.precision)


@cache
def _is_exact() -> bool:
    """Whether products have single precision although half precision is said to be enough."""
    if _precision() is None or not torch.backends.mkldnn.is_available():
        return False
    generator = torch.Generator(device="cpu").manual_seed(0)
    left, right = (torch.randn(2, *shape, generator=generator, device="cpu", dtype=torch.float32)
                   for shape in ((128, 256), (256, 128)))
    before = _precision()
    try:
        _set_precision("bf16")
        product = torch.bmm(left, right)
    finally:
        _set_precision(before)
    error = product.double() - torch.bmm(left.double(), right.double())
    return bool(error.abs().max() < _LARGEST_ERROR * product.std())


def _precision() -> str | None:
    """Torch's setting for products of oneDNN; None before version 2.9, which has none."""
    matmul = getattr(torch.backends.mkldnn, "matmul", None)
    return getattr(matmul, "fp32_precision", None)


def _set_precision(precision: str) -> None:
    torch.backends.mkldnn.matmul.fp32_precision = precision
