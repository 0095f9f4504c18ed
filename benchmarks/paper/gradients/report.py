"""The tables and the figure of the derivatives, from their result files."""

from pathlib import Path

import numpy as np

from benchmarks.paper.gradients.comparison import (
    Results,
    compare,
    geometric_mean,
    mean_error,
    seed_errors,
)
from benchmarks.paper.gradients.functions import FUNCTIONS
from benchmarks.paper.gradients.trials import ERRORS, LEARNING_RATES, LOSSES, NOISES
from benchmarks.paper.report.pages import runs
from benchmarks.text import rst_table, titled_tables

MISSING = "-"
GAR = ("GAR", "GAR(10)")
COLORS = dict(zip(LOSSES, ("C3", "C1", "C0", "C9", "C2", "0.3", "0.6")))
WORDS = {"value": "value", "gradient": "gradient", "second_derivative": "second derivative"}
TITLES = (
    "Relative errors, geometric means over functions of means over seeds:",
    "GAR against the other losses.  Ratio of the errors, geometric mean over functions and seeds "
    "(below 1 GAR is better), and in brackets the number of functions in which GAR is better, and "
    "worse, by Student's paired t-test over the seeds, two-sided, p < 0.05, not corrected for "
    "their number:",
    "Relative errors of the gradient at each learning rate, geometric means over functions of "
    "means over seeds:",
    "Relative errors of the gradient, means over seeds:",
    "Relative errors of the second derivative, means over seeds:",
)


def report(results: Results) -> str:
    """All tables under their titles, and how they came about."""
    return "\n\n".join([*titled_tables(TITLES, tables(results)), runs(results)])


def tables(results: Results) -> list[str]:
    """A table for each of the titles."""
    return [_means(results), _comparisons(results), _by_rate(results),
            *(_by_function(results, error) for error in ERRORS[1:])]


def _means(results):
    """A row for each noise and error, with a column for each loss."""
    losses, rows = _losses(results), []
    for noise in NOISES:
        shared = _shared_tasks(results, noise)
        for error in ERRORS if shared else ():
            rows.append([noise, WORDS[error], *(
                _of_tasks((results[task, loss]["errors"] for task in shared), error)
                for loss in losses)])
    return rst_table(["noise", "error of the", *losses], rows)


def _comparisons(results):
    """A row for each noise, error and alpha of GAR, with a column for each other loss."""
    losses, rows = _losses(results), []
    others = [loss for loss in losses if loss not in GAR]
    for noise in NOISES:
        tasks = _tasks(results, noise)
        for error in ERRORS if tasks else ():
            for ours in (loss for loss in losses if loss in GAR):
                rows.append([noise, WORDS[error], ours, *(
                    _comparison(compare(results, tasks, ours, other, error), len(tasks))
                    for other in others)])
    return rst_table(["noise", "error of the", "loss", *others], rows)


def _comparison(found, n_tasks):
    """As "0.95 (2, 1)"; the number of functions too if some could not be compared."""
    if found is None:
        return MISSING
    compared = "" if found.n_tasks == n_tasks else f" of {found.n_tasks}"
    return f"{found.ratio:.2f} ({found.n_better}, {found.n_worse}{compared})"


def _by_rate(results):
    """A row for each noise and learning rate, with a column for each loss."""
    losses, rows = _losses(results), []
    for noise in NOISES:
        shared = _shared_tasks(results, noise)
        for rate in map(str, LEARNING_RATES if shared else ()):
            rows.append([noise, rate, *(
                _of_tasks((results[task, loss]["all_rates"][rate] for task in shared), "gradient")
                for loss in losses)])
    return rst_table(["noise", "learning rate", *losses], rows)


def _of_tasks(errors_of_tasks, name):
    """Geometric mean over tasks."""
    return f"{geometric_mean(mean_error(errors, name) for errors in errors_of_tasks):.3f}"


def _by_function(results, error):
    """A row for each noise and function, with a column for each loss."""
    losses, rows = _losses(results), []
    for noise in NOISES:
        for name, function in FUNCTIONS.items():
            found = [results.get((f"{name}_{noise}", loss)) for loss in losses]
            if any(found):
                rows.append([noise, name, str(function.n_features), *(
                    f"{mean_error(one['errors'], error):.3f}" if one else MISSING
                    for one in found)])
    return rst_table(["noise", "function", "d", *losses], rows)


def _losses(results):
    """Losses that there are results of, in the order of the protocol."""
    found = {loss for _, loss in results}
    return [loss for loss in LOSSES if loss in found]


def _tasks(results, noise):
    """Tasks with a noise that there are results of."""
    found = {task for task, _ in results}
    return [f"{name}_{noise}" for name in FUNCTIONS if f"{name}_{noise}" in found]


def _shared_tasks(results, noise):
    """Those that all losses have results of."""
    losses = _losses(results)
    return [task for task in _tasks(results, noise)
            if all((task, loss) in results for loss in losses)]


def draw(results: Results, path: Path) -> None:
    """Write the figure of errors by function and noise; ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    noises = [noise for noise in NOISES if _tasks(results, noise)]
    figure = Figure(figsize=(3.6 * len(noises) + 1, 5.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, len(noises), squeeze=False, sharex="col", sharey="row")
    for row, error in zip(panels, ERRORS[1:]):
        for panel, noise in zip(row, noises):
            _draw_panel(panel, results, noise, error)
            panel.set_title(f"{WORDS[error]}, noise: {noise}", fontsize=9)
        row[0].set_ylabel("relative error")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _draw_panel(panel, results, noise, error):
    """Means and deviations over the seeds, for each function and loss."""
    tasks, losses = _tasks(results, noise), _losses(results)
    for place, loss in enumerate(losses):
        shift = 0.12 * (place - (len(losses) - 1) / 2)
        rows = [(i + shift, seed_errors(results[task, loss]["errors"], error))
                for i, task in enumerate(tasks) if (task, loss) in results]
        if rows:
            x, errors = zip(*rows)
            panel.errorbar(x, [one.mean() for one in errors],
                           [one.std() for one in errors], fmt="o", markersize=3, linewidth=1,
                           color=COLORS[loss], label=loss)
    names = [task.removesuffix(f"_{noise}") for task in tasks]
    panel.set_xticks(np.arange(len(tasks)), names, rotation=30, fontsize=7)
    panel.set_yscale("log")
