"""Measure one ratio after another, save each result, and report progress."""

import time
from collections.abc import Callable, Iterable

from benchmarks import environment
from benchmarks.speed.measurement import Measurement
from benchmarks.speed.records import Record, Records
from benchmarks.text import counted, duration, failure


def run(measurements: Iterable[Measurement], threads: Iterable[int], quick: bool,
        file: Records, rerun: bool, report_progress: Callable[[str], None]) -> list[Record]:
    """Take the measurements that the file lacks, or all of them again.

    Returns the records of these measurements, old and new.  If a measurement fails, its record
    has the reason, and the run continues.
    """
    requested = [(one, empty_record(one, n_threads, quick))
                 for one in measurements for n_threads in threads]
    todo = [(one, record) for one, record in requested if rerun or not file.is_finished(record)]
    if len(todo) < len(requested):
        report_progress(f"{len(requested) - len(todo)} of {len(requested)} are in {file.path} "
                        "already")
    start, cost_done, cost = time.perf_counter(), 0, sum(one.cost for one, _ in todo)
    for place, (one, record) in enumerate(todo, 1):
        report_progress(f"[{place}/{len(todo)}] {one.name}, "
                        f"{counted(record['threads'], 'thread')} ...")
        file.put(measure(one, record))
        cost_done += one.cost
        remaining = (time.perf_counter() - start) * (cost - cost_done) / cost_done
        report_progress(f"    {outcome(record)}; about {duration(remaining)} left")
    keys = {(record["name"], record["threads"]) for _, record in requested}
    return [record for record in file.records if (record["name"], record["threads"]) in keys]


def empty_record(measurement: Measurement, n_threads: int, quick: bool) -> Record:
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
            record |= measurement.measure(record["settings"])
    except Exception as error:  # of any kind: the other measurements are worth having
        record["failure"] = failure(error)
    record["seconds"] = time.perf_counter() - start
    record["date"] = environment.timestamp()
    return record


def outcome(record: Record) -> str:
    """A record in one line."""
    if record["failure"] is not None:
        return f"failed: {record['failure']}"
    goal = record["goal"]
    return (f"ratio {record['ratio']:.3g}, goal {goal['sense']} {goal['bound']:.3g} "
            f"{'met' if record['met'] else 'not met'}, {duration(record['seconds'])}")
