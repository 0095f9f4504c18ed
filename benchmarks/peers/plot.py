"""Mean rank against the time of a fit."""

from pathlib import Path

import numpy as np

from benchmarks.peers.contenders import GAR
from benchmarks.peers.scoreboard import Scoreboard
from benchmarks.peers.scores import SCORES
from benchmarks.result_files import ResultError
from benchmarks.text import counted


def draw(board: Scoreboard, path: Path) -> None:
    """Write the figure, with a panel for each ranking; ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    rankings = board.rankings()
    figure = Figure(figsize=(6.5 * len(rankings), 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(rankings), squeeze=False)[0]
    for panel, ranking in zip(panels, rankings):
        _draw_panel(panel, ranking)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise ResultError(f"cannot write {path}: {error}") from None


def _draw_panel(panel, board):
    points = {name: (np.nanmedian(column), rank) for name, rank, column
              in zip(board.names, board.mean_ranks()["all"], board.means["fit_seconds"].T)
              if not np.isnan(column).all()}  # if all fits failed, there is no time to show
    longest = max((seconds for seconds, _ in points.values()), default=1)
    for name, (seconds, rank) in points.items():
        panel.scatter(seconds, rank, color="C3" if name.startswith(GAR) else "C0")
        # names of slow regressors stand to the left, so that they stay in the panel
        is_slow = seconds > longest / 10
        panel.annotate(name, (seconds, rank), xytext=(-6 if is_slow else 6, 0),
                       ha="right" if is_slow else "left", va="center",
                       textcoords="offset points", fontsize="small")
    panel.set_xscale("log")
    panel.margins(x=0.2)
    panel.invert_yaxis()
    panel.set_xlabel("median time of a fit, seconds")
    panel.set_ylabel(f"mean rank over {len(SCORES)} scores")
    panel.set_title(f"{len(board.names)} regressors on {counted(len(board.splits), 'data set')}")
