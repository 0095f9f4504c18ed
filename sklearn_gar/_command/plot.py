"""The figure: out-of-fold predictions against true targets."""

from sklearn_gar._command.comparison import GAR, TREES
from sklearn_gar._command.messages import InputError
from sklearn_gar._command.verdict import VERDICT_METRICS, other_losses


def new_figure(**kwargs):
    """A figure of matplotlib that needs no screen."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("--plot needs matplotlib: pip install matplotlib") from None
    return Figure(**kwargs)


def write_plot(path, y, results):
    """Draw GAR, the best other loss and boosted trees, and write the figure."""
    figure = new_figure(layout="constrained")
    losses = sorted(other_losses(results), key=lambda label: results[label].mean("RMSE"))
    labels = [label for label in (GAR, *losses[:1], TREES) if results[label].failure is None]
    n_panels = max(1, len(labels))
    figure.set_size_inches(4 * n_panels, 4)
    panels = figure.subplots(1, n_panels, sharex=True, sharey=True, squeeze=False)[0]
    for panel, label in zip(panels, labels):
        means = (f"{metric} {results[label].mean(metric):.4g}" for metric in VERDICT_METRICS)
        panel.scatter(y, results[label].prediction, s=8, alpha=0.4, linewidths=0)
        panel.axline((y.mean(), y.mean()), slope=1, color="black", linewidth=0.8)
        panel.set_title(f"{label}\n{', '.join(means)}", fontsize="medium")
        panel.set_xlabel("true")
    panels[0].set_ylabel("predicted, out of fold")
    figure.savefig(path)
