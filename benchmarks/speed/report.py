"""The table of results."""

from collections.abc import Sequence
from fractions import Fraction

from benchmarks import environment
from benchmarks.speed.result_file import Record
from benchmarks.speed.run import in_threads
from benchmarks.tables import rst_table


def report(records: Sequence[Record]) -> str:
    """Names, goals and ratios as a table in reStructuredText, and what they rest on."""
    threads = sorted({record["threads"] for record in records})
    by_name = {}
    for record in records:
        by_name.setdefault(record["name"], {})[record["threads"]] = record
    header = ["measurement", "goal"]
    for n_threads in threads:
        header += [in_threads(n_threads), "met"]
    rows = [[name, _goal(next(iter(found.values()))),
             *(cell for n_threads in threads for cell in _cells(found.get(n_threads)))]
            for name, found in by_name.items()]
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
    return [f"{record['name']}, {in_threads(record['threads'])}: {record['failure']}"
            for record in records if record["failure"] is not None]


def _data(records):
    """Which rows were taken, where there is a choice."""
    names = {}
    for record in records:
        if "data" in record["settings"]:
            names.setdefault(record["settings"]["data"], []).append(record["name"])
    return [f"On {data}: {_listed(found)}." for data, found in names.items()]


def _conditions(records):
    """Versions, machine and days, apart where they differ."""
    groups = {}
    for record in records:
        words = environment.in_words(record["versions"], record["machine"])
        groups.setdefault(words, []).append(record)
    notes = []
    for words, found in groups.items():
        days = sorted({record["date"][:10] for record in found})
        which = "" if len(groups) == 1 else f"{_listed([one['name'] for one in found])}: "
        notes.append(f"{which}{' to '.join(dict.fromkeys((days[0], days[-1])))}, {words}.")
    return notes


def _listed(names):
    return ", ".join(dict.fromkeys(names))
