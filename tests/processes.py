"""Other Python processes that import the package under test."""

import os
import subprocess
import sys
from pathlib import Path

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
