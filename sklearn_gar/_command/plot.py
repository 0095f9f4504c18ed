"""Figures: predictions, residuals and intervals of rows that models did not train on."""

import numpy as np

from sklearn_gar._command.comparison import GAR, TREES
from sklearn_gar._command.messages import InputError, format_number
from sklearn_gar._command.verdict import VERDICT_METRICS, other_losses

INSIDE, OUTSIDE = "#3f87c6", "#d1672b"  # they show on white and on black
# more intervals side by side cannot be told apart
MAX_INTERVALS = 100
# more points make vector graphics slow
MAX_VECTOR_POINTS = 2000


def new_figure(option="--plot", **kwargs):
    """A figure of matplotlib that needs no screen, for this option of the command."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(f"{option} needs matplotlib: pip install matplotlib") from None
    return Figure(**kwargs)


def labels_to_draw(results):
    """GAR, the best other loss and boosted trees, without those that failed."""
    losses = sorted(other_losses(results), key=lambda label: results[label].mean("RMSE"))
    return [label for label in (GAR, *losses[:1], TREES) if results[label].failure is None]


def panel_title(label, result):
    """The model and its scores."""
    means = (f"{metric} {format_number(result.mean(metric))}" for metric in VERDICT_METRICS)
    return f"{label}\n{', '.join(means)}"


def write_plot(path, y, results):
    """Draw predictions against true targets, and write the figure."""
    figure = new_figure(layout="constrained")
    labels = labels_to_draw(results)
    n_panels = max(1, len(labels))
    figure.set_size_inches(4 * n_panels, 4)
    panels = figure.subplots(1, n_panels, sharex=True, sharey=True, squeeze=False)[0]
    for panel, label in zip(panels, labels):
        draw_predictions(panel, y, results[label])
        panel.set_title(panel_title(label, results[label]), fontsize="medium")
        panel.set_ylabel("")
    panels[0].set_ylabel("predicted, out of fold")
    figure.savefig(path)


def draw_predictions(panel, y, result):
    """Predictions against true targets, with the line on which they are equal."""
    _draw_points(panel, y, result.prediction)
    panel.axline((y.mean(), y.mean()), slope=1, color=_line_color(), linewidth=0.8)
    panel.set(xlabel="true", ylabel="predicted")


def draw_residuals(panel, y, result):
    """True targets minus predictions, against predictions, with the line of zero."""
    _draw_points(panel, result.prediction, y - result.prediction)
    panel.axhline(0, color=_line_color(), linewidth=0.8)
    panel.set(xlabel="predicted", ylabel="true \N{MINUS SIGN} predicted")


def draw_intervals(panel, y, result):
    """Intervals and true targets of rows in the order of their predictions."""
    order = result.prediction.argsort(kind="stable")
    n_drawn = min(len(order), MAX_INTERVALS)
    drawn = order[np.linspace(0, len(order) - 1, n_drawn).round().astype(int)]
    lower, upper = result.intervals[drawn].T
    inside = (lower <= y[drawn]) & (y[drawn] <= upper)
    place = np.arange(n_drawn)
    panel.vlines(place, lower, upper, color=INSIDE, alpha=0.45, linewidth=2.5, label="interval")
    for rows, color, label in ((inside, INSIDE, "true, in its interval"),
                               (~inside, OUTSIDE, "true, outside")):
        panel.scatter(place[rows], y[drawn][rows], s=14, color=color, linewidths=0, zorder=3,
                      label=label)
    panel.set(xlabel="rows in the order of their predictions", xticks=[], ylabel="target")
    panel.margins(x=0.01)
    panel.figure.legend(loc="outside upper left", ncols=3, frameon=False)


def _draw_points(panel, x, y):
    panel.scatter(x, y, s=12, alpha=0.5, linewidths=0, color=INSIDE,
                  rasterized=len(x) > MAX_VECTOR_POINTS)
    panel.locator_params(axis="x", nbins=4)  # long numbers stay apart


def _line_color():
    from matplotlib import rcParams
    return rcParams["axes.edgecolor"]
