"""Result files: JSON that is never half written, and errors that say which file is wrong."""

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


class ResultError(ValueError):
    """A result file, or the folder of results, cannot be read or written."""


def prepare_folder(folder: Path) -> None:
    """Make a folder of results and write to it once, before anything is measured."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(1 << 16))
    except OSError as error:
        raise ResultError(f"cannot write to {folder}: {error}; choose another folder with --out"
                          ) from None


def read_result(path: Path, kind: str, check: Callable[[dict], Any]) -> dict | None:
    """Read a result file.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What the file must be, for the error message.
    check : callable
        Looks up everything that a file of this kind must have.  It may raise `KeyError`,
        `TypeError`, `ValueError` or `AttributeError`.

    Returns
    -------
    dict or None
        The content, or None if there is no file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        check(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ResultError(f"{path} must be {kind}, cannot read it: "
                          f"{type(error).__name__} {error}") from None
    return content


def write_result(path: Path, content: dict, *, lists_on_one_line: bool = False) -> None:
    """Write a result file, and make its folder.

    If that fails, the result goes to a temporary folder, which the error names: it may have
    taken hours.
    """
    text = json.dumps(content, indent=1, allow_nan=False)
    if lists_on_one_line:  # those of plain values
        text = re.sub(r"\[[^][{}]*\]", lambda match: " ".join(match[0].split()), text)
    text += "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        raise ResultError(f"cannot write {path}: {error}; {_rescue(path.name, text)}") from None


def write_atomically(path: Path, text: str) -> None:
    """Write to a temporary file beside the path, then rename it.

    If the run is killed, the old file stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _rescue(name, text):
    """Save a result elsewhere; return where it is."""
    try:
        path = Path(tempfile.mkdtemp()) / name
        path.write_text(text, encoding="utf-8")
    except OSError:
        return "the result is lost"
    return f"the result is in {path}"


def as_json(value: Any) -> Any:
    """A value as a result file gives it back, for comparison with one: tuples become lists."""
    return json.loads(json.dumps(value))
