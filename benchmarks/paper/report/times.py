"""Table 2: time per epoch, in a stack, in a loop over single networks, and in the paper."""

from pathlib import Path

from benchmarks.paper.protocol import EXPERIMENTS, TASKS, TIMING
from benchmarks.paper.report import values
from benchmarks.paper.report.pages import MISSING, notes
from benchmarks.text import duration, rst_heading, rst_table

HOW_TO_READ = """\
Milliseconds per epoch of one network, mean and deviation over the epochs.  *stack* is the time of
a block of a cell, divided by the number of its networks.  *loop* trains one network at a time in
plain torch, with a DataLoader of one worker process and the losses of this package.  *loss* is the
loss and the backward pass; for RNC the pre-training is timed.  The paper's times are those of an
AMD EPYC 7402.  *cell by the loop* is the time per epoch of the loop, times the epochs and networks
of the cell in Table 1.  *cell* is the time of that cell here, validation included.  Cells that
ran beside others took longer, and none is given for a cell of a GPU.  The last column is their
ratio."""

HEADER = ("", "stack", "loss", "loop", "loss", "paper", "loss", "cell by the loop", "cell",
          "ratio")


def times_section(folder: Path) -> list[str]:
    """Paragraphs of Table 2, none if it has no cell."""
    timing = TIMING["table2"]
    times = values.cells(folder, "table2", timing.tasks, list(timing.cases))
    if not times:
        return []
    cells = values.cells(folder, "table1", timing.tasks, list(timing.cases))
    paper = {(line["dataset"], line["method"], line["time"]): (line["mean"], line["std"])
             for line in values.published_lines("table2")}
    lines = [rst_heading(timing.title), HOW_TO_READ]
    for task in dict.fromkeys(task for task, _ in times):
        rows = [_row(task, case, times[task, case], cells.get((task, case)), paper)
                for case in timing.cases if (task, case) in times]
        lines += [f"**{TASKS[task].title}**", rst_table(HEADER, rows)]
    return [*lines, *notes(times)]


def _row(task, method, times, cell, paper):
    ours = [_milliseconds(times[way][what]["mean"], times[way][what]["std"])
            for way in ("stack", "loop") for what in ("all", "loss")]
    theirs = [_milliseconds(*map(float, paper[task, method, what])) for what in ("all", "loss")]
    n_epochs = EXPERIMENTS["table1"].cases[method].recipe(TASKS[task]).n_epochs
    by_loop = times["loop"]["all"]["mean"] * n_epochs * times["networks_in_cell"]
    if cell is None or cell.get("device", "cpu") != "cpu":
        measured = MISSING, MISSING
    else:
        # the cell may have fewer networks or epochs than the protocol
        n_trained = cell["networks"] * cell["settings"]["recipe"]["n_epochs"]
        whole = cell["seconds"] * n_epochs * times["networks_in_cell"] / n_trained
        measured = duration(whole), f"{by_loop / whole:.0f}"
    return method, *ours, *theirs, duration(by_loop), *measured


def _milliseconds(mean, std):
    return f"{1e3 * mean:.3g}({1e3 * std:.2g})"
