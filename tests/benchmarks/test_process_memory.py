"""Memory of this process: sizes, and a peak that can start again."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import process_memory
from benchmarks.process_memory import STATUS, give_back_free_memory, reset_peak, status_bytes

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not STATUS.is_file(), reason="memory is read from /proc")


PEAKS = """
import resource
import numpy as np
from benchmarks.process_memory import reset_peak, status_bytes
large = np.ones(100_000_000, dtype=np.int8)
del large
has_reset, before = reset_peak(), status_bytes("VmRSS")
after_reset = status_bytes("VmHWM")
small = np.ones(50_000_000, dtype=np.int8)
del small
life = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(int(has_reset), before, after_reset, status_bytes("VmHWM"), life)
"""


def test_peak_starts_again():
    # in a process of its own, whose memory nobody used before
    output = subprocess.run([sys.executable, "-c", PEAKS], check=True, capture_output=True,
                            text=True, cwd=REPOSITORY).stdout
    has_reset, before, after_reset, peak, life = map(int, output.split())
    if not has_reset:
        pytest.skip("the kernel does not let the peak start again")
    assert abs(after_reset - before) < 20e6
    assert 45e6 < peak - before < 80e6
    # the peak of the whole life of the process does not
    assert life > before + 80e6


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
