"""Cells one after another, each written down when it is finished."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tqdm import tqdm

from benchmarks import environment
from benchmarks.paper import result_file
from benchmarks.speed.result_file import ResultError


@dataclass(frozen=True)
class Cell:
    """What is to be run: where its file is, its settings, and its work.

    `run` takes a function that is told shares of the work, and returns what is written
    beside the settings; `cost` is the work in any unit.
    """

    path: Path
    name: dict[str, str]
    settings: dict
    cost: float
    run: Callable[[Callable[[float], None]], dict]

    @property
    def title(self) -> str:
        return " ".join(self.name.values())


def run_cells(cells: Sequence[Cell], again: bool, n_threads: int,
              tell: Callable[[str], None]) -> None:
    """Run the cells that have no file yet, or all of them again.

    A file of other settings may have taken hours: it stays, and is an error in the end.
    """
    states = [None if again else result_file.has(cell.path, cell.settings) for cell in cells]
    todo, others = ([cell for cell, state in zip(cells, states) if state is wanted]
                    for wanted in (None, False))
    if n_finished := sum(map(bool, states)):
        tell(f"{n_finished} of {len(cells)} cells are finished already")
    for folder in dict.fromkeys(cell.path.parent for cell in todo):
        result_file.check_writable(folder)
    with _progress(sum(cell.cost for cell in todo)) as bar:
        for cell in todo:
            state = None if again else result_file.has(cell.path, cell.settings)
            if state is not None:  # a run beside this one has been there
                others += [] if state else [cell]
                continue
            bar.set_description_str(cell.title)
            start = time.perf_counter()
            with environment.limited_threads(n_threads), environment.flushed_denormals():
                found = cell.run(lambda share: bar.update(share * cell.cost))
            result_file.write(cell.path, {
                **cell.name, "settings": cell.settings, **found,
                "seconds": round(time.perf_counter() - start, 2), "threads": n_threads,
                "versions": environment.versions(), "machine": environment.machine(),
                "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            })
    if others:
        raise ResultError(f"{len(others)} of {len(cells)} cells have files of other settings, "
                          "which stay as they are; ask for them with --rerun to replace them, or "
                          "pass another folder with --out: "
                          + ", ".join(str(cell.path) for cell in others))


def _progress(total):
    """Share done and time left; in a log rather than a terminal, twice a minute."""
    return tqdm(total=total, disable=not total, file=sys.stderr, leave=False,
                mininterval=0.5 if sys.stderr.isatty() else 30, miniters=0, smoothing=0.1,
                bar_format="{desc}: {percentage:3.0f}% [{elapsed}, {remaining} left]")
