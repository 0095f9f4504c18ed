"""The state of this process, and other processes that import the package under test."""

import os
import random
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

import sklearn_gar

REPOSITORY = Path(sklearn_gar.__file__).parents[1]
# a process that hangs must fail its test; none of them takes a tenth of this
SECONDS_BEFORE_IT_HANGS = 120


def run_python(code, *arguments, **environment):
    """The completed process of a program that turns warnings into errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)], cwd=REPOSITORY,
        env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=SECONDS_BEFORE_IT_HANGS)


def process_state():
    """Global state that a fit must leave as it was."""
    numpy_state = np.random.get_state(legacy=False)["state"]
    return {
        "torch's generator": torch.get_rng_state().numpy(),
        "numpy's generator": np.r_[numpy_state["key"], numpy_state["pos"]],
        "python's generator": np.array(random.getstate()[1]),
        "threads": torch.get_num_threads(),
        "dtype": str(torch.get_default_dtype()),
        "gradient": torch.is_grad_enabled(),
        "denormals": (torch.tensor([1e-310], dtype=torch.float64) * 1.0).item(),
        "filters": list(warnings.filters),
        "numpy's errors": np.geterr(),
        "signal": signal.getsignal(signal.SIGINT),
    }
