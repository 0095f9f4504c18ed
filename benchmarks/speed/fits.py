"""Time of fits and predictions."""

import time

import numpy as np
from sklearn.neural_network import MLPRegressor

from benchmarks.arithmetic import product_rate, step_operations
from benchmarks.models import (
    BATCH_SIZE,
    LARGE,
    SMALL,
    fit_without_warning,
    full_batches,
    gar_regressor,
    mlp_regressor,
    n_steps,
    skorch_regressor,
    synthetic_table,
)
from benchmarks.speed.measurement import Goal, Measurement, Pair, timed
from sklearn_gar import GARRegressor

QUICK = {"n_rows": 512, "hidden_layer_sizes": [4], "n_epochs": 2, "repetitions": 2}


def prepare_loss(*, n_rows, n_features, hidden_layer_sizes, n_epochs):
    """Mean time of an epoch with the loss of the paper, and with the squared error."""
    X, y = synthetic_table(n_rows, n_features)

    def epoch(loss):
        model = gar_regressor(loss=loss, hidden_layer_sizes=hidden_layer_sizes, max_iter=n_epochs)
        return lambda: float(np.mean(model.fit(X, y).net_.history[:, "dur"]))
    return Pair(epoch("gar"), epoch("squared_error"))


def prepare_mlp(*, n_rows, n_features, hidden_layer_sizes, n_epochs):
    """Whole fit, ours and that of MLPRegressor."""
    X, y = synthetic_table(n_rows, n_features)
    shared = {"hidden_layer_sizes": hidden_layer_sizes, "activation": "relu",
              "max_iter": n_epochs}
    ours, theirs = gar_regressor(**shared), mlp_regressor(**shared)
    steps = n_steps(n_rows, n_epochs)
    return Pair(timed(lambda: ours.fit(X, y)), timed(lambda: fit_without_warning(theirs, X, y)),
                (steps, steps))


def prepare_skorch(*, n_rows, n_features, hidden_layer_sizes, n_epochs):
    """Whole fit, ours and that of a plain skorch net."""
    X, y = synthetic_table(n_rows, n_features)
    ours = gar_regressor(hidden_layer_sizes=hidden_layer_sizes, max_iter=n_epochs)
    theirs = skorch_regressor((n_features, *hidden_layer_sizes, 1), n_epochs)
    steps = n_steps(n_rows, n_epochs)
    return Pair(timed(lambda: ours.fit(X, y)), timed(lambda: theirs.fit(X, y[:, None])),
                (steps, steps))


def prepare_stack(*, n_rows, n_features, hidden_layer_sizes, n_epochs, n_estimators):
    """Whole fit of a stack divided by its networks, and of one network."""
    X, y = synthetic_table(n_rows, n_features)
    shared = {"hidden_layer_sizes": hidden_layer_sizes, "max_iter": n_epochs}
    stack, alone = gar_regressor(n_estimators=n_estimators, **shared), gar_regressor(**shared)
    return Pair(timed(lambda: stack.fit(X, y), parts=n_estimators),
                timed(lambda: alone.fit(X, y)))


def prepare_precision(*, n_rows, n_features, hidden_layer_sizes, n_epochs):
    """Whole fit on float64 and on float32 features, standardised by the estimator."""
    X, y = synthetic_table(n_rows, n_features)
    double = X.astype(np.float64)
    model = gar_regressor(hidden_layer_sizes=hidden_layer_sizes, max_iter=n_epochs,
                          scale_features=True, scale_target=True)
    return Pair(timed(lambda: model.fit(double, y)), timed(lambda: model.fit(X, y)))


def prepare_rate(*, n_rows, n_features, hidden_layer_sizes, n_epochs, n_estimators, size):
    """Operations per second of a whole fit, and of torch.mm."""
    X, y = synthetic_table(n_rows, n_features)
    model = gar_regressor(hidden_layer_sizes=hidden_layer_sizes, max_iter=n_epochs,
                          n_estimators=n_estimators)
    operations = n_steps(n_rows, n_epochs) * step_operations(
        (n_features, *hidden_layer_sizes, 1), BATCH_SIZE, n_estimators)

    def fit_rate():
        start = time.perf_counter()
        model.fit(X, y)
        return operations / (time.perf_counter() - start)
    return Pair(fit_rate, lambda: product_rate(size, n_calls=5))


def prepare_predict(*, n_rows, n_features, hidden_layer_sizes, n_rows_fit):
    """Predictions of networks that were trained for one epoch."""
    X, y = synthetic_table(n_rows, n_features)
    shared = {"hidden_layer_sizes": hidden_layer_sizes, "activation": "relu", "max_iter": 1}
    ours, theirs = (fit_without_warning(model, X[:n_rows_fit], y[:n_rows_fit])
                    for model in (gar_regressor(**shared), mlp_regressor(**shared)))
    return Pair(timed(lambda: ours.predict(X)), timed(lambda: theirs.predict(X)))


def prepare_one_row(*, n_rows, n_features, n_epochs, n_calls):
    """Predictions of a single row, as a service makes them, by models with their defaults."""
    X, y = synthetic_table(n_rows, n_features)
    ours, theirs = (fit_without_warning(model, X, y) for model in (
        GARRegressor(max_iter=n_epochs, random_state=0),
        MLPRegressor(max_iter=n_epochs, random_state=0)))
    row = X[:1]
    return Pair(timed(lambda: ours.predict(row), n_calls),
                timed(lambda: theirs.predict(row), n_calls))


def measurements() -> list[Measurement]:
    return [*against_others(), *against_itself()]


def against_others() -> list[Measurement]:
    small = {"n_rows": full_batches(659), "n_features": 8, "hidden_layer_sizes": SMALL,
             "n_epochs": 100}
    return [
        *(Measurement(
            f"fit_vs_mlp_{n_rows}x{n_features}", Goal("<=", 1),
            "GARRegressor.fit, one network", "MLPRegressor.fit", prepare_mlp,
            {"n_rows": full_batches(n_rows), "n_features": n_features,
             "hidden_layer_sizes": sizes, "n_epochs": n_epochs, "repetitions": repetitions},
            QUICK, cost=cost)
          for n_rows, n_features, sizes, n_epochs, repetitions, cost in (
              (659, 8, SMALL, 100, 31, 6), (4158, 11, SMALL, 100, 15, 14),
              (13600, 81, LARGE, 20, 7, 80))),
        Measurement(
            "fit_vs_skorch", Goal("<=", 1 / 5), "GARRegressor.fit, one network",
            "NeuralNetRegressor.fit, plain skorch", prepare_skorch,
            {**small, "repetitions": 9}, QUICK, cost=20),
        Measurement(
            "predict_vs_mlp", Goal("<=", 1), "GARRegressor.predict, one network",
            "MLPRegressor.predict", prepare_predict,
            {"n_rows": 1_000_000, "n_features": 20, "hidden_layer_sizes": LARGE,
             "n_rows_fit": 4096, "repetitions": 7},
            {"n_rows": 1_000, "hidden_layer_sizes": [4], "n_rows_fit": 512, "repetitions": 2},
            cost=40),
        Measurement(
            "predict_one_row_vs_mlp", Goal("<=", 2), "GARRegressor.predict of a row, defaults",
            "MLPRegressor.predict of a row, defaults", prepare_one_row,
            {"n_rows": 1000, "n_features": 20, "n_epochs": 5, "n_calls": 500, "repetitions": 31},
            {"n_epochs": 1, "n_calls": 2, "repetitions": 2}, cost=30),
    ]


def against_itself() -> list[Measurement]:
    small = {"n_features": 8, "hidden_layer_sizes": SMALL, "n_epochs": 100}
    return [
        Measurement(
            "epoch_gar_vs_squared_error", Goal("<=", 1.1), 'epoch with loss="gar"',
            'epoch with loss="squared_error"', prepare_loss,
            {"n_rows": full_batches(659), **small, "repetitions": 51}, QUICK, cost=10),
        Measurement(
            "stack_member", Goal("<=", 1 / 5), "GARRegressor.fit, one of 45 networks",
            "GARRegressor.fit, one network alone", prepare_stack,
            {"n_rows": 659, **small, "n_estimators": 45, "repetitions": 9}, QUICK, cost=15),
        Measurement(
            "float64_vs_float32", Goal("<=", 1.1), "GARRegressor.fit, float64 features",
            "GARRegressor.fit, float32 features", prepare_precision,
            {"n_rows": 20_000, "n_features": 50, "hidden_layer_sizes": LARGE, "n_epochs": 5,
             "repetitions": 11}, QUICK, cost=30),
        Measurement(
            "arithmetic_rate", Goal(">=", 1 / 2), "GARRegressor.fit, 15 networks",
            "torch.mm", prepare_rate,
            {"n_rows": full_batches(13600), "n_features": 81, "hidden_layer_sizes": LARGE,
             "n_epochs": 2, "n_estimators": 15, "size": 2048, "repetitions": 7},
            {**QUICK, "size": 64}, unit="operations/s", cost=45),
    ]
