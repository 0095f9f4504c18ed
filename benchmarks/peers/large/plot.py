"""Error against the time of a fit, with a panel for each table."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.datasets import Dataset
from benchmarks.peers.contenders import GAR
from benchmarks.peers.large.report import Rows
from benchmarks.peers.large.variants import VARIANTS
from benchmarks.peers.plot import draw_panels, scatter

N_COLUMNS = 3
SHORT = 10  # ends of an axis whose ratio is smaller have even ticks


def draw(rows: Rows, datasets: Sequence[Dataset], path: Path) -> None:
    """Write the figure; ImportError without matplotlib."""
    panels = []
    for dataset in datasets:
        of_dataset = {name: row for (other, name), row in rows.items() if other == dataset.name}
        if of_dataset:
            panels.append(partial(_draw_panel, dataset=dataset, rows=of_dataset))
    draw_panels(panels, path, N_COLUMNS)


def _draw_panel(panel, dataset, rows):
    scatter(panel, {name: (row.medians["fit_seconds"], row.medians["RMSE"])
                    for name, row in rows.items()}, {GAR, *VARIANTS})
    panel.set_yscale("log")
    for axis in (panel.xaxis, panel.yaxis):
        _set_plain_ticks(axis)
    panel.set_ylabel("median RMSE")
    panel.set_title(f"{dataset.name}, {next(iter(rows.values())).n_rows:,} training rows")


def _set_plain_ticks(axis):
    """Some ticks with numbers such as 0.2, which a logarithmic axis would write as powers."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
    low, high = axis.get_view_interval()
    axis.set_major_locator(MaxNLocator(5) if high < SHORT * low else LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
