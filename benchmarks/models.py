"""Networks and searches set up to do the same work, and synthetic rows to train them on.

All networks train with stochastic gradient descent, the same momentum, weight decay, constant
learning rate, batch size and number of epochs, on shuffled rows, without scaling, validation
rows or early stopping.
"""

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from skorch import NeuralNetRegressor

from sklearn_gar import GARRegressor, GARRegressorCV

SMALL, LARGE = (16, 32, 16, 8), (128, 256, 128, 64)  # the two network sizes of the paper
BATCH_SIZE = 256
LEARNING_RATE = 1e-3
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
# a search: 27 candidates
GRID = {"alpha": [0.1, 1.0, 10.0], "learning_rate": [1e-1, 1e-2, 1e-3],
        "weight_decay": [1e-3, 1e-4, 1e-5]}
N_FOLDS = 5
N_JOBS = 2  # worker processes of GridSearchCV


def full_batches(n_rows: int) -> int:
    """The multiple of the batch size that is nearest to a number of rows.

    GARRegressor leaves out the rows after the last full batch of an epoch, the others train on
    them.  Without such rows all take the same number of steps of the same size.
    """
    return max(1, round(n_rows / BATCH_SIZE)) * BATCH_SIZE


def n_steps(n_rows: int, n_epochs: int) -> int:
    """Training steps if the rows divide into full batches."""
    return n_epochs * (n_rows // BATCH_SIZE)


def synthetic_table(n_rows: int, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised float32 features (n, d), and a float32 target (n,) that depends on them."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    signal = X @ rng.standard_normal(n_features, dtype=np.float32) / np.sqrt(n_features)
    y = np.sin(signal) + signal + 0.3 * rng.standard_normal(n_rows, dtype=np.float32)
    return X, ((y - y.mean()) / y.std()).astype(np.float32)


def gar_regressor(**parameters) -> GARRegressor:
    """GARRegressor with these settings; one network unless `n_estimators` is given."""
    shared = {"n_estimators": 1, "solver": "sgd", "learning_rate": LEARNING_RATE,
              "lr_schedule": "constant", "weight_decay": WEIGHT_DECAY, "momentum": MOMENTUM,
              "activation": "elu", "embedding": None, "early_stopping": False,
              "batch_size": BATCH_SIZE, "scale_features": False, "scale_target": False,
              "random_state": 0}
    return GARRegressor(**{**shared, **parameters})


def mlp_regressor(**parameters) -> MLPRegressor:
    """MLPRegressor with these settings; it never stops early."""
    shared = {"solver": "sgd", "learning_rate_init": LEARNING_RATE, "alpha": WEIGHT_DECAY,
              "momentum": MOMENTUM, "nesterovs_momentum": False, "batch_size": BATCH_SIZE,
              "activation": "relu", "tol": 0.0, "n_iter_no_change": 10 ** 9,
              "random_state": 0}
    return MLPRegressor(**{**shared, **parameters})


def skorch_regressor(layer_sizes, n_epochs) -> NeuralNetRegressor:
    """A plain skorch net with its default data loader, squared error and ELU."""
    layers = []
    for inputs, outputs in zip(layer_sizes, layer_sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ELU()]
    return NeuralNetRegressor(
        torch.nn.Sequential(*layers[:-1]), criterion=torch.nn.MSELoss,
        optimizer=torch.optim.SGD, optimizer__momentum=MOMENTUM,
        optimizer__weight_decay=WEIGHT_DECAY, lr=LEARNING_RATE, max_epochs=n_epochs,
        batch_size=BATCH_SIZE, iterator_train__shuffle=True, train_split=None, verbose=0)


def fit_without_warning(model, X, y):
    """Fit; ignore the warning of MLPRegressor that it ran all of its epochs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def searched_network(n_epochs, activation) -> GARRegressor:
    """The estimator whose alpha, learning rate and weight decay are searched for."""
    return gar_regressor(hidden_layer_sizes=SMALL, activation=activation, lr_schedule="step",
                         max_iter=n_epochs)


def stacked_search(estimator: GARRegressor, grid: dict, halving: bool) -> GARRegressorCV:
    """GARRegressorCV over a grid, with the other parameters of the estimator."""
    known = GARRegressorCV().get_params()
    shared = {name: value for name, value in estimator.get_params().items() if name in known}
    return GARRegressorCV(
        **{f"{name}s": tuple(values) for name, values in grid.items()},
        batch_sizes=(estimator.batch_size,), cv=N_FOLDS, refit=False, halving=halving, **shared)


def grid_search(estimator, grid: dict) -> GridSearchCV:
    return GridSearchCV(estimator, grid, cv=N_FOLDS, n_jobs=N_JOBS, refit=False)


def fit_search(search, X, y):
    """Fit; candidates that diverge get no score, and their warnings are ignored."""
    with warnings.catch_warnings():
        for category in (FitFailedWarning, ConvergenceWarning, RuntimeWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", "One or more of the", UserWarning)
        return search.fit(X, y)
