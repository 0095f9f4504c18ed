"""Time of a search over 27 candidates on 5 folds, ours and GridSearchCV's."""

import os
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.model_selection import GridSearchCV, ParameterGrid

from benchmarks.speed.measurement import Goal, Measurement, Pair, timed
from benchmarks.speed.models import BATCH_SIZE, gar, made_up_table, mlp
from sklearn_gar import GARRegressorCV

VARIABLE = "SKLEARN_GAR_DATA"
FILE = "concrete.npz"
SHAPE = (824, 8)  # of the made-up rows that stand in for the file
N_FOLDS, N_JOBS = 5, 2
HIDDEN_LAYER_SIZES = (16, 32, 16, 8)
GRID = {"alpha": [0.1, 1.0, 10.0], "learning_rate": [1e-1, 1e-2, 1e-3],
        "weight_decay": [1e-3, 1e-4, 1e-5]}


class DataError(ValueError):
    """The folder or the file of the data is not what it should be."""


def find_data(folder: Path | None) -> Path | None:
    """The file in the folder, else in that of the environment variable, else None."""
    variable = os.environ.get(VARIABLE)
    folders = [one for one in (folder, variable and Path(variable)) if one]
    for one in folders:
        if not one.is_dir():
            raise DataError(f"no such folder of data: {one}")
        if (one / FILE).is_file():
            return one / FILE
    return None


def load_table(path: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Features and target, standardised, float32."""
    if path is None:
        return made_up_table(*SHAPE)
    try:
        with np.load(path) as arrays:
            X, y = arrays["trX"], arrays["trY"].ravel()
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path} must hold arrays trX and trY: {error}") from None
    if X.ndim != 2 or len(X) != len(y):
        raise DataError(f"{path} must hold trX (n, d) and trY (n,), got shapes {X.shape} and "
                        f"{y.shape}")
    return tuple(((column - column.mean(0)) / column.std(0)).astype(np.float32)
                 for column in (X, y))


def fit_search(search, X, y):
    """Fit; candidates may diverge, which costs their score and no time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.filterwarnings("ignore", "One or more of the", UserWarning)
        return search.fit(X, y)


def network(n_epochs, activation):
    """The estimator whose alpha, learning rate and weight decay are searched for."""
    return gar(hidden_layer_sizes=HIDDEN_LAYER_SIZES, activation=activation,
               lr_schedule="step", max_iter=n_epochs)


def stacked_search(estimator, grid, halving) -> GARRegressorCV:
    """GARRegressorCV with the estimator's other parameters."""
    searched = {*grid, "batch_size"}
    shared = {name: value for name, value in estimator.get_params().items()
              if name not in searched | {"warm_start"}}
    return GARRegressorCV(
        **{f"{name}s": tuple(values) for name, values in grid.items()},
        batch_sizes=(estimator.batch_size,), cv=N_FOLDS, refit=False, halving=halving, **shared)


def grid_search(estimator, grid) -> GridSearchCV:
    return GridSearchCV(estimator, grid, cv=N_FOLDS, n_jobs=N_JOBS, refit=False)


def prepare_itself(path, halving, *, n_epochs, grid, data):
    """GARRegressorCV, and GridSearchCV over GARRegressor."""
    X, y = load_table(path)
    estimator = network(n_epochs, "elu")
    ours, theirs = stacked_search(estimator, grid, halving), grid_search(estimator, grid)
    return Pair(timed(lambda: fit_search(ours, X, y)), timed(lambda: fit_search(theirs, X, y)))


def prepare_mlp(path, *, n_epochs, grid, data):
    """GARRegressorCV, and GridSearchCV over as many candidates of MLPRegressor."""
    X, y = load_table(path)
    ours = stacked_search(network(n_epochs, "relu"), grid, halving=False)
    # it has no balance of terms to try; seeds make up the number
    theirs = grid_search(
        mlp(hidden_layer_sizes=HIDDEN_LAYER_SIZES, max_iter=n_epochs),
        {"learning_rate_init": grid["learning_rate"], "alpha": grid["weight_decay"],
         "random_state": list(range(len(grid["alpha"])))})
    n_train = len(X) - len(X) // N_FOLDS
    n_fits = N_FOLDS * len(ParameterGrid(grid))
    steps = tuple(n_fits * n_epochs * n_batches
                  for n_batches in (n_train // BATCH_SIZE, -(-n_train // BATCH_SIZE)))
    return Pair(timed(lambda: fit_search(ours, X, y)), timed(lambda: fit_search(theirs, X, y)),
                steps)


def measurements(folder: Path | None = None) -> list[Measurement]:
    """The searches, on the file where there is one."""
    path = find_data(folder)
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
