"""The models that are compared, set up to do the same work, and rows to train them on.

All train with stochastic gradient descent, the same momentum, weight decay, constant
learning rate, batch size and number of epochs, on shuffled rows, without scaling,
validation rows or early stopping.
"""

import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from skorch import NeuralNetRegressor

from sklearn_gar import GARRegressor

BATCH_SIZE = 256
LEARNING_RATE = 1e-3
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4


def full_batches(n_rows: int) -> int:
    """The multiple of the batch size that is nearest to a number of rows.

    GARRegressor lets an epoch's remainder sit out, others train on it: rows without a
    remainder make the same number of steps of the same size on either side.
    """
    return max(1, round(n_rows / BATCH_SIZE)) * BATCH_SIZE


def n_steps(n_rows: int, n_epochs: int) -> int:
    """Training steps over rows without a remainder."""
    return n_epochs * (n_rows // BATCH_SIZE)


def made_up_table(n_rows: int, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised float32 features (n, d), and a float32 target (n,) that depends on them."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    signal = X @ rng.standard_normal(n_features, dtype=np.float32) / np.sqrt(n_features)
    y = np.sin(signal) + signal + 0.3 * rng.standard_normal(n_rows, dtype=np.float32)
    return X, ((y - y.mean()) / y.std()).astype(np.float32)


def gar(**parameters) -> GARRegressor:
    """One network, unless told otherwise."""
    shared = {"n_estimators": 1, "solver": "sgd", "learning_rate": LEARNING_RATE,
              "lr_schedule": "constant", "weight_decay": WEIGHT_DECAY, "momentum": MOMENTUM,
              "activation": "elu", "embedding": None, "early_stopping": False,
              "batch_size": BATCH_SIZE, "scale_features": False, "scale_target": False,
              "random_state": 0}
    return GARRegressor(**{**shared, **parameters})


def mlp(**parameters) -> MLPRegressor:
    """scikit-learn's network, which runs all of its epochs."""
    shared = {"solver": "sgd", "learning_rate_init": LEARNING_RATE, "alpha": WEIGHT_DECAY,
              "momentum": MOMENTUM, "nesterovs_momentum": False, "batch_size": BATCH_SIZE,
              "activation": "relu", "tol": 0.0, "n_iter_no_change": 10 ** 9,
              "random_state": 0}
    return MLPRegressor(**{**shared, **parameters})


def fit_silently(model, X, y):
    """Fit; that MLPRegressor ran all of its epochs is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def skorch_net(layer_sizes, n_epochs) -> NeuralNetRegressor:
    """A plain skorch net with its default data loader, squared error and ELU."""
    layers = []
    for inputs, outputs in zip(layer_sizes, layer_sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ELU()]
    return NeuralNetRegressor(
        torch.nn.Sequential(*layers[:-1]), criterion=torch.nn.MSELoss,
        optimizer=torch.optim.SGD, optimizer__momentum=MOMENTUM,
        optimizer__weight_decay=WEIGHT_DECAY, lr=LEARNING_RATE, max_epochs=n_epochs,
        batch_size=BATCH_SIZE, iterator_train__shuffle=True, train_split=None, verbose=0)
