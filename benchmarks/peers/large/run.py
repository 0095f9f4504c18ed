"""Run one cell after another, save each, and report progress."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets import Dataset
from benchmarks.peers.large.cell import Cell, run_cell_apart
from benchmarks.peers.large.contenders import contender
from benchmarks.peers.run import Progress, header_of, outcome, report_present
from benchmarks.peers.trial_file import TrialFile, trial_path
from benchmarks.text import counted

THREADS = "threads_"  # folders of results are named after the number of threads


@dataclass(frozen=True)
class Job:
    """A cell to run, and the file that its trial goes to."""

    cell: Cell
    header: dict
    file: TrialFile


def folder_of_threads(folder: Path, n_threads: int) -> Path:
    """Where the results with this number of threads are."""
    return folder / f"{THREADS}{n_threads}"


def plan(tables: Collection[tuple[Dataset, Path | None]], names: Collection[str],
         splits: Iterable[int], threads: Collection[int], folder: Path, quick: bool, rerun: bool,
         report_progress: Progress) -> list[Job]:
    """The cells that the files lack, or all of them.

    The contenders alternate, and splits are outermost: a slow phase of the machine hits all
    contenders, and not all repetitions of a table.
    """
    requested = [_job(dataset, path, split, name, n_threads, folder, quick)
                 for split in splits for dataset, path in tables for n_threads in threads
                 for name in names]
    jobs = [job for job in requested
            if rerun or job.file.missing_splits(job.header, [job.cell.split])]
    report_present(len(requested) - len(jobs), len(requested), folder, report_progress)
    return jobs


def _job(dataset, path, split, name, n_threads, folder, quick):
    cell = Cell(dataset.name, path and str(path.absolute()), split, name, n_threads, quick)
    return Job(cell, header_of(contender(name, dataset.name), dataset, n_threads, quick),
               TrialFile(trial_path(folder_of_threads(folder, n_threads), dataset.name, name)))


def run(jobs: Collection[Job], report_progress: Progress) -> int:
    """Run the cells; return how many failed."""
    n_failed = 0
    for place, job in enumerate(jobs, 1):
        cell = job.cell
        report_progress(f"[{place}/{len(jobs)}] {cell.dataset}, split {cell.split}, "
                        f"{counted(cell.n_threads, 'thread')}, {cell.contender} ...")
        trial = run_cell_apart(cell)
        job.file.put(job.header, cell.split, trial)
        n_failed += trial["failure"] is not None
        report_progress(f"    {outcome(trial)}")
    return n_failed
