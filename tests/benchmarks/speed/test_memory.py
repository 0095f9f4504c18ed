"""Peak memory of a fit on a mapped file."""

import mmap

import numpy as np
import pytest

from benchmarks.speed import memory
from benchmarks.speed.catalogue import catalogue

pytestmark = pytest.mark.skipif(not memory.STATUS.is_file(), reason="memory is read from /proc")


def test_peak_memory_includes_memory_that_is_given_back():
    before = memory.anonymous_bytes()
    # new pages from the system: those of malloc may have been counted before
    block = mmap.mmap(-1, 50_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with memory.PeakMemory() as seen:
        for first in range(0, len(block), mmap.PAGESIZE):
            block[first] = 1
        while seen.peak < before + 40_000_000:
            pass
        block.close()
    assert seen.peak - before > 40_000_000 > memory.anonymous_bytes() - before


def test_failed_fit_in_the_other_process_is_an_error():
    with pytest.raises(RuntimeError, match="the fit failed: .*batch_size"):
        memory.peak_of_fit(100, 3, 1, 1)


def test_mapped_file_has_the_size_of_its_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "ROWS_AT_ONCE", 7)
    with open(tmp_path / "rows", "wb+") as file:
        memory.write_rows(file, 20, 3)
    assert np.isfinite(np.memmap(tmp_path / "rows", np.float32, "r", shape=(20, 3))).all()
    full = catalogue()["memmap_memory"].settings
    assert 4 * full["n_rows"] * full["n_features"] == 4 * full["allowed_bytes"] == 4e9
