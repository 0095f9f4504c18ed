"""One small file a cell, whole at any moment."""

import json
import re
from pathlib import Path

from benchmarks.speed.result_file import ResultError
from benchmarks.whole_file import write_whole


def cell_path(folder: Path, experiment: str, task: str, case: str) -> Path:
    """As table1/concrete/focal_mae.json."""
    name = re.sub(r"[^a-z0-9.]+", "_", case.lower()).strip("_")
    return folder / experiment / task / f"{name}.json"


def read(path: Path) -> dict | None:
    """The cell in a file, or None if there is no file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        found["settings"], found["versions"], found["machine"], found["seconds"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultError(f"{path} must be the file of a cell, cannot read it: "
                          f"{type(error).__name__} {error}") from None
    return found


def has(path: Path, settings: dict) -> bool:
    """Whether the file has a cell of these settings.

    A cell of other settings may have taken hours, so it is replaced on request only.
    """
    found = read(path)
    if found is not None and found["settings"] != json.loads(json.dumps(settings)):
        raise ResultError(f"{path} has a cell of other settings; pass --rerun to replace it, "
                          "or another folder with --out")
    return found is not None


def write(path: Path, cell: dict) -> None:
    text = json.dumps(cell, indent=1, allow_nan=False)
    # lists of plain numbers on one line
    text = re.sub(r"\[[^][{}]*\]", lambda found: " ".join(found[0].split()), text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text + "\n")
    except OSError as error:
        raise ResultError(f"cannot write {path}: {error}") from None
