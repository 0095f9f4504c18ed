"""Memory of this process: sizes, and a peak that can start again."""

import resource

import numpy as np
import pytest

from benchmarks import process_memory
from benchmarks.process_memory import STATUS, give_back_free_memory, reset_peak, status_bytes

pytestmark = pytest.mark.skipif(not STATUS.is_file(), reason="memory is read from /proc")


def test_peak_starts_again():
    large = np.ones(100_000_000, dtype=np.int8)
    del large
    if not reset_peak():
        pytest.skip("the kernel does not let the peak start again")
    before = status_bytes("VmRSS")
    assert abs(status_bytes("VmHWM") - before) < 20e6
    small = np.ones(50_000_000, dtype=np.int8)
    del small
    assert 45e6 < status_bytes("VmHWM") - before < 80e6
    # the peak of the whole life of the process does not
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > before + 45e6


def test_free_memory_is_given_back():
    pieces = [bytes(50_000) for _ in range(1000)]  # from the heap: large ones are mapped apart
    held = status_bytes("VmRSS")
    del pieces
    give_back_free_memory()
    assert status_bytes("VmRSS") < held - 25e6


def test_system_without_these_files_cannot_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(process_memory, "REFERENCES", tmp_path / "nowhere" / "file")
    assert not reset_peak()
    with pytest.raises(RuntimeError, match="must have a line VmNone, found none"):
        status_bytes("VmNone")
