"""One trial: fit to the training rows of a split, score on its test rows, measure the time."""

import io
import logging
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator

from benchmarks import environment
from benchmarks.datasets import Split
from benchmarks.peers.scores import scores_of
from benchmarks.text import failure

Trial = dict[str, Any]
Measure = Callable[[BaseEstimator, Split, Callable[[], float]], Trial]
"""Fits and scores on a split; takes a clock, and returns scores and seconds."""


def settings(model: BaseEstimator) -> dict[str, Any]:
    """All parameters of an estimator, defaults included, in a form that JSON can hold."""
    return {"class": type(model).__name__, **_to_json(model.get_params())}


def fit_and_predict(model: BaseEstimator, split: Split, clock: Callable[[], float]) -> Trial:
    """Scores of predictions of the test rows, and seconds."""
    start = clock()
    fitted = model.fit(split.X, split.y)
    fit_seconds = clock() - start
    start = clock()
    prediction = np.asarray(fitted.predict(split.X_test), dtype=np.float64)
    predict_seconds = clock() - start
    if prediction.shape != split.y_test.shape:
        raise ValueError(f"predictions must have shape {split.y_test.shape}, got "
                         f"{prediction.shape}")
    chosen = {"best_params": _to_json(fitted.best_params_)} if hasattr(
        fitted, "best_params_") else {}
    return {"scores": scores_of(split.y_test, prediction), "fit_seconds": fit_seconds,
            "predict_seconds": predict_seconds, **chosen}


def run_trial(model: BaseEstimator, split: Split, n_threads: int,
              measure: Measure = fit_and_predict,
              clock: Callable[[], float] = time.perf_counter) -> Trial:
    """Scores and seconds, or the reason why there are none."""
    result = {"n_train": len(split.X), "n_test": len(split.X_test),
              "n_features": split.X.shape[1], "failure": None}
    try:
        with (silence(), environment.limited_threads(n_threads, all_libraries=True),
              torch.random.fork_rng(devices=[])):
            result |= measure(model, split, clock)
    except Exception as error:  # of any kind: the other trials are worth having
        result["failure"] = failure(error)
    result["date"] = environment.timestamp()
    return result


@contextmanager
def silence() -> Iterator[None]:
    """Suppress warnings, logs and prints: what libraries say of their defaults is no result."""
    previous = logging.root.manager.disable
    try:
        logging.disable(logging.WARNING)
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


def _to_json(value):
    """The value as JSON returns it, so that it can be compared with that of a file."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    if hasattr(value, "get_params"):  # CatBoost's regressor is no BaseEstimator
        return type(value).__name__
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if type(value).__repr__ is object.__repr__:  # it names an address, which is never the same
        return {"class": type(value).__name__, **_to_json(vars(value))}
    return repr(value)
