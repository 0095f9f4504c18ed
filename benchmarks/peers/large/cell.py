"""One fit in a process of its own, bound to as many cores as it has threads.

So every regressor finds the same number of cores however it counts them, and the peak of the
resident memory is that of one fit.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sklearn.base import BaseEstimator

from benchmarks import environment
from benchmarks.datasets import Split
from benchmarks.peers.contenders import Contender
from benchmarks.peers.large.contenders import contender
from benchmarks.peers.large.tables import LARGE_DATASETS
from benchmarks.peers.run import QUICK_ROWS
from benchmarks.peers.trial import Trial, run_trial, silence
from benchmarks.process_memory import STATUS, give_back_free_memory, reset_peak, status_bytes
from benchmarks.text import failure

REPOSITORY = Path(__file__).parents[3]
PR_SET_PDEATHSIG = 1  # of prctl(2)
QUICK_PART = 100  # a smoke test has one of so many rows


@dataclass(frozen=True)
class Cell:
    """What is fitted to what: plain values, which go to another process.

    `path` is that of the data set's file, None if it has none.
    """

    dataset: str
    path: str | None
    split: int
    contender: str
    n_threads: int
    quick: bool = False


class Observed:
    """A regressor whose `fit` takes down processor time and memory.

    Attributes
    ----------
    processor_seconds : float or None
        Processor time of the fit, of all threads together.
    peak_bytes : int or None
        Peak of the resident memory over that before the fit; None where the system cannot tell.
    """

    def __init__(self, model: BaseEstimator):
        self.model = model
        self.processor_seconds = self.peak_bytes = None
        give_back_free_memory()
        self._bytes_before = status_bytes("VmRSS") if STATUS.is_file() and reset_peak() else None

    def fit(self, X, y):
        start = time.process_time()
        self.model.fit(X, y)
        self.processor_seconds = time.process_time() - start
        if self._bytes_before is not None:
            self.peak_bytes = status_bytes("VmHWM") - self._bytes_before
        return self

    def predict(self, X):
        return self.model.predict(X)


def measure(regressor: Contender, rows: Split, n_threads: int, quick: bool) -> Trial:
    """A trial with processor time and memory, after a small fit that loads code."""
    with silence():
        model, small_model = (regressor.model(n_threads, small) for small in (quick, True))
    run_trial(small_model, rows.head(QUICK_ROWS), n_threads)
    observed = Observed(model)
    trial = run_trial(observed, rows, n_threads)
    return {**trial, "fit_processor_seconds": observed.processor_seconds,
            "peak_bytes": observed.peak_bytes}


def run_cell(cell: Cell) -> Trial:
    """Read the table and measure, in this process."""
    dataset, regressor = LARGE_DATASETS[cell.dataset], contender(cell.contender, cell.dataset)
    rows = dataset.split(dataset.read(cell.path and Path(cell.path)), cell.split)
    if cell.quick:
        rows = rows.head(len(rows.X) // QUICK_PART)
    return {**measure(regressor, rows, cell.n_threads, cell.quick),
            "versions": regressor.versions() | dataset.versions(),
            "machine": environment.machine()}


def run_cell_apart(cell: Cell) -> Trial:
    """Run a cell in a new process; if that ends without a result, the reason is the result."""
    with environment.bound_to_cores(cell.n_threads):
        done = subprocess.run(
            [sys.executable, "-m", __name__, json.dumps(asdict(cell)), str(os.getpid())],
            env={**os.environ, "LOKY_MAX_CPU_COUNT": str(cell.n_threads)},
            cwd=REPOSITORY, capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    last = done.stderr.strip().splitlines()[-1:] or ["no message"]
    error = RuntimeError(f"the process ended with code {done.returncode}, {last[0]}")
    regressor = contender(cell.contender, cell.dataset)
    return {"failure": failure(error), "date": environment.timestamp(),
            "versions": regressor.versions(), "machine": environment.machine()}


def end_with(parent: int) -> None:
    """Let this process end when the one that started it does, however that ends.

    Otherwise the fit of a run that was killed goes on beside those of the next run.
    """
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError, TypeError):  # only Linux has it
        return
    if os.getppid() != parent:  # it ended before
        sys.exit(f"the process {parent} has ended")


if __name__ == "__main__":
    end_with(int(sys.argv[2]))
    print(json.dumps(run_cell(Cell(**json.loads(sys.argv[1])))))
