"""Run one cell after another, and save each when it is finished."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks import environment
from benchmarks.paper.cell_file import has_settings, write_cell
from benchmarks.result_files import ResultError, prepare_folder
from benchmarks.text import counted


@dataclass(frozen=True)
class Cell:
    """A cell to run: its file, name and settings, and its work.

    `run` takes a function that is called with shares of the work as they are done, and returns
    what is written beside the settings.  `cost` is the work in any unit, `device` the device of
    torch that it is done on.
    """

    path: Path
    name: dict[str, str]
    settings: dict
    cost: float
    run: Callable[[Callable[[float], None]], dict]
    device: str = "cpu"

    @property
    def key(self) -> tuple[str, str]:
        """Task and case."""
        return self.name["task"], self.name["case"]

    @property
    def title(self) -> str:
        return " ".join(self.name.values())


def run_cells(cells: Sequence[Cell], rerun: bool, n_threads: int,
              report_progress: Callable[[str], None],
              report_finished: Callable[[Cell], None] = lambda cell: None) -> None:
    """Run the cells that have no file yet, or all of them again.

    `report_finished` is called for each cell that is finished, those of earlier runs first.

    A file of other settings may have taken hours.  It is not replaced, and raises an error when
    the other cells are finished.
    """
    states = [None if rerun else has_settings(cell.path, cell.settings) for cell in cells]
    todo = [cell for cell, state in zip(cells, states) if state is None]
    others = [cell for cell, state in zip(cells, states) if state is False]
    if n_finished := sum(map(bool, states)):
        report_progress(f"{n_finished} of {counted(len(cells), 'cell')} finished already")
    for cell, state in zip(cells, states):
        if state:
            report_finished(cell)
    for folder in dict.fromkeys(cell.path.parent for cell in todo):
        prepare_folder(folder)
    with _progress_bar(sum(cell.cost for cell in todo)) as bar:
        for cell in todo:
            state = None if rerun else has_settings(cell.path, cell.settings)
            if state is None:
                bar.set_description_str(cell.title)
                _run_cell(cell, n_threads, lambda share: bar.update(share * cell.cost))
            elif not state:  # another run has written it in the meantime
                others.append(cell)
                continue
            with bar.external_write_mode():
                report_finished(cell)
    if others:
        raise ResultError(f"files of other settings were not replaced, {len(others)} of "
                          f"{counted(len(cells), 'cell')}; pass --rerun to replace them, or "
                          "another folder with --out: "
                          + ", ".join(str(cell.path) for cell in others))


def _run_cell(cell, n_threads, advance):
    start = time.perf_counter()
    with environment.limited_threads(n_threads), environment.flushed_denormals():
        result = cell.run(advance)
    write_cell(cell.path, {
        **cell.name, "settings": cell.settings, **result,
        "seconds": round(time.perf_counter() - start, 2), "threads": n_threads,
        "device": cell.device, "versions": environment.versions(), "code": environment.code(),
        "machine": environment.machine(cell.device),
        "date": environment.timestamp(),
    })


def _progress_bar(total):
    """Share done and time left; in a log rather than a terminal, twice a minute."""
    return tqdm(total=total, disable=not total, file=sys.stderr, leave=False,
                mininterval=0.5 if sys.stderr.isatty() else 30, miniters=0, smoothing=0.1,
                bar_format="{desc}: {percentage:3.0f}% [{elapsed}, {remaining} left]")
