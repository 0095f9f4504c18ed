"""Mean rank against the time of a fit, and what figures of regressors share."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.peers.contenders import GAR
from benchmarks.peers.scoreboard import Scoreboard
from benchmarks.peers.scores import SCORES
from benchmarks.result_files import ResultError
from benchmarks.text import counted


def draw(board: Scoreboard, path: Path) -> None:
    """Write the figure, with a panel for each ranking; ImportError without matplotlib."""
    draw_panels([partial(_draw_panel, board=ranking) for ranking in board.rankings()], path)


def draw_panels(panels: Sequence[Callable], path: Path, n_columns: int | None = None) -> None:
    """Write a figure; each function draws a panel.  ImportError without matplotlib.

    The panels are in one row, or in rows of `n_columns`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    n_columns = min(n_columns or len(panels), len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = Figure(figsize=(6.5 * n_columns, 4.5 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    for place, draw_panel in enumerate(panels, 1):
        draw_panel(figure.add_subplot(n_rows, n_columns, place))
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise ResultError(f"cannot write {path}: {error}") from None


def scatter(panel, points: Mapping[str, tuple[float, float]], ours: Collection[str]) -> None:
    """A point with its name for each regressor: seconds of a fit, and a value.

    Those of ours have another colour.
    """
    every = [seconds for seconds, _ in points.values()]
    middle = np.sqrt(min(every, default=1) * max(every, default=1))  # of the logarithmic axis
    for name, (seconds, value) in points.items():
        panel.scatter(seconds, value, color="C3" if name in ours else "C0")
        # names of slow regressors stand to the left, so that they stay in the panel
        is_slow = seconds > middle
        panel.annotate(name, (seconds, value), xytext=(-6 if is_slow else 6, 0),
                       ha="right" if is_slow else "left", va="center",
                       textcoords="offset points", fontsize="small")
    panel.set_xscale("log")
    panel.margins(x=0.2)
    panel.set_xlabel("median time of a fit, seconds")


def _draw_panel(panel, board):
    points = {name: (np.nanmedian(column), rank) for name, rank, column
              in zip(board.names, board.mean_ranks()["all"], board.means["fit_seconds"].T)
              if not np.isnan(column).all()}  # if all fits failed, there is no time to show
    scatter(panel, points, {name for name in points if name.startswith(GAR)})
    panel.invert_yaxis()
    panel.set_ylabel(f"mean rank over {len(SCORES)} scores")
    panel.set_title(f"{len(board.names)} regressors on {counted(len(board.splits), 'data set')}")
