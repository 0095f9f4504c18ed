"""Memory of a fit on a memory-mapped file, in a separate process.

The pages of a mapped file count as resident memory until the system needs them, so the peak of
the resident memory says nothing.  The anonymous memory does: ``RssAnon`` in
``/proc/self/status``.  A thread reads it while the fit runs.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import torch

from benchmarks.process_memory import STATUS, status_bytes
from benchmarks.speed.measurement import Goal, Measurement, Pair
from sklearn_gar import GARRegressor

SECONDS_BETWEEN = 0.002  # two readings of the memory
ROWS_AT_ONCE = 1 << 16   # that are written to the file
REPOSITORY = Path(__file__).parents[2]


def anonymous_bytes() -> int:
    """Memory of this process that belongs to no file."""
    return status_bytes("RssAnon")


class PeakMemory(threading.Thread):
    """The largest anonymous memory that is seen while the block runs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak = 0
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(SECONDS_BETWEEN):
            self.peak = max(self.peak, anonymous_bytes())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.peak = max(self.peak, anonymous_bytes())
        self.done.set()
        self.join()


def write_rows(file, n_rows, n_features):
    """Write random float32 rows, some at a time."""
    rng = np.random.default_rng(0)
    for first in range(0, n_rows, ROWS_AT_ONCE):
        shape = min(ROWS_AT_ONCE, n_rows - first), n_features
        file.write(rng.standard_normal(shape, dtype=np.float32))
    file.flush()


def peak_of_fit(n_rows, n_features, batch_size, n_epochs) -> float:
    """Peak memory of a fit in a new process, in bytes, less the memory after the imports."""
    if not STATUS.is_file():
        raise RuntimeError(f"memory is read from {STATUS}, which this system lacks")
    # the file has no name, so nothing remains however this process ends
    with tempfile.TemporaryFile() as file:
        write_rows(file, n_rows, n_features)
        sizes = {"n_rows": n_rows, "n_features": n_features, "batch_size": batch_size,
                 "n_epochs": n_epochs, "n_threads": torch.get_num_threads()}
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(file.fileno()), json.dumps(sizes)],
            pass_fds=[file.fileno()], capture_output=True, text=True, cwd=REPOSITORY)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise RuntimeError(f"the fit failed: {last[0]}")
    return float(json.loads(done.stdout)["bytes"])


def fit_mapped(descriptor, *, n_rows, n_features, batch_size, n_epochs, n_threads) -> int:
    """Peak memory of a fit in this process, in bytes, less the memory at the start."""
    torch.set_num_threads(n_threads)
    before = anonymous_bytes()
    y = np.random.default_rng(1).standard_normal(n_rows, dtype=np.float32)
    with os.fdopen(descriptor, "rb") as file, PeakMemory() as memory:
        X = np.memmap(file, dtype=np.float32, mode="r", shape=(n_rows, n_features))
        GARRegressor(n_estimators=1, max_iter=n_epochs, batch_size=batch_size,
                     embedding=None, early_stopping=False, random_state=0).fit(X, y)
    return memory.peak - before


def prepare(*, n_rows, n_features, batch_size, n_epochs, allowed_bytes):
    """Peak memory of a fit, and the memory that is allowed."""
    return Pair(lambda: peak_of_fit(n_rows, n_features, batch_size, n_epochs),
                lambda: allowed_bytes)


def measurements() -> list[Measurement]:
    return [Measurement(
        "memmap_memory", Goal("<=", 1), "peak of GARRegressor.fit on a 4 GB memmap, "
        "over the import", "1 GB", prepare,
        {"n_rows": 4_000_000, "n_features": 250, "batch_size": 16_384, "n_epochs": 1,
         "allowed_bytes": 10 ** 9, "repetitions": 1},
        {"n_rows": 1_000, "n_features": 10, "batch_size": 256}, unit="bytes", cost=120,
        warms_up=False)]


if __name__ == "__main__":
    print(json.dumps({"bytes": fit_mapped(int(sys.argv[1]), **json.loads(sys.argv[2]))}))
