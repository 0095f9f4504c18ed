"""What the commands share: those with tables of their own, and those that `report` reads."""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.figures import draw_if_possible
from benchmarks.options import add_out, add_quick, add_report, add_rerun, add_threads
from benchmarks.paper.cell_file import read_cell
from benchmarks.paper.cell_line import line
from benchmarks.paper.datasets import described
from benchmarks.paper.run import Cell, run_cells
from benchmarks.progress import print_progress
from benchmarks.result_files import ResultError, as_json

CONTINUES = """Each cell has a file of its own, written when it is finished: a run that was
stopped continues where it was.  Progress goes to stderr, the tables to stdout, figures beside the
results if all cells are asked for.  See benchmarks/paper/README.rst."""

THREADS = ("number of threads (default: 1, with which results on a processor are repeatable to "
           "the last bit)")

Results = Mapping[tuple[str, str], dict]
"""Contents of result files by task and case."""


@dataclass(frozen=True)
class References:
    """The cells that others of the same task are compared with.

    Attributes
    ----------
    option : str
        The option that asks for them.
    cells : sequence of Cell
        The cells, asked for or not.
    """

    option: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Figures:
    """The figures of a command.

    Attributes
    ----------
    n_cells : int
        Number of cells of all names, of which the figures are drawn.
    writers : callable
        Takes the results, returns what writes each figure, by the name of its file.
    """

    n_cells: int
    writers: Callable[[Results], Mapping[str, Callable[[Path], None]]]


def add_cells_command(commands, name: str, title: str, folder: Path, quick: str,
                      run: Callable[..., int]):
    """Add a command with the options that all have; `quick` says how little that test does."""
    command = commands.add_parser(name, help=title, description=f"{title}.  {CONTINUES}")
    add_out(command, folder, "benchmarks/results/paper")
    add_threads(command, 1, THREADS)
    add_rerun(command, "run finished cells again, and replace those of other settings")
    add_report(command)
    add_quick(command, quick)
    command.set_defaults(run=run)
    return command


def run_and_report(cells: Sequence[Cell], options, report: Callable[[Results], str],
                   figures: Figures | None = None, references: References | None = None) -> int:
    """Run the cells that are missing, print the tables, draw the figures.

    For a report alone the cells need no data in their settings, and nothing to run.
    """
    if not options.report:
        run_cells(cells, options.rerun, options.threads, print_progress)
    folder, results = cells[0].path.parents[1], current_results(cells)
    if not results:
        raise ResultError(f"no results to report in {folder}, for these names")
    _check_rows(cells, results)
    if references is not None:
        results = {**_found_references(references, cells, results), **results}
    print(report(results))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    if figures is not None:
        _draw(figures, cells, results, folder, options.quick)
    return 0


def _draw(figures, cells, results, folder, is_quick):
    """Draw the figures; those of all cells are not replaced by figures of some.

    The figures of a smoke test say nothing, so they may be of some.
    """
    if len(cells) < figures.n_cells and not is_quick:
        print_progress("note: the figures are left as they are; they are drawn when all "
                       f"{figures.n_cells} cells are asked for, not {len(cells)}")
        return
    for name, write in figures.writers(results).items():
        draw_if_possible(write, folder / name, print_progress)


def run_and_list(cells: Sequence[Cell], options, is_in_report: bool = True) -> int:
    """Run the cells that are missing, print a line for each that is finished.

    Their tables are made by the command `report`, except those of a smoke test.
    """
    run_cells(cells, options.rerun, options.threads, print_progress,
              lambda cell: print(line(cell.path, read_cell(cell.path)), flush=True))
    if is_in_report:
        print_progress(f"for the tables: python -m benchmarks report --out "
                       f"{shlex.quote(str(options.out))}")
    return 0


def divided(cells: Iterable[Cell], asked: Sequence[str] | None, reference: str
            ) -> tuple[list[Cell], list[Cell]]:
    """The cells of the cases asked for, or of all, and those of the reference among all."""
    cells = list(cells)
    return ([cell for cell in cells if not asked or cell.name["case"] in asked],
            [cell for cell in cells if cell.name["case"] == reference])


def _found_references(references, cells, results):
    """Results of the references that were not asked for; a line for each that is missing."""
    wanted = [cell for cell in references.cells if cell.key not in results
              and any(cell.name["task"] == task for task, _ in results)]
    rows = {task: _rows(result) for (task, _), result in results.items()}
    asked = {cell.key for cell in cells}
    found = current_results([cell for cell in wanted if cell.key not in asked])
    for cell in wanted:
        task, case = cell.key
        if cell.key in found and _rows(found[cell.key]) != rows[task]:
            del found[cell.key]
            print_progress(f"note: {cell.path} is left out, it was trained on other rows than the "
                           f"cells of {task} that were asked for")
        if cell.key not in found:
            print_progress(f"note: {task} is not compared with {case}, whose result is missing; "
                           f"{references.option} {shlex.quote(case)} runs it")
    return found


def _check_rows(cells, results):
    """Raise ResultError if cells of a task, which the tables compare, are of different rows."""
    first = {}
    for cell in (cell for cell in cells if cell.key in results):
        other = first.setdefault(cell.name["task"], cell)
        ours, theirs = results[cell.key], results[other.key]
        if _rows(ours) != _rows(theirs):
            raise ResultError(
                f"the cells of {cell.name['task']} must be trained on the same rows, got "
                f"{described(theirs['settings']['data'])} in {other.path}, but "
                f"{described(ours['settings']['data'])} in {cell.path}; run them again with the "
                "same data and --rerun")


def _rows(result):
    """Which rows a cell was trained on; None for those that are the same in every run."""
    return result["settings"].get("data", {}).get("sha256")


def current_results(cells: Sequence[Cell]) -> Results:
    """Results by task and case, without those of other settings than the present ones.

    Rows may be others: a report needs no data, so it does not know the present ones.
    """
    results = {}
    for cell in cells:
        result = read_cell(cell.path)
        if result is None:
            continue
        if _without_data(result["settings"]) == _without_data(as_json(cell.settings)):
            results[cell.key] = result
        else:
            print_progress(f"note: {cell.path} is left out, its settings are not the present ones")
    return results


def _without_data(settings):
    return {name: value for name, value in settings.items() if name != "data"}


def print_rows(name: str, provenance: dict[str, str]) -> None:
    """Say on stderr which rows a data set has."""
    print_progress(f"{name}: {described(provenance)}")


def p_value(value: float) -> str:
    """As "0.021" or "<0.001"; "-" if there is none."""
    if np.isnan(value):
        return "-"
    return f"{value:.3f}" if value >= 0.001 else "<0.001"
