"""Table 3, statistics of the data: the command that computes them, and its section."""

from pathlib import Path

import numpy as np

from benchmarks import environment
from benchmarks.options import add_data_dir, add_names, add_out
from benchmarks.paper import datasets
from benchmarks.paper.cell_form import NUMBER, check_form, named
from benchmarks.paper.protocol import TASKS
from benchmarks.paper.report.comparison import MISSING
from benchmarks.paper.report.values import published_lines
from benchmarks.progress import print_progress
from benchmarks.result_files import read_result, write_result
from benchmarks.text import rst_heading, rst_table

TITLE = "Table 3, statistics of the data"
EXPERIMENT = "table3"
FORM = {"task": str, **named(("rows", "test_rows", "features", "targets"), int),
        **named(("mean", "deviation", "smallest", "largest"), NUMBER), "data": dict}
# names in the paper's table, which has both scores of Parkinson in a row
PAPER_NAMES = {"parkinson_total": "parkinson", "parkinson_motor": "parkinson"}
HEADER = ("", "rows", "paper", "features", "paper", "targets", "paper", "test rows", "mean",
          "deviation", "smallest", "largest")
HOW_TO_READ = """\
The paper has rows, features and targets; its two targets of Parkinson are two tasks here.  The
last four columns describe the targets, all 15 of IC50 together; the paper does not have them."""


def add_table3(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = commands.add_parser(
        EXPERIMENT, help=TITLE, description=f"{TITLE}: a file for each task.  Nothing is trained.")
    add_names(command, "--dataset", TASKS)
    add_data_dir(command, datasets.without_files(TASKS))
    add_out(command, folder, "benchmarks/results/paper")
    command.set_defaults(run=write_statistics)


def write_statistics(options) -> int:
    """Write the statistics of the tasks that the options name, and print them."""
    for task in options.dataset or TASKS:
        table = datasets.load(task, options.data_dir)
        print_progress(f"{task}: {datasets.described(table.provenance)}")
        found = statistics(table)
        write_result(_path(options.out, task),
                     {"experiment": EXPERIMENT, "task": task, **found,
                      "versions": environment.versions(), "date": environment.timestamp()})
    print("\n\n".join(table3_section(options.out)))
    return 0


def statistics(table: datasets.Table) -> dict:
    """Counts of a task, and moments of all its targets before they are standardised."""
    y = np.concatenate([table.y, table.y_test])
    return {"rows": len(y), "test_rows": len(table.y_test), "features": table.X.shape[1],
            "targets": y.shape[1], "mean": float(y.mean()), "deviation": float(y.std()),
            "smallest": float(y.min()), "largest": float(y.max()), "data": table.provenance}


def table3_section(folder: Path) -> list[str]:
    """Paragraphs of Table 3; none without a result."""
    found = _found(folder)
    if not found:
        return []
    paper = _paper()
    rows = [_row(TASKS[task].title, result, paper[PAPER_NAMES.get(task, task)])
            for task, result in found.items()]
    rows.append(_row("AgeDB", None, paper["agedb"]))
    remarks = [f"{TASKS[task].title}: {TASKS[task].remark}." for task in found
               if TASKS[task].remark]
    return [rst_heading(TITLE), HOW_TO_READ, rst_table(HEADER, rows), *filter(None, [
        "  ".join(remarks)])]


def counts(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """For each task with a result: its rows and features, ours and the paper's.

    Targets do not count, since the paper's two of Parkinson are two tasks here.
    """
    paper = _paper()
    return {task: [(result[key], int(count)) for key, count in
                   zip(("rows", "features"), paper[PAPER_NAMES.get(task, task)])]
            for task, result in _found(folder).items()}


def _found(folder):
    """The statistics of all tasks that have a file."""
    return {task: result for task in TASKS if (result := read_statistics(folder, task))}


def _paper():
    """Rows, features and targets of the paper's table by name, as texts."""
    return {name: numbers for name, *numbers in (
        line.values() for line in published_lines("table3"))}


def read_statistics(folder: Path, task: str) -> dict | None:
    """What the file of a task has, or None if there is no file."""
    return read_result(_path(folder, task), "statistics of data",
                       lambda result: check_form(result, FORM))


def _path(folder, task):
    return folder / EXPERIMENT / f"{task}.json"


def _row(title, result, paper):
    """Our counts beside the paper's, then the moments; the images have none."""
    if result is None:
        ours, rest = [MISSING] * 3, [MISSING] * 5
    else:
        ours = [f"{result[key]:,}" for key in ("rows", "features", "targets")]
        rest = [f"{result['test_rows']:,}", *(f"{result[key]:.3f}" for key in (
            "mean", "deviation", "smallest", "largest"))]
    paper = [f"{int(count):,}" if count.isdigit() else count for count in paper]
    return [title, *(cell for pair in zip(ours, paper) for cell in pair), *rest]
