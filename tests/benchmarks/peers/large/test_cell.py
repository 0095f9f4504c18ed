"""One fit in a process of its own: processor time, memory, cores and failures."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import Split
from benchmarks.peers.contenders import GAR, Contender
from benchmarks.peers.large import cell
from benchmarks.peers.large.cell import Cell, measure, run_cell, run_cell_apart
from benchmarks.peers.large.contenders import NAMES, contender
from benchmarks.peers.large.variants import VARIANTS
from benchmarks.process_memory import STATUS
from sklearn_gar import GARRegressor
from tests.benchmarks.peers.made_up import CALLS, Shift, shifted, table
from tests.benchmarks.peers.made_up_frames import mixed_table

CELL = Cell("made_10000", None, 1, "HistGradientBoosting", 1, quick=True)


def rows():
    X, y = table(200)
    return Split(X[:150], y[:150], X[150:], y[150:])


class Busy(Shift):
    """Computes for a while, sleeps for a while, and needs 60 MB at its peak."""

    def fit(self, X, y):
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        time.sleep(0.3)
        np.ones(60_000_000, dtype=np.int8)
        return super().fit(X, y)


def test_a_small_fit_comes_first():
    CALLS.clear()
    trial = measure(shifted("one", 0.5), rows(), 1, False)
    assert CALLS == [(0.5, 60, 1), (0.5, 150, 1)]
    assert trial["n_train"] == 150 and trial["failure"] is None
    assert trial["scores"]["MAE"] == pytest.approx(0.5, abs=0.1)


def test_processor_time_leaves_out_waiting():
    trial = measure(Contender("busy", "sklearn", lambda n_threads: Busy()), rows(), 1, False)
    assert trial["fit_seconds"] >= 0.5
    assert 0.2 <= trial["fit_processor_seconds"] < trial["fit_seconds"]


@pytest.mark.skipif(not STATUS.is_file(), reason="memory is read from /proc")
def test_peak_memory_is_that_of_the_fit():
    before = np.ones(200_000_000, dtype=np.int8)  # an earlier peak
    del before
    trial = measure(Contender("busy", "sklearn", lambda n_threads: Busy()), rows(), 1, False)
    assert 55e6 < trial["peak_bytes"] < 100e6


def test_memory_is_unknown_where_the_system_cannot_tell(monkeypatch):
    monkeypatch.setattr(cell, "reset_peak", lambda: False)
    assert measure(shifted("one", 0.5), rows(), 1, False)["peak_bytes"] is None


def test_failed_fit_is_the_result():
    trial = measure(Contender("one", "sklearn", lambda n_threads: Shift(fails=True)), rows(), 1,
                    False)
    assert trial["failure"] == "RuntimeError: no luck"
    assert trial["fit_processor_seconds"] is trial["peak_bytes"] is None


def test_other_process_has_the_scores_of_this_one():
    apart, here = run_cell_apart(CELL), run_cell(CELL)
    assert apart["failure"] is None and apart["n_train"] == apart["n_test"] == 100
    assert apart["scores"] == pytest.approx(here["scores"])
    assert apart["versions"]["sklearn"] and apart["machine"]["cores"] >= 1
    assert apart["peak_bytes"] is None or apart["peak_bytes"] < 500e6


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="binds a process to cores")
def test_other_process_is_bound_to_its_cores(monkeypatch):
    seen = []

    def start(command, **settings):
        seen.append((os.sched_getaffinity(0), settings["env"]["LOKY_MAX_CPU_COUNT"]))
        raise ZeroDivisionError
    monkeypatch.setattr(cell.subprocess, "run", start)
    before = os.sched_getaffinity(0)
    with pytest.raises(ZeroDivisionError):
        run_cell_apart(CELL)
    assert seen == [({min(before)}, "1")]
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("code, reason", [
    ("import sys; sys.exit('one\\nlast words')", "the process ended with code 1, last words"),
    ("import os; os.kill(os.getpid(), 9)", "the process ended with code -9, no message")])
def test_process_that_ends_without_a_result_is_a_failure(code, reason, monkeypatch):
    real = cell.subprocess.run
    monkeypatch.setattr(cell.subprocess, "run", lambda command, **settings: real(
        [command[0], "-c", code], **settings))
    trial = run_cell_apart(CELL)
    assert trial["failure"] == f"RuntimeError: {reason}"
    assert trial["versions"]["sklearn"] and trial["date"] and trial["machine"]


def is_running(process):
    """Whether a process exists and has not ended; one that has may wait to be taken notice of."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())],
                         stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), flush=True)
child.wait()
"""
CHILD = """
import os, sys, time
from benchmarks.peers.large.cell import end_with
end_with(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone can do that")
def test_fit_ends_with_a_run_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], cwd=cell.REPOSITORY, text=True,
                          stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
    for _ in range(300):
        if not is_running(child):
            return
        time.sleep(0.1)
    pytest.fail("the fit goes on")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone can do that")
def test_fit_does_not_begin_after_its_run_has_ended():
    with pytest.raises(SystemExit, match="the process 1234567890 has ended"):
        try:
            cell.end_with(1234567890)
        finally:
            ctypes.CDLL(None).prctl(cell.PR_SET_PDEATHSIG, 0)


def test_contenders_have_the_defaults_and_variants_their_parameters():
    known = GARRegressor().get_params()
    for dataset in ("made_10000", "flights"):
        assert contender(GAR, dataset).model(1).set_params(random_state=None).get_params() == known
        for name, parameters in VARIANTS.items():
            model = contender(name, dataset).model(1).set_params(random_state=None)
            assert model.get_params() == {**known, **parameters}
    assert not set(VARIANTS) & set(NAMES)
    different = {repr(sorted(parameters.items())) for parameters in VARIANTS.values()}
    assert len(different) == len(VARIANTS)


@pytest.mark.parametrize("name", NAMES)
def test_contenders_take_what_their_table_is(name):
    frames, arrays = mixed_table(), table(120)
    for dataset, (X, y) in (("flights", frames), ("made_10000", arrays)):
        try:
            trial = measure(contender(name, dataset), Split(X, y, X, y), 1, True)
        except ImportError as error:
            pytest.skip(f"{name} needs a package: {error}")
        assert trial["failure"] is None
