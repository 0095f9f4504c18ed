"""The first section of the report: every table and figure of the paper, and a verdict."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.paper.images.protocol import EXPERIMENT, IMAGE_TASKS
from benchmarks.paper.protocol import CURVE_EXPERIMENTS, EXPERIMENTS, TASKS, TIMING
from benchmarks.paper.report import values
from benchmarks.paper.report.comparison import MISSING, Comparison
from benchmarks.paper.report.departures import departure, seconds_of_whole_grid
from benchmarks.paper.report.other_sections import (
    gradient_cells,
    gradients_note,
    symbolic_cells,
)
from benchmarks.paper.report.pages import comparison
from benchmarks.paper.report.reasons import (
    COMMITTED,
    OTHER_VERDICTS,
    Note,
    note_of,
    reference,
    targets,
)
from benchmarks.paper.report.standing import (
    DIFFERS,
    OTHER_ROWS,
    Standing,
    alphas_standing,
    counts_standing,
    curves_standing,
    searches_standing,
    table_standing,
    times_standing,
)
from benchmarks.text import rst_heading, rst_table

NO_RESULTS = "no results"
HEADER = ("", "good", "better", "GAR leads", "in the paper", "verdict", "because, or remark")
HOW_TO_READ = """\
*good* counts the values that are within two of the paper's standard deviations or better, and
*better* those that are better by more; for the figures, whose deviations the paper does not print,
two of ours are taken.  In Tables 3 and 4 a count or an alpha is good if it is that of the paper.
*GAR leads* counts the scores in which GAR is best or tied (within one of its standard deviations),
here and in the paper; all four scores count, and the rows of IC50 count in its own row only.

The verdict is **differs** if fewer than 90% of the values are good, or if GAR leads in fewer
scores than in the paper.  It is **better** if all values are good, and GAR leads in more scores or
most of GAR's own values are better.  Otherwise it is **as in the paper**.  Where nothing can be
compared with the paper, the verdict says why."""
AGEDB = {name: task for name, task in IMAGE_TASKS.items() if task.data == "agedb"}


class Row(NamedTuple):
    """A table or figure; its standing is None if it has no cell."""

    title: str
    standing: Standing | None
    note: Note | None = None

    def remark(self, is_committed: bool) -> Note:
        """Its note, or the one that belongs to its title."""
        return self.note or note_of(self.title, self.verdict == DIFFERS, is_committed)

    @property
    def verdict(self) -> str:
        if self.standing is None:
            return NO_RESULTS
        return OTHER_VERDICTS.get(self.title) or self.standing.verdict()

    def cells(self, is_committed: bool) -> list[str]:
        """Its cells in the table of the overview."""
        counts, note = self.standing or Standing(), self.remark(is_committed)
        n_values, n_scores = len(counts.marks), counts.n_scores
        return [self.title,
                f"{counts.n_good} of {n_values}" if n_values else MISSING,
                str(counts.marks.count("+")) if n_values else MISSING,
                f"{counts.leads} of {n_scores}" if n_scores else MISSING,
                str(counts.paper_leads) if n_scores and counts.paper_leads is not None
                else MISSING,
                self.verdict, reference(note.section, note.text) if note.section else note.text]


def overview_section(folder: Path) -> list[str]:
    """Paragraphs of the overview."""
    is_committed, found = folder.resolve() == COMMITTED, list(rows(folder))
    table = rst_table(HEADER, [row.cells(is_committed) for row in found])
    links = targets(folder, [row.remark(is_committed) for row in found])
    return [rst_heading("Everything in the paper, at a glance"), table, HOW_TO_READ,
            _grids(folder), links]


def rows(folder: Path) -> Iterator[Row]:
    """The tables and figures in the order of the paper."""
    table1 = _table1(folder)
    yield Row("Table 1", table_standing(table1, _same_rows((*TASKS, *AGEDB))))
    for task, facts in {**TASKS, **AGEDB}.items():
        yield Row(f"Table 1, {facts.title}", table_standing(table1, [task]))
    yield Row("Table 2", times_standing(folder))
    yield Row("Table 3", counts_standing(folder))
    yield Row("Table 4", alphas_standing(folder))
    for number in (5, 6, 7):
        yield Row(f"Table {number}", table_standing(comparison(folder, f"table{number}"),
                                                    _same_rows(TASKS)))
    yield Row("Figures 1 to 3", curves_standing(folder, "synthetic", "figures1_to_3"))
    yield Row("Figures 4 and 5", searches_standing(symbolic_cells(folder)))
    yield Row("Figure 6", curves_standing(folder, "depth", "figure6"))
    yield Row("Figures 7 to 11", _drawn(folder, "sensitivity"))
    yield Row("Figure 12", _drawn(folder, "table6"))
    of_gradients = gradient_cells(folder)
    yield Row("Theorem 4, Corollary 5", Standing() if of_gradients else None,
              gradients_note(of_gradients))


def _table1(folder):
    """Table 1 with its image tasks."""
    cells = comparison(folder, "table1").cells
    for name, task in AGEDB.items():
        cells |= values.cells(folder, EXPERIMENT, [name], list(task.methods))
    return Comparison.from_cells("table1", list(EXPERIMENTS["table1"].cases), cells)


def _same_rows(tasks):
    return [task for task in tasks if task != OTHER_ROWS]


def _drawn(folder, name):
    """The standing of figures that have nothing to compare, if they have a cell."""
    experiment = EXPERIMENTS[name]
    found = values.cells(folder, name, experiment.tasks, list(experiment.cases))
    return Standing() if found else None


def _grids(folder):
    """How many cells depart from the protocol."""
    found = [cell for name, experiment in {**EXPERIMENTS, **TIMING, **CURVE_EXPERIMENTS}.items()
             for cell in values.cells(folder, name, experiment.tasks,
                                      list(experiment.cases)).values()]
    n_departures = sum(bool(departure(cell)) for cell in found)
    if not n_departures:
        return f"All {len(found)} cells of these tables and figures have the protocol's settings."
    hours = sum(map(seconds_of_whole_grid, found)) / 3600
    cost = (f"  Some of them have a part of their grid; to train the whole would take {hours:.1f} "
            "hours of one core." if hours else "")
    return (f"{n_departures} of {len(found)} cells of these tables and figures have other "
            f"settings than the protocol's, as their sections say.{cost}")
