"""Measure one after another, write each result down, tell how far it is."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone

from benchmarks import environment
from benchmarks.speed.measurement import Measurement
from benchmarks.speed.result_file import Record, ResultFile


def run(measurements: Iterable[Measurement], threads: Iterable[int], quick: bool,
        file: ResultFile, again: bool, tell: Callable[[str], None]) -> list[Record]:
    """Take the measurements that the file lacks, or all of them again.

    Returns the records of these measurements, old or new; a measurement that fails has
    the reason in its record, and the others go on.
    """
    asked = [(one, blank(one, n_threads, quick)) for one in measurements for n_threads in threads]
    todo = [(one, record) for one, record in asked if again or not file.has(record)]
    if len(todo) < len(asked):
        tell(f"{len(asked) - len(todo)} of {len(asked)} are in {file.path} already")
    start, cost_done, cost = time.perf_counter(), 0, sum(one.cost for one, _ in todo)
    for place, (one, record) in enumerate(todo, 1):
        tell(f"[{place}/{len(todo)}] {one.name}, {in_threads(record['threads'])} ...")
        file.put(measure(one, record))
        cost_done += one.cost
        left = (time.perf_counter() - start) * (cost - cost_done) / cost_done
        tell(f"    {outcome(record)}; about {duration(left)} left")
    wanted = {(record["name"], record["threads"]) for _, record in asked}
    return [record for record in file.records if (record["name"], record["threads"]) in wanted]


def blank(measurement: Measurement, n_threads: int, quick: bool) -> Record:
    """What is known of a record before measuring."""
    goal = measurement.goal
    return {
        "name": measurement.name,
        "threads": n_threads,
        "settings": measurement.settings_for(quick),
        "goal": {"sense": goal.sense, "bound": goal.bound},
        "unit": measurement.unit,
        "versions": environment.versions(),
        "machine": environment.machine(),
    }


def measure(measurement: Measurement, record: Record) -> Record:
    """Complete a record, with the result or with the reason why there is none."""
    start = time.perf_counter()
    record["failure"] = None
    try:
        with environment.limited_threads(record["threads"]):
            record |= measurement.take(record["settings"])
    except Exception as error:  # whatever it is, the other measurements are worth having
        reason = " ".join(str(error).split())
        record["failure"] = f"{type(error).__name__}: {reason}"
    record["seconds"] = time.perf_counter() - start
    record["date"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return record


def outcome(record: Record) -> str:
    """A record in a line."""
    if record["failure"] is not None:
        return f"failed: {record['failure']}"
    goal = record["goal"]
    return (f"ratio {record['ratio']:.3g}, goal {goal['sense']} {goal['bound']:.3g} "
            f"{'met' if record['met'] else 'not met'}, {duration(record['seconds'])}")


def in_threads(n_threads: int) -> str:
    return f"{n_threads} thread{'s' if n_threads > 1 else ''}"


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
