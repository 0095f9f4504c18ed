"""One trial: fit to a split's rows, score on its others, take the seconds."""

import io
import logging
import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timezone
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from benchmarks import environment
from benchmarks.peers.datasets import Split
from benchmarks.peers.scores import scores_of

Trial = dict[str, Any]


def settings(model: BaseEstimator) -> dict[str, Any]:
    """All parameters of an estimator, defaults too, as JSON can hold them."""
    return {"class": type(model).__name__, **_plain(model.get_params())}


def trial(model: BaseEstimator, split: Split, n_threads: int) -> Trial:
    """Scores and seconds, or the reason why there are none."""
    result = {"n_train": len(split.X), "n_test": len(split.X_test),
              "n_features": split.X.shape[1], "failure": None}
    try:
        with silence(), threads(n_threads), torch.random.fork_rng(devices=[]):
            result |= _fit_and_score(model, split)
    except Exception as error:  # whatever it is, the others are worth having
        reason = " ".join(str(error).split())
        result["failure"] = f"{type(error).__name__}: {reason}"
    result["date"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return result


def _fit_and_score(model, split):
    start = time.perf_counter()
    fitted = model.fit(split.X, split.y)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    prediction = np.asarray(fitted.predict(split.X_test), dtype=np.float64)
    predict_seconds = time.perf_counter() - start
    if prediction.shape != split.y_test.shape:
        raise ValueError(f"predictions must have shape {split.y_test.shape}, got "
                         f"{prediction.shape}")
    return {"scores": scores_of(split.y_test, prediction), "fit_seconds": fit_seconds,
            "predict_seconds": predict_seconds}


@contextmanager
def threads(n_threads: int) -> Iterator[None]:
    """Threads of everything that runs here, the trees of scikit-learn too."""
    with (threadpool_limits(n_threads, user_api="openmp"),
          environment.limited_threads(n_threads)):
        yield


@contextmanager
def silence() -> Iterator[None]:
    """No warnings, log or print: what libraries say of their defaults is no result."""
    found = logging.root.manager.disable
    try:
        logging.disable(logging.WARNING)
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(found)


def _plain(value):
    """As JSON gives it back, so that settings can be held against those of a file."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, BaseEstimator):
        return type(value).__name__
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else repr(value)
