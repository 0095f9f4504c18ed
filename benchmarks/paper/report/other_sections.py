"""Experiments whose tables are elsewhere: their results, and a line that leads there."""

from pathlib import Path

from benchmarks.paper.gradients.comparison import compare
from benchmarks.paper.gradients.functions import FUNCTIONS
from benchmarks.paper.gradients.trials import LOSSES, NOISES
from benchmarks.paper.report.reasons import (
    GRADIENTS,
    RIVALS,
    SPREAD,
    SYMBOLIC,
    Note,
    reference,
)
from benchmarks.paper.report.values import cells
from benchmarks.paper.rivals.settings import QUESTIONS, task_name
from benchmarks.paper.spread.changes import CHANGES
from benchmarks.paper.spread.trials import TASKS
from benchmarks.paper.symbolic.searches import CURVES, FITNESSES, SPACES
from benchmarks.text import counted, rst_heading


def gradient_cells(folder: Path) -> dict[tuple[str, str], dict]:
    """Results by task and loss."""
    tasks = [f"{name}_{noise}" for name in FUNCTIONS for noise in NOISES]
    return cells(folder, "gradients", tasks, list(LOSSES))


def symbolic_cells(folder: Path) -> dict[tuple[str, str], dict]:
    """Results by task and fitness."""
    tasks = [f"{name}_{space}" for name in CURVES for space in SPACES]
    return cells(folder, "symbolic", tasks, list(FITNESSES))


def gradients_note(results: dict[tuple[str, str], dict]) -> Note:
    """How often GAR has better gradients than the squared error, by a paired t-test."""
    tasks = list(dict.fromkeys(task for task, _ in results))
    found = compare(results, tasks, "GAR(10)", "MSE", "gradient")
    if found is None:
        return Note("", GRADIENTS)
    return Note(f"gradients of GAR(10) better than of MSE in {found.n_better} of "
                f"{found.n_tasks}, worse in {found.n_worse}", GRADIENTS)


def symbolic_section(folder: Path) -> list[str]:
    """Paragraphs about Figures 4 and 5; none without a cell."""
    return _section("Figures 4 and 5, symbolic regression", "symbolic", SYMBOLIC,
                    symbolic_cells(folder))


def gradients_section(folder: Path) -> list[str]:
    """Paragraphs about Theorem 4; none without a cell."""
    return _section("Theorem 4 and Corollary 5, derivatives", "gradients", GRADIENTS,
                    gradient_cells(folder))


def spread_section(folder: Path) -> list[str]:
    """Paragraphs about the two curves with more seeds; none without a cell."""
    return _section("Figures 1 to 3 with twenty seeds", "spread", SPREAD,
                    cells(folder, "spread", TASKS, list(CHANGES)))


def rivals_section(folder: Path) -> list[str]:
    """Paragraphs about methods that beat GAR; none without a cell."""
    found = [cell for name, question in QUESTIONS.items() for cell in cells(
        folder, "rivals", [task_name(name, task) for task in question.tasks],
        list(question.rivals)).values()]
    return _section("Where another method beats GAR", "rivals", RIVALS, found, "")


def _section(title, command, section, found, figures=" and the figures"):
    return [rst_heading(title), f"{reference(section)} has the tables and what came out; the "
            f"results of the {counted(len(found), 'cell')}{figures} are in "
            f"`results/paper/{command} <../{command}>`__.  ``python -m benchmarks {command} "
            "--report`` prints the tables."] if found else []
