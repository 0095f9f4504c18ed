"""Running the benchmarks as a user does."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.data_files import VARIABLE

REPOSITORY = Path(__file__).parents[2]


def program(*arguments):
    """Command and settings of a process without the environment variable of the data."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return [sys.executable, "-m", "benchmarks", *map(str, arguments)], {
        "cwd": REPOSITORY, "env": environment, "text": True,
        "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def start(*arguments):
    """Run the program to its end."""
    command, settings = program(*arguments)
    return subprocess.run(command, **settings)


def speed_records(path):
    """The records of a result file of `speed`."""
    return json.loads(path.read_text())["measurements"]
