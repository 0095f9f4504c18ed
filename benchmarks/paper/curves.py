"""The synthetic experiments: how much of a curve networks follow (Section 4.1, B.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.paper import datasets
from benchmarks.paper.cell import Grid, finite, grid_settings, grid_values, rounded
from benchmarks.paper.protocol import CURVE_SEEDS, METRICS, SEED, Case, Recipe
from benchmarks.paper.scores import WORST, Scores
from benchmarks.paper.training import Rows, train_grid

MAE, PEARSON = METRICS.index("MAE"), METRICS.index("Pearson")
# open in the paper; the published code writes this down for five trials of one setting
CHOICE = "mean absolute error on the test half, mean over the trials"


@dataclass(frozen=True)
class Curve:
    """Points X (n, 1) of a curve y (n, 1), and which of them are trained and tested on."""

    X: np.ndarray
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray
    provenance: dict[str, str]


def points(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Points X (n, 1) and values y (n, 1) of the curve "sine" or "sq_sine".

    The paper gives the squared sine steps of 0.1, its published points steps of 1.
    """
    if name == "sine":
        X = np.arange(-10 * np.pi, 10 * np.pi, 0.1)
        y = np.sin(X)
    else:
        steps = np.arange(-1024.0, 1024.0)
        X = np.sign(steps) * np.sqrt(np.abs(steps))
        y = X ** 2 * np.sin(X) / np.mean(X ** 2)
    return X[:, None], y[:, None]


def load(name: str, folder: Path | None = None) -> Curve:
    """The curve "sine" or "sq_sine" by its formula, split as the published file has it.

    Without the file one half of the points is drawn.
    """
    X, y = points(name)
    path = datasets.find(datasets.FILES[name], folder)
    if path is None:
        order = np.random.default_rng(SEED).permutation(len(X))
        source, split = "formula", f"random, seed {SEED}; not the paper's"
    else:
        order = datasets.read_order(path, len(X))
        source, split = f"formula and {path.name}", "the paper's"
    test, rest = np.split(order, [len(X) // 2])
    digest = datasets.sha256(X[rest], y[rest], X[test], y[test])
    return Curve(X, y, rest, test, {"source": source, "split": split, "sha256": digest})


def settings(case: Case, grid: Grid, recipe: Recipe, provenance: dict) -> dict:
    """All that the figures of a cell follow from, as JSON holds it."""
    return {**grid_settings(case.method, grid, recipe), "seeds": CURVE_SEEDS,
            "chosen_by": CHOICE, "data": provenance}


def run_curve(case: Case, grid: Grid, recipe: Recipe, curve: Curve,
              tell: Callable[[float], None]) -> dict:
    """Train every seed's grid; keep the predictions of the candidate that is best over all.

    The scores of all candidates are kept too, seed by seed, and what comes of it if each seed
    chooses for itself, by its correlation on the test half.  Parameters are those of
    :func:`benchmarks.paper.cell.run_cell`.
    """
    candidates = grid.candidates
    predictions = np.stack([_trial(seed, case, candidates, recipe, curve,
                                   lambda share: tell(share / len(CURVE_SEEDS)))
                            for seed in CURVE_SEEDS])  # (seed, candidate, n)
    on_all = _scores(predictions, curve.y)[PEARSON]
    on_test = _scores(predictions, curve.y, curve.test)
    scores = {"pearson": on_all, "pearson_test": on_test[PEARSON], "mae_test": on_test[MAE]}
    place = on_test[MAE].mean(0).argmin()
    chosen, pearson = predictions[:, place], on_all[:, place]
    own = on_all[range(len(CURVE_SEEDS)), on_test[PEARSON].argmax(1)]
    return {
        "chosen": grid_values(case.method, candidates[place]),
        "pearson_mean": finite(pearson.mean()), "pearson_max": finite(pearson.max()),
        "pearson_mean_of_own_choices": finite(own.mean()),
        "predictions": {"mean": _short(chosen.mean(0)), "deviation": _short(chosen.std(0))},
        "candidates": [{**grid_values(case.method, candidate),
                        **{name: _short(column) for name, column in zip(scores, columns)}}
                       for candidate, *columns in zip(
                           candidates, *(values.T for values in scores.values()))],
    }


def _trial(seed, case, candidates, recipe, curve, tell):
    """Predictions (candidate, n) of the whole curve after the last epoch, NaN if diverged."""
    X, y = (torch.tensor(values, dtype=torch.float32) for values in (curve.X, curve.y))
    found = np.full((len(candidates), len(X)), np.nan)

    def watch(epoch, places, network):
        sound = torch.stack([tensor.isfinite().flatten(1).all(1)
                             for tensor in network.tensors]).all(0)
        if epoch == recipe.n_epochs - 1:
            found[places.numpy()] = network.predict(X)[..., 0].numpy()
        return sound
    train_grid(Rows(X[curve.train], y[curve.train], (seed,)), candidates, case.method, recipe,
               watch, tell)
    return found


def _scores(predictions, y, rows=slice(None)):
    """Scores (4, seed, candidate) on some rows, the worst where a network diverged."""
    predictions = torch.tensor(predictions[..., rows, None])
    flat = predictions.flatten(0, 1)
    sound = flat.isfinite().flatten(1).all(1)
    found = WORST[:, None].repeat(1, len(flat))
    found[:, sound] = Scores(torch.tensor(y[rows]))(flat[sound])
    return found.view(-1, *predictions.shape[:2]).numpy()


def _short(values):
    return [rounded(value, 4) for value in values.tolist()]
