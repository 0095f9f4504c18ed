"""The tables and figures of symbolic regression, from their result files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.paper.curves import points
from benchmarks.paper.report.pages import runs
from benchmarks.paper.symbolic.searches import CURVES, FITNESSES
from benchmarks.text import rst_table, titled_tables

Results = Mapping[tuple[str, str, str], dict]
"""Contents of result files by curve, space and fitness."""
TITLES = (
    "Correlation with the truth on all points, and mean absolute error on the test half, over "
    "the seeds, each of which is one search.  \"exact\" counts the formulas that are the curve "
    "itself, \"shape\" those that are it up to scale and offset:",
    "The formula of the highest correlation among the seeds, x for the feature:",
)
LONGEST_FORMULA = 40  # characters that are printed; the file has all


def report(results: Results) -> str:
    """All tables under their titles, and how they came about."""
    blocks = titled_tables(TITLES, tables(results))
    versions = sorted({result["gplearn"] for result in results.values()})
    return "\n\n".join([*blocks, f"{runs(results)}  gplearn {', '.join(versions)}."])


def tables(results: Results) -> list[str]:
    """A table for each of the titles."""
    return [_scores(results), _formulas(results)]


def _scores(results):
    rows = []
    for (name, space, fitness), result in results.items():
        found = result["found"]
        pearson, error, length = (np.array([one[key] for one in found])
                                  for key in ("pearson", "mae_test", "length"))
        rows.append([name, space, fitness, f"{pearson.mean():.3f}", f"{pearson.std():.3f}",
                     f"{pearson.max():.3f}", f"{error.mean():.3f}", f"{np.median(length):.0f}",
                     *(f"{sum(one[key] for one in found)} of {len(found)}"
                       for key in ("exact", "shape"))])
    return rst_table(["curve", "space", "fitness", "Pearson", "deviation", "best", "MAE",
                      "median length", "exact", "shape"], rows)


def _formulas(results):
    rows = [[name, space, fitness, _shortened(max(
        result["found"], key=lambda one: (one["pearson"], -one["length"]))["formula"])]
        for (name, space, fitness), result in results.items()]
    return rst_table(["curve", "space", "fitness", "formula"], rows)


def _shortened(formula):
    formula = formula.replace("X0", "x")
    if len(formula) <= LONGEST_FORMULA:
        return formula
    return f"{formula[:LONGEST_FORMULA]}... ({len(formula)} characters)"


def draw(results: Results, space: str, path: Path) -> None:
    """Write the figure of mean predictions in one space; ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    names = [name for name in CURVES if any(key[:2] == (name, space) for key in results)]
    fitnesses = [one for one in FITNESSES if any(key[1:] == (space, one) for key in results)]
    figure = Figure(figsize=(3 * len(fitnesses) + 0.5, 2.2 * len(names) + 0.4),
                    layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(names), len(fitnesses), squeeze=False)
    for row, name in zip(panels, names):
        for panel, fitness in zip(row, fitnesses):
            if (name, space, fitness) in results:
                _draw_panel(panel, name, fitness, results[name, space, fitness])
    figure.savefig(path, dpi=100, metadata={"Software": None})


def _draw_panel(panel, name, fitness, result):
    """Truth, mean prediction of the seeds, and a band of one deviation."""
    X, y = (column.ravel() for column in points(name))
    mean, deviation = (np.array(result["predictions"][part], dtype=float)
                       for part in ("mean", "deviation"))
    panel.plot(X, y, color="0.6", linewidth=1, label="truth")
    panel.plot(X, mean, "--", color="C3", linewidth=0.9, label=fitness)
    panel.fill_between(X, mean - deviation, mean + deviation, color="C3", alpha=0.2, linewidth=0)
    margin = 0.3 * np.ptp(y)
    panel.set_ylim(y.min() - margin, y.max() + margin)
    pearson = np.mean([one["pearson"] for one in result["found"]])
    panel.set_title(f"{CURVES[name]}, {fitness}: Pearson {pearson:.3f}", fontsize=8)
    panel.tick_params(labelsize=6)
