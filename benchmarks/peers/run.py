"""Fit one after another, write each trial down, tell how far it is."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import environment
from benchmarks.peers.contenders import Contender
from benchmarks.peers.datasets import Arrays, Dataset, Split
from benchmarks.peers.result_file import ResultFile
from benchmarks.peers.trial import settings, silence, trial
from benchmarks.speed.run import duration

QUICK_ROWS = 60
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """A trial to be run."""

    dataset: Dataset
    split: int
    contender: Contender
    head: dict
    file: ResultFile


@dataclass(frozen=True)
class Conditions:
    """What all trials of a run share."""

    n_threads: int
    quick: bool
    folder: Path


def with_library(contenders: Iterable[Contender], tell: Tell) -> list[Contender]:
    """Those whose library can be imported; what becomes of the others is told."""
    found = []
    for contender in contenders:
        try:
            _quiet_model(contender, 1, False)
            found.append(contender)
        except ImportError as error:
            tell(f"note: {contender.name} is left out, {error}; pip install '.[peers]' has it")
    return found


def distinct(contenders: Iterable[Contender], tell: Tell) -> list[Contender]:
    """Those whose settings no other before them has, which would be run twice."""
    found, names = [], {}
    for contender in contenders:
        try:
            key = repr(settings(_quiet_model(contender, 1, False)))
        except ImportError:
            key = contender.name
        if names.setdefault(key, contender.name) == contender.name:
            found.append(contender)
        else:
            tell(f"note: {contender.name} is left out, it is the same as {names[key]}")
    return found


def _quiet_model(contender, n_threads, quick):
    with silence():
        return contender.model(n_threads, quick)


def plan(tables: Iterable[tuple[Dataset, Arrays]], contenders: Collection[Contender],
         splits: Collection[int] | None, conditions: Conditions, again: bool,
         tell: Tell) -> list[Job]:
    """Trials that the files lack, or all of them; every file and table is read."""
    jobs, n_asked = [], 0
    for dataset, arrays in tables:
        wanted = dataset.splits(splits)
        n_rows = len(dataset.split(arrays, 0).X)
        files = {}
        for contender in contenders:
            if not contender.takes(n_rows):
                tell(f"note: {contender.name} is left out of {dataset.name}, {n_rows} rows are "
                     f"more than {contender.max_rows}")
                continue
            head = head_of(contender, dataset, conditions.n_threads, conditions.quick)
            file = ResultFile(ResultFile.place(conditions.folder, dataset.name, contender.name))
            missing = wanted if again else file.missing(head, wanted)
            files[contender.name] = contender, head, file, missing
            n_asked += len(wanted)
        jobs += [Job(dataset, split, contender, head, file) for split in wanted
                 for contender, head, file, missing in files.values() if split in missing]
    if len(jobs) < n_asked:
        tell(f"{n_asked - len(jobs)} of {n_asked} are in {conditions.folder} already")
    return jobs


def head_of(contender: Contender, dataset: Dataset, n_threads: int, quick: bool) -> dict:
    """What a trial depends on beside its split."""
    return {"name": contender.name, "dataset": dataset.name, "rule": dataset.rule,
            "threads": n_threads,
            "package": {contender.package: contender.versions()[contender.package]},
            "settings": settings(_quiet_model(contender, n_threads, quick))}


def run(jobs: Collection[Job], tables: dict[str, Arrays], conditions: Conditions,
        tell: Tell) -> int:
    """Run the trials; return how many failed."""
    n_failed, place_of_rows, rows, warm = 0, None, None, set()
    for place, job in enumerate(jobs, 1):
        tell(f"[{place}/{len(jobs)}] {job.dataset.name}, split {job.split}, "
             f"{job.contender.name} ...")
        if place_of_rows != (job.dataset.name, job.split):
            place_of_rows = job.dataset.name, job.split
            rows = job.dataset.split(tables[job.dataset.name], job.split)
        if job.contender.package not in warm and not conditions.quick:
            warm.add(job.contender.package)
            _warm_up(job.contender, rows, conditions)
        result = _run_one(job, rows, conditions)
        n_failed += result["failure"] is not None
        tell(f"    {outcome(result)}")
    return n_failed


def _warm_up(contender, rows, conditions):
    """A small fit, since a library's first one loads code; if it fails, so will the trial."""
    trial(_quiet_model(contender, conditions.n_threads, True), rows.head(QUICK_ROWS),
          conditions.n_threads)


def _run_one(job: Job, rows: Split, conditions: Conditions):
    model = _quiet_model(job.contender, conditions.n_threads, conditions.quick)
    result = trial(model, rows.head(QUICK_ROWS) if conditions.quick else rows,
                   conditions.n_threads)
    result |= {"versions": job.contender.versions(), "machine": environment.machine()}
    job.file.put(job.head, job.split, result)
    return result


def outcome(result: dict) -> str:
    """A trial in a line."""
    if result["failure"] is not None:
        return f"failed: {result['failure']}"
    return (f"RMSE {result['scores']['RMSE']:.4g}, fit in "
            f"{duration(result['fit_seconds']) if result['fit_seconds'] >= 1 else '< 1 s'}")
