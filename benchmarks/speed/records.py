"""The results of `speed`: one file, with a record for each measurement and number of threads."""

from pathlib import Path
from typing import Any

from benchmarks.result_files import as_json, read_result, write_result

Record = dict[str, Any]


class Records:
    """Records in a file that is written after each measurement.

    Each record has its own settings, versions, machine and date.  So a run may continue on
    another day, and single measurements may be repeated.

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
        content = read_result(path, "a file of results", _check)
        self.records: list[Record] = [] if content is None else content["measurements"]

    def is_finished(self, record: Record) -> bool:
        """Whether there is a result of this name, threads, settings and package version."""
        return any(_identity(old) == _identity(record) and old["failure"] is None
                   for old in self.records)

    def put(self, record: Record) -> None:
        """Add a record, replace an earlier one of the same name and threads, write the file."""
        self.records = [old for old in self.records if _key(old) != _key(record)]
        self.records.append(record)
        self.records.sort(key=lambda one: (self.order.get(one["name"], len(self.order)),
                                           one["name"], one["threads"]))
        write_result(self.path, {"measurements": self.records})


def _check(content):
    for record in content["measurements"]:
        _identity(record), record["goal"]["sense"], record["failure"], record["date"]


def _key(record):
    return record["name"], record["threads"]


def _identity(record):
    return *_key(record), as_json(record["settings"]), record["versions"]["sklearn_gar"]
