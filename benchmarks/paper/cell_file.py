"""The result of one cell: a file of its own, written when the cell is finished."""

import re
from pathlib import Path

from benchmarks.result_files import as_json, read_result, write_result

# what the file of every experiment has
KEYS = ("experiment", "task", "case", "settings", "seconds", "threads", "versions", "machine",
        "date")


def cell_path(folder: Path, experiment: str, task: str, case: str) -> Path:
    """As table1/concrete/focal_mae.json."""
    name = re.sub(r"[^a-z0-9.]+", "_", case.lower()).strip("_")
    return folder / experiment / task / f"{name}.json"


def read_cell(path: Path) -> dict | None:
    """The cell in a file, or None if there is no file."""
    return read_result(path, "the file of a cell", lambda cell: [cell[key] for key in KEYS])


def has_settings(path: Path, settings: dict) -> bool | None:
    """Whether the cell in a file has these settings, or None if there is no file."""
    cell = read_cell(path)
    return None if cell is None else cell["settings"] == as_json(settings)


def write_cell(path: Path, cell: dict) -> None:
    write_result(path, cell, lists_on_one_line=True)
