"""The synthetic experiments: how well networks fit a curve (Section 4.1, B.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.data_files import find_file
from benchmarks.paper import datasets
from benchmarks.paper.cell import Grid, finite_or_none, grid_settings, named_values, rounded
from benchmarks.paper.protocol import CURVE_SEEDS, METRICS, SEED, Case, Method, Recipe
from benchmarks.paper.scores import WORST, Scores
from benchmarks.paper.training import Candidate, Rows, Stack, train_grid

MAE, PEARSON = METRICS.index("MAE"), METRICS.index("Pearson")
WITHOUT_FILES = "; without their files, the test points are a random half, not the paper's"
# the paper leaves it open; the published code saves this for five trials of one setting
CHOICE = "mean absolute error on the test half, mean over the trials"


@dataclass(frozen=True)
class Curve:
    """Points X (n, 1) of a curve y (n, 1), and which are training and test points."""

    X: np.ndarray
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray
    provenance: dict[str, str]


def points(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Points X (n, 1) and values y (n, 1) of the curve "sine" or "sq_sine".

    The squared sine has steps of 0.1 in the paper and of 1 in its published points.
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
    """The curve "sine" or "sq_sine" by its formula, split as in the published file.

    Without the file, a random half of the points are the test points.
    """
    X, y = points(name)
    path = find_file(datasets.FILES[name], folder)
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
    """All settings that the results of a cell depend on."""
    return {**grid_settings(case.method, grid, recipe), "seeds": CURVE_SEEDS,
            "chosen_by": CHOICE, "data": provenance}


def run_curve(case: Case, grid: Grid, recipe: Recipe, curve: Curve,
              advance: Callable[[float], None]) -> dict:
    """Train the grid of every seed, and return what the best candidate predicts.

    The result also has the scores of all candidates for each seed, and the mean correlation if
    each seed chooses its own candidate by the correlation on the test half.  Parameters are
    those of :func:`benchmarks.paper.cell.run_cell`.
    """
    candidates = grid.candidates
    predictions = np.stack([trial(seed, case.method, candidates, recipe, curve,
                                  lambda share: advance(share / len(CURVE_SEEDS)))
                            for seed in CURVE_SEEDS])  # (seed, candidate, n)
    on_all = scores_of_trials(predictions, curve.y)[PEARSON]
    on_test = scores_of_trials(predictions, curve.y, curve.test)
    scores = {"pearson": on_all, "pearson_test": on_test[PEARSON], "mae_test": on_test[MAE]}
    place = on_test[MAE].mean(0).argmin()
    chosen, pearson = predictions[:, place], on_all[:, place]
    own = on_all[range(len(CURVE_SEEDS)), on_test[PEARSON].argmax(1)]
    return {
        "chosen": named_values(case.method, candidates[place]),
        "pearson_mean": finite_or_none(pearson.mean()),
        "pearson_max": finite_or_none(pearson.max()),
        "pearson_mean_of_own_choices": finite_or_none(own.mean()),
        "predictions": {"mean": _rounded(chosen.mean(0)), "deviation": _rounded(chosen.std(0))},
        "candidates": scores_by_candidate(case.method, candidates, scores),
    }


def scores_by_candidate(method: Method, candidates: list[Candidate],
                        scores: dict[str, np.ndarray]) -> list[dict]:
    """The values of each candidate, and its scores (seed, candidate) by name."""
    return [{**named_values(method, candidate),
             **{name: _rounded(column) for name, column in zip(scores, columns)}}
            for candidate, *columns in zip(candidates, *(values.T for values in scores.values()))]


def trial(seed: int, method: Method, candidates: list[Candidate], recipe: Recipe, curve: Curve,
          advance: Callable[[float], None], dtype: torch.dtype = torch.float32,
          make_stack: type[Stack] = Stack) -> np.ndarray:
    """Predictions (candidate, n) of all points after the last epoch, NaN if diverged."""
    X, y = (torch.tensor(values, dtype=dtype) for values in (curve.X, curve.y))
    predictions = np.full((len(candidates), len(X)), np.nan)

    def after_epoch(epoch, places, network):
        is_finite = torch.stack([tensor.isfinite().flatten(1).all(1)
                                 for tensor in network.tensors]).all(0)
        if epoch == recipe.n_epochs - 1:
            predictions[places.numpy()] = network.outputs(X)[..., 0].numpy()
        return is_finite
    train_grid(Rows(X[curve.train], y[curve.train], (seed,)), candidates, method, recipe,
               after_epoch, advance, make_stack)
    return predictions


def scores_of_trials(predictions: np.ndarray, y: np.ndarray, rows=slice(None)) -> np.ndarray:
    """Scores (4, seed, candidate) on some rows, the worst possible for diverged networks."""
    predictions = torch.tensor(predictions[..., rows, None])
    flat = predictions.flatten(0, 1)
    is_finite = flat.isfinite().flatten(1).all(1)
    scores = WORST[:, None].repeat(1, len(flat))
    scores[:, is_finite] = Scores(torch.tensor(y[rows]))(flat[is_finite])
    return scores.view(-1, *predictions.shape[:2]).numpy()


def _rounded(values):
    return [rounded(value, 4) for value in values.tolist()]
