"""The file of results: one record a measurement and number of threads."""

import json
from pathlib import Path
from typing import Any

from benchmarks.whole_file import write_whole

Record = dict[str, Any]


class ResultError(ValueError):
    """The file cannot be read or written."""


def make_folder(path: Path) -> None:
    """Make the folder that results go to, before anything is measured."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultError(f"--out must be a folder: {error}") from None


class ResultFile:
    """Records in a JSON file that is whole at any moment.

    Each record stands for itself, with settings, versions, machine and date: a run may go
    on another day, and single measurements may be repeated.

    Parameters
    ----------
    path : Path
        The file, which need not exist.
    order : sequence of str
        Names in the order of the file; others come last.
    """

    def __init__(self, path: Path, order=()):
        self.path = path
        self.order = {name: place for place, name in enumerate(order)}
        self.records = _read(path) if path.exists() else []

    def has(self, record: Record) -> bool:
        """Whether a measurement of this name, threads, settings and package is finished."""
        return any(_identity(old) == _identity(record) and old["failure"] is None
                   for old in self.records)

    def put(self, record: Record) -> None:
        """Add a record in place of an earlier one and write the file."""
        self.records = [old for old in self.records if _key(old) != _key(record)]
        self.records.append(record)
        self.records.sort(key=lambda one: (self.order.get(one["name"], len(self.order)),
                                           one["name"], one["threads"]))
        self._write()

    def _write(self):
        text = json.dumps({"measurements": self.records}, indent=1, allow_nan=False)
        try:
            write_whole(self.path, text + "\n")
        except OSError as error:
            raise ResultError(f"cannot write {self.path}: {error}") from None


def _read(path):
    try:
        records = json.loads(path.read_text(encoding="utf-8"))["measurements"]
        for record in records:
            _identity(record), record["goal"]["sense"], record["failure"], record["date"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultError(f"{path} must be a file of results, cannot read it: "
                          f"{type(error).__name__} {error}") from None
    return records


def _key(record):
    return record["name"], record["threads"]


def _identity(record):
    return *_key(record), record["settings"], record["versions"]["sklearn_gar"]
