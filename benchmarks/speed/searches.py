"""Time of a search over 27 candidates on 5 folds, ours and that of GridSearchCV."""

from functools import partial
from pathlib import Path

import numpy as np
from sklearn.model_selection import ParameterGrid

from benchmarks.data_files import DataError, find_file, read_arrays
from benchmarks.models import (
    BATCH_SIZE,
    GRID,
    N_FOLDS,
    SMALL,
    fit_search,
    grid_search,
    mlp_regressor,
    searched_network,
    stacked_search,
    synthetic_table,
)
from benchmarks.speed.measurement import Goal, Measurement, Pair, timed

FILE = "concrete.npz"
SHAPE = (824, 8)  # of the synthetic rows that replace an absent file


def find_concrete(folder: Path | None = None) -> Path | None:
    """The file of the searches in the folders of data, or None."""
    return find_file(FILE, folder)


def load_concrete(path: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Training rows of the file, or synthetic ones: features and target, standardised, float32."""
    if path is None:
        return synthetic_table(*SHAPE)
    X, y = read_arrays(path, "trX", "trY").values()
    y = y.ravel()
    if X.ndim != 2 or len(X) != len(y):
        raise DataError(f"{path} must hold trX (n, d) and trY (n,), got shapes {X.shape} and "
                        f"{y.shape}")
    return tuple(((column - column.mean(0)) / column.std(0)).astype(np.float32)
                 for column in (X, y))


def prepare_itself(path, halving, *, n_epochs, grid, data):
    """GARRegressorCV, and GridSearchCV over GARRegressor."""
    X, y = load_concrete(path)
    estimator = searched_network(n_epochs, "elu")
    ours, theirs = stacked_search(estimator, grid, halving), grid_search(estimator, grid)
    return Pair(timed(lambda: fit_search(ours, X, y)), timed(lambda: fit_search(theirs, X, y)))


def prepare_mlp(path, *, n_epochs, grid, data):
    """GARRegressorCV, and GridSearchCV over as many candidates of MLPRegressor."""
    X, y = load_concrete(path)
    ours = stacked_search(searched_network(n_epochs, "relu"), grid, halving=False)
    # MLPRegressor has no alpha of the paper's; seeds make up the number of candidates
    theirs = grid_search(
        mlp_regressor(hidden_layer_sizes=SMALL, max_iter=n_epochs),
        {"learning_rate_init": grid["learning_rate"], "alpha": grid["weight_decay"],
         "random_state": list(range(len(grid["alpha"])))})
    n_train = len(X) - len(X) // N_FOLDS
    n_fits = N_FOLDS * len(ParameterGrid(grid))
    steps = tuple(n_fits * n_epochs * n_batches
                  for n_batches in (n_train // BATCH_SIZE, -(-n_train // BATCH_SIZE)))
    return Pair(timed(lambda: fit_search(ours, X, y)), timed(lambda: fit_search(theirs, X, y)),
                steps)


def measurements(folder: Path | None = None) -> list[Measurement]:
    """The searches, on the file if there is one."""
    path = find_concrete(folder)
    settings = {"data": FILE if path else f"made-up rows of the shape of {FILE}", "n_epochs": 100,
                "grid": GRID, "repetitions": 7}
    quick = {"n_epochs": 2, "repetitions": 1,
             "grid": {"alpha": [1.0, 10.0], "learning_rate": [1e-2], "weight_decay": [1e-4]}}
    ours, halving = "GARRegressorCV.fit", "GARRegressorCV.fit, halving"
    theirs = "GridSearchCV(GARRegressor, n_jobs=2).fit"
    return [
        Measurement("search_vs_gridsearch", Goal("<=", 1 / 10), ours, theirs,
                    partial(prepare_itself, path, False), settings, quick, cost=70),
        Measurement("search_halving_vs_gridsearch", Goal("<=", 1 / 20), halving, theirs,
                    partial(prepare_itself, path, True), settings, quick, cost=60),
        Measurement("search_vs_mlp_gridsearch", Goal("<=", 1 / 3), ours,
                    "GridSearchCV(MLPRegressor, n_jobs=2).fit",
                    partial(prepare_mlp, path), settings, quick, cost=60),
    ]
