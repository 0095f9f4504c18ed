"""The tables of the rivals, from the result files."""

import numpy as np
from scipy import stats

from benchmarks.paper.cells_command import Results, p_value
from benchmarks.paper.protocol import TASKS
from benchmarks.paper.report.pages import runs
from benchmarks.paper.rivals.settings import QUESTIONS, REFERENCE, task_name
from benchmarks.paper.rivals.trials import MEASURES
from benchmarks.text import counted, rst_table

LOST = "lost"
LARGEST = 100  # of an error that is printed with all its digits; larger ones are of divergence
MISSING = "-"
TITLE = """\
Means over the folds.  ``MAE`` is that of the test rows after the epoch that the validation rows
choose, and ``p`` Student's paired t-test of it over the folds against GAR(10), two-sided.
``last`` is the MAE after the last epoch, ``best`` after the epoch that is best on the test rows,
``train`` that of the training rows after the last epoch.  ``mean error`` is prediction minus
target on the test rows.  ``shifted`` and ``recalibrated`` are the MAE without the mean error on
the validation rows, and after the least-squares line of the validation rows."""


def report(results: Results) -> str:
    """A table for each question and task, and how they came about."""
    blocks = [TITLE]
    for name, question in QUESTIONS.items():
        for task in question.tasks:
            found = {setting: results[key] for setting in question.rivals
                     if (key := (task_name(name, task), setting)) in results}
            if found:
                targets = "standardised" if question.standardised else "raw"
                blocks += [f"{TASKS[task].title}, {targets} targets, "
                           f"{counted(len(question.folds), 'fold')}:", table(found)]
    return "\n\n".join([*blocks, runs(results)])


def table(found: dict[str, dict]) -> str:
    """A row for each setting."""
    of_reference = fold_values(found[REFERENCE], "MAE") if REFERENCE in found else None
    rows = [[setting, _mean(cell, "MAE"), _p_value(fold_values(cell, "MAE"), of_reference),
             *(_mean(cell, name) for name in MEASURES[1:])] for setting, cell in found.items()]
    return rst_table(["setting", "MAE", "p", *MEASURES[1:]], rows)


def fold_values(cell: dict, name: str) -> np.ndarray:
    """A measure of each fold, NaN if its network diverged."""
    return np.array([fold[name] for fold in cell["folds"]], dtype=float)


def _mean(cell, name):
    mean = fold_values(cell, name).mean()
    if np.isnan(mean):
        return LOST
    return f"{mean:.3f}" if abs(mean) < LARGEST else f"{mean:.0e}"


def _p_value(values, of_reference):
    if of_reference is None or len(values) < 2 or not (values - of_reference).any():
        return MISSING
    return p_value(stats.ttest_rel(values, of_reference).pvalue)
