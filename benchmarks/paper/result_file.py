"""One small file a cell, whole at any moment."""

import json
import re
import tempfile
from pathlib import Path

from benchmarks.speed.result_file import ResultError
from benchmarks.whole_file import write_whole

# what every cell has, beside what its experiment found
KEYS = ("experiment", "task", "case", "settings", "seconds", "threads", "versions", "machine",
        "date")


def cell_path(folder: Path, experiment: str, task: str, case: str) -> Path:
    """As table1/concrete/focal_mae.json."""
    name = re.sub(r"[^a-z0-9.]+", "_", case.lower()).strip("_")
    return folder / experiment / task / f"{name}.json"


def read(path: Path) -> dict | None:
    """The cell in a file, or None if there is no file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for key in KEYS:
            found[key]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ResultError(f"{path} must be the file of a cell, cannot read it: "
                          f"{type(error).__name__} {error}") from None
    return found


def has(path: Path, settings: dict) -> bool | None:
    """Whether the cell in a file has these settings, or None if there is no file."""
    found = read(path)
    return None if found is None else found["settings"] == json.loads(json.dumps(settings))


def check_writable(folder: Path) -> None:
    """Make the folder; raise if nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(1 << 16))
    except OSError as error:
        raise ResultError(f"cannot write to {folder}: {error}") from None


def write(path: Path, cell: dict) -> None:
    """Write a cell; where that fails, to a temporary folder, which the error names."""
    text = json.dumps(cell, indent=1, allow_nan=False)
    # lists of plain numbers on one line
    text = re.sub(r"\[[^][{}]*\]", lambda found: " ".join(found[0].split()), text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text + "\n")
    except OSError as error:
        raise ResultError(f"cannot write {path}: {error}; {_saved(path.name, text)}") from None


def _saved(name, text):
    try:
        spare = Path(tempfile.mkdtemp()) / name
        spare.write_text(text + "\n", encoding="utf-8")
    except OSError:
        return "the cell is lost"
    return f"the cell is in {spare}"
