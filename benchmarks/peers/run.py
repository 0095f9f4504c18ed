"""Run one trial after another, save each, and report progress."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import environment
from benchmarks.datasets import Arrays, Dataset, Split
from benchmarks.peers.contenders import Contender
from benchmarks.peers.trial import (
    Measure,
    Trial,
    fit_and_predict,
    run_trial,
    settings,
    silence,
)
from benchmarks.peers.trial_file import TrialFile, trial_path
from benchmarks.text import duration

QUICK_ROWS = 60  # of a smoke test, and of the fit that loads a library
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """A trial to run, and the file that it goes to."""

    dataset: Dataset
    split: int
    contender: Contender
    header: dict
    file: TrialFile


@dataclass(frozen=True)
class Conditions:
    """What all trials of a run share."""

    n_threads: int
    quick: bool
    folder: Path
    measure: Measure = fit_and_predict

    def trial(self, contender: Contender, rows: Split, quick: bool) -> Trial:
        """Fit a contender, or let it take a few steps on a few rows.

        With one thread the seconds are of processor time, which other programs hardly change.
        """
        clock = time.process_time if self.n_threads == 1 else time.perf_counter
        return run_trial(_model(contender, self.n_threads, quick),
                         rows.head(QUICK_ROWS) if quick else rows, self.n_threads,
                         self.measure, clock)


def importable(contenders: Iterable[Contender], report_progress: Progress) -> list[Contender]:
    """The contenders whose library can be imported; the others are reported."""
    available = []
    for contender in contenders:
        try:
            _model(contender, 1, False)
            available.append(contender)
        except ImportError as error:
            report_progress(f"note: {contender.name} is left out, {error}; pip install "
                            "'.[peers]' has it")
    return available


def without_duplicates(contenders: Iterable[Contender], report_progress: Progress
                       ) -> list[Contender]:
    """The first of all contenders with the same settings; the others are reported."""
    unique, names = [], {}
    for contender in contenders:
        try:
            key = repr(settings(_model(contender, 1, False)))
        except ImportError:
            key = contender.name
        if names.setdefault(key, contender.name) == contender.name:
            unique.append(contender)
        else:
            report_progress(f"note: {contender.name} is left out, it is the same as {names[key]}")
    return unique


def _model(contender, n_threads, quick):
    with silence():
        return contender.model(n_threads, quick)


def plan(tables: Iterable[tuple[Dataset, Arrays]], contenders: Collection[Contender],
         splits: Collection[int] | None, conditions: Conditions, rerun: bool,
         report_progress: Progress) -> list[Job]:
    """The trials that the files lack, or all of them; every file and table is read."""
    jobs, n_requested = [], 0
    for dataset, arrays in tables:
        wanted = dataset.existing_splits(splits)
        first_split = dataset.split(arrays, 0)
        tasks = []
        for contender in contenders:
            if refusal := contender.refusal(first_split):
                report_progress(f"note: {contender.name} is left out of {dataset.name}, {refusal}")
                continue
            header = header_of(contender, dataset, conditions.n_threads, conditions.quick)
            file = TrialFile(trial_path(conditions.folder, dataset.name, contender.name))
            missing = wanted if rerun else file.missing_splits(header, wanted)
            tasks.append((contender, header, file, missing))
            n_requested += len(wanted)
        jobs += [Job(dataset, split, contender, header, file) for split in wanted
                 for contender, header, file, missing in tasks if split in missing]
    report_present(n_requested - len(jobs), n_requested, conditions.folder, report_progress)
    return jobs


def report_present(n_present: int, n_requested: int, folder: Path, report_progress: Progress
                   ) -> None:
    """Say how many of the requested trials the files have already, if any."""
    if n_present:
        report_progress(f"{n_present} of {n_requested} are in {folder} already")


def header_of(contender: Contender, dataset: Dataset, n_threads: int, quick: bool) -> dict:
    """What a trial depends on besides its split."""
    return {"name": contender.name, "dataset": dataset.name, "rule": dataset.rule,
            "threads": n_threads,
            "package": {contender.package: contender.versions()[contender.package]},
            "settings": settings(_model(contender, n_threads, quick))}


def run(jobs: Collection[Job], tables: dict[str, Arrays], conditions: Conditions,
        report_progress: Progress) -> int:
    """Run the trials; return how many failed."""
    n_failed, rows, rows_of, loaded = 0, None, None, set()
    for place, job in enumerate(jobs, 1):
        report_progress(f"[{place}/{len(jobs)}] {job.dataset.name}, split {job.split}, "
                        f"{job.contender.name} ...")
        if rows_of != (job.dataset.name, job.split):
            rows_of = job.dataset.name, job.split
            rows = job.dataset.split(tables[job.dataset.name], job.split)
        if job.contender.package not in loaded and not conditions.quick:
            loaded.add(job.contender.package)
            conditions.trial(job.contender, rows, quick=True)  # a first fit loads code
        result = _run_job(job, rows, conditions)
        n_failed += result["failure"] is not None
        report_progress(f"    {outcome(result)}")
    return n_failed


def _run_job(job: Job, rows: Split, conditions: Conditions):
    result = conditions.trial(job.contender, rows, conditions.quick)
    result |= {"versions": job.contender.versions() | job.dataset.versions(),
               "machine": environment.machine()}
    job.file.put(job.header, job.split, result)
    return result


def outcome(result: dict) -> str:
    """A trial in one line, with its first score."""
    if result["failure"] is not None:
        return f"failed: {result['failure']}"
    name, value = next(iter(result["scores"].items()))
    return (f"{name} {value:.4g}, fit in "
            f"{duration(result['fit_seconds']) if result['fit_seconds'] >= 1 else '< 1 s'}")
