"""Figures, where matplotlib is installed."""

from collections.abc import Callable
from pathlib import Path


def draw_if_possible(write: Callable[[Path], None], path: Path,
                     report_progress: Callable[[str], None]) -> None:
    """Write a figure and say where it is, or say that matplotlib is missing."""
    try:
        write(path)
    except ImportError as error:
        report_progress(f"note: no figure, {error}; pip install '.[benchmarks]' has it")
    else:
        report_progress(f"the figure is {path}")
