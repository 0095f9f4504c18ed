"""A finished cell in one line: its file and its main scores."""

from pathlib import Path

MILLISECONDS = 1e3  # of a second


def line(path: Path, cell: dict) -> str:
    """As "table1/concrete/gar.json: MAE 4.558, RMSE 6.174"."""
    return f"{path}: {', '.join(_parts(cell))}"


def _parts(cell):
    """The scores of a table or of images, the correlation of a curve, or times."""
    if "scores" in cell:
        means = {metric: score["mean"] for metric, score in cell["scores"].items()}
        run = "seed" if any("seeds" in score for score in cell["scores"].values()) else "fold"
        lost = f"lost: all networks of a {run} diverged"
        return [*(f"{metric} {mean:.3f}" for metric, mean in means.items() if mean is not None),
                *([lost] if None in means.values() else [])]
    if "loop" in cell:
        return [f"{cell[way]['all']['mean'] * MILLISECONDS:.3g} ms an epoch in a {way}"
                for way in ("stack", "loop")]
    mean = cell["pearson_mean"]
    return ["lost: the networks diverged" if mean is None else f"mean correlation {mean:.3f}"]
