"""The table of results."""

from collections.abc import Sequence
from fractions import Fraction

from benchmarks import environment
from benchmarks.speed.records import Record
from benchmarks.text import counted, days, rst_table


def report(records: Sequence[Record]) -> str:
    """Names, goals and ratios as a table in reStructuredText, then notes on its conditions."""
    threads = sorted({record["threads"] for record in records})
    by_name = {}
    for record in records:
        by_name.setdefault(record["name"], {})[record["threads"]] = record
    header = ["measurement", "goal"]
    for n_threads in threads:
        header += [counted(n_threads, "thread"), "met"]
    rows = [[name, _goal(next(iter(by_threads.values()))),
             *(cell for n_threads in threads for cell in _cells(by_threads.get(n_threads)))]
            for name, by_threads in by_name.items()]
    notes = [*_failures(records), *_data(records), *_conditions(records)]
    return "\n".join([rst_table(header, rows), *("\n" + note for note in notes)])


def _goal(record):
    """As "<= 1/3" or "<= 1.1"."""
    sense, bound = record["goal"]["sense"], record["goal"]["bound"]
    fraction = Fraction(bound).limit_denominator(100)
    return f"{sense} {fraction if fraction.numerator == 1 else format(bound, '.3g')}"


def _cells(record):
    """Ratio, and whether the goal is met."""
    if record is None:
        return "-", "-"
    if record["failure"] is not None:
        return "failed", "no"
    return f"{record['ratio']:.3g}", "yes" if record["met"] else "no"


def _failures(records):
    return [f"{record['name']}, {counted(record['threads'], 'thread')}: {record['failure']}"
            for record in records if record["failure"] is not None]


def _data(records):
    """Which rows were used, for the measurements that have a choice."""
    names = {}
    for record in records:
        if "data" in record["settings"]:
            names.setdefault(record["settings"]["data"], []).append(record["name"])
    return [f"On {data}: {_unique(of_data)}." for data, of_data in names.items()]


def _conditions(records):
    """Days, versions and machine; where they differ, a line for each group of measurements."""
    groups = {}
    for record in records:
        conditions = environment.describe(record["versions"], record["machine"])
        groups.setdefault(conditions, []).append(record)
    notes = []
    for conditions, group in groups.items():
        names = "" if len(groups) == 1 else f"{_unique(one['name'] for one in group)}: "
        notes.append(f"{names}{days(one['date'] for one in group)}, {conditions}.")
    return notes


def _unique(names):
    return ", ".join(dict.fromkeys(names))
