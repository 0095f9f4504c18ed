"""Sizes and times of the files of one fitted regressor in several formats."""

import io
from collections.abc import Callable
from importlib import import_module
from statistics import median
from time import perf_counter

import joblib
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.neural_network import MLPRegressor

from sklearn_gar import GARRegressor

REGRESSORS = ("GARRegressor", "MLPRegressor", "HistGradientBoosting", "CatBoost")
FORMATS = ("joblib", "skops", "onnx")


def regressor(name: str, quick: bool):
    """The regressor with the defaults of its library; ImportError if that is not installed."""
    if name == "GARRegressor":
        return GARRegressor(random_state=0, max_iter=1 if quick else "auto")
    if name == "MLPRegressor":
        return MLPRegressor(random_state=0, max_iter=200)
    if name == "HistGradientBoosting":
        return HistGradientBoostingRegressor(random_state=0)
    return import_module("catboost").CatBoostRegressor(
        random_state=0, verbose=False, allow_writing_files=False)


def measure(model, repetitions: int) -> dict[str, dict | None]:
    """Size and seconds to read of a fitted model in each format; None where it has none."""
    results = {}
    for name, write_and_reader in zip(FORMATS, (_joblib, _skops, _onnx), strict=True):
        try:
            content, read = write_and_reader(model)
        except (ImportError, AttributeError, TypeError):
            results[name] = None
            continue
        results[name] = {"bytes": len(content), "seconds": _seconds(read, repetitions)}
    return results


def _seconds(read: Callable[[], object], repetitions: int) -> float:
    """Median over repetitions, after one that warms up."""
    times = []
    for _ in range(repetitions + 1):
        start = perf_counter()
        read()
        times.append(perf_counter() - start)
    return median(times[1:])


def _joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    content = file.getvalue()
    return content, lambda: joblib.load(io.BytesIO(content))


def _skops(model):
    skops = import_module("skops.io")
    content = skops.dumps(model)
    types = skops.get_untrusted_types(data=content)
    return content, lambda: skops.loads(content, trusted=types)


def _onnx(model):
    """Read by onnxruntime."""
    runtime = import_module("onnxruntime")
    content = model.to_onnx().SerializeToString()
    return content, lambda: runtime.InferenceSession(
        content, providers=["CPUExecutionProvider"])
