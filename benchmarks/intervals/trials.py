"""Trials, and their result files: one for each method and table, with a trial for each split."""

import time
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import environment
from benchmarks.datasets import Arrays, Dataset, Split
from benchmarks.intervals.contenders import Contender
from benchmarks.intervals.scores import LEVELS, scores_of
from benchmarks.result_files import as_json, read_result, write_result
from benchmarks.text import failure

QUICK_ROWS = 60  # of a smoke test
HEADER = ("name", "dataset", "rule", "threads", "packages", "settings")
"""What a trial depends on besides its split."""
Trial = dict[str, Any]


@dataclass(frozen=True)
class Conditions:
    """What all trials of a run share."""

    n_threads: int
    quick: bool
    folder: Path


def trial_path(folder: Path, dataset: str, name: str) -> Path:
    """Where the file of a method on a data set is."""
    return folder / dataset / f"{name}.json"


def read_trials(path: Path) -> dict | None:
    """The content of a file, or None if there is none; splits are numbers."""
    content = read_result(path, "a file of trials of intervals", _check)
    if content is not None:
        content["trials"] = {int(split): trial for split, trial in content["trials"].items()}
    return content


def _check(content):
    for key in HEADER:
        content[key]
    for split, trial in content["trials"].items():
        int(split), trial["versions"], trial["machine"], trial["date"]
        if trial["failure"] is None:
            for score in ("coverage", "winkler"):
                [trial[score][f"{level:g}"] for level in LEVELS]
            trial["fit_seconds"], trial["interval_seconds"]


def header_of(contender: Contender, dataset: Dataset, conditions: Conditions) -> dict:
    """What the trials of a method on a table depend on besides their splits."""
    versions = contender.versions()
    return as_json({
        "name": contender.name, "dataset": dataset.name, "rule": dataset.rule,
        "threads": conditions.n_threads,
        "packages": {name: versions[name] for name in ("sklearn_gar", *contender.packages)},
        "settings": {**contender.settings, "levels": LEVELS, "quick": conditions.quick}})


def is_finished(content: dict | None, split: int) -> bool:
    """Whether a file has a trial of a split that did not fail."""
    return (content is not None and split in content["trials"]
            and content["trials"][split]["failure"] is None)


def missing_trials(datasets: Collection[Dataset], contenders: Collection[Contender],
                   splits: Collection[int], conditions: Conditions, rerun: bool
                   ) -> Iterator[tuple[Dataset, int, Contender]]:
    """The trials that the files lack under the present settings, or all of them."""
    for dataset in datasets:
        for split in dataset.existing_splits(splits):
            for contender in contenders:
                content = read_trials(
                    trial_path(conditions.folder, dataset.name, contender.name))
                header = header_of(contender, dataset, conditions)
                is_current = content is not None and header == {
                    key: content[key] for key in HEADER}
                if rerun or not (is_current and is_finished(content, split)):
                    yield dataset, split, contender


def run_trials(jobs: Collection[tuple[Dataset, int, Contender]], tables: dict[str, Arrays],
               conditions: Conditions, report_progress: Callable[[str], None]) -> int:
    """Run the trials and save each; return how many failed."""
    n_failed, loaded = 0, set()
    for place, (dataset, split, contender) in enumerate(jobs, 1):
        report_progress(f"[{place}/{len(jobs)}] {dataset.name}, split {split}, "
                        f"{contender.name} ...")
        rows = dataset.split(tables[dataset.name], split)
        if contender.name not in loaded and not conditions.quick:  # a first fit loads code
            loaded.add(contender.name)
            run_trial(contender, rows.head(QUICK_ROWS), replace(conditions, quick=True))
        trial = run_trial(contender, rows.head(QUICK_ROWS) if conditions.quick else rows,
                          conditions)
        trial |= {"versions": contender.versions() | dataset.versions(),
                  "machine": environment.machine(), "date": environment.timestamp()}
        _put(header_of(contender, dataset, conditions), split, trial,
             trial_path(conditions.folder, dataset.name, contender.name))
        n_failed += trial["failure"] is not None
        report_progress(f"    {_outcome(trial)}")
    return n_failed


def run_trial(contender: Contender, rows: Split, conditions: Conditions) -> Trial:
    """Scores and seconds of one method on one split, or the reason why there are none."""
    trial = {"n_train": len(rows.X), "n_test": len(rows.X_test), "failure": None}
    try:
        with (environment.limited_threads(conditions.n_threads, all_libraries=True),
              torch.random.fork_rng(devices=[]), warnings.catch_warnings()):
            warnings.simplefilter("ignore")  # what libraries say of their defaults
            return trial | _fit_and_score(contender.build(conditions.n_threads,
                                                          conditions.quick), rows)
    except Exception as error:  # of any kind: the other trials are worth having
        return trial | {"failure": failure(error)}


def _fit_and_score(model, rows):
    """Scores, and seconds of processor time, which other programs of the machine hardly change."""
    start = time.process_time()
    model.fit(rows.X, rows.y)
    fit_seconds = time.process_time() - start
    start = time.process_time()
    bounds = np.asarray(model.predict_interval(rows.X_test), dtype=np.float64)
    interval_seconds = time.process_time() - start
    wanted = (len(rows.y_test), 2, len(LEVELS))
    if bounds.shape != wanted or not np.isfinite(bounds).all():
        raise ValueError(f"bounds must be finite and of shape {wanted}, got {bounds.shape}")
    return {**scores_of(rows.y_test, bounds, 2 * float(np.std(rows.y))),
            "fit_seconds": fit_seconds, "interval_seconds": interval_seconds}


def _put(header, split, trial, path):
    """Add a trial to a file; trials under another header are removed."""
    content = read_trials(path)
    is_current = content is not None and header == {key: content[key] for key in HEADER}
    trials = content["trials"] if is_current else {}
    write_result(path, {**header, "trials": dict(sorted({**trials, split: trial}.items()))})


def _outcome(trial):
    if trial["failure"] is not None:
        return f"failed: {trial['failure']}"
    return (f"coverage at 90 % {trial['coverage']['0.9']:.3f}, fit in "
            f"{trial['fit_seconds']:.1f} s")
