"""The result of one cell: a file of its own, written when the cell is finished."""

import re
from pathlib import Path

from benchmarks.paper.cell_form import check_cell
from benchmarks.result_files import as_json, read_result, write_result


def cell_path(folder: Path, experiment: str, task: str, case: str) -> Path:
    """As table1/concrete/focal_mae.json."""
    name = re.sub(r"[^a-z0-9.]+", "_", case.lower()).strip("_")
    return folder / experiment / task / f"{name}.json"


def read_cell(path: Path) -> dict | None:
    """The cell in a file, which must have the form of its experiment, or None without a file."""
    return read_result(path, "the file of a cell", check_cell)


def has_settings(path: Path, settings: dict) -> bool | None:
    """Whether the cell in a file has these settings, or None if there is no file."""
    cell = read_cell(path)
    return None if cell is None else cell["settings"] == as_json(settings)


def write_cell(path: Path, cell: dict) -> None:
    write_result(path, cell, lists_on_one_line=True)
