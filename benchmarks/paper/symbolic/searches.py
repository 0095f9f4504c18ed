"""One cell: formulas that gplearn finds for one curve, in one space, with one fitness."""

import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
from sklearn.metrics import mean_absolute_error, mean_squared_error

from benchmarks.options import InputError
from benchmarks.paper.cell import rounded
from benchmarks.paper.curves import Curve
from benchmarks.paper.protocol import CURVE_SEEDS
from sklearn_gar.metrics import gar_loss, pearson_score

CURVES = {"sine": "Sine", "sq_sine": "Squared sine"}
_ALGEBRA = ("add", "sub", "mul", "div", "sqrt", "log", "abs", "neg", "inv", "max", "min")
SPACES = {"no_trigonometry": _ALGEBRA, "trigonometry": (*_ALGEBRA, "sin", "cos")}
ALPHA = 0.5  # that of Section 4.1
# a search ends when its fitness is below this, which rounding alone is
STOP_AT = {"GAR": -30.0, "MAE": 1e-12, "MSE": 1e-24, "log(MAE)": -27.0, "log(MSE)": -54.0}
FITNESSES = tuple(STOP_AT)
EXACT = 1e-9  # largest absolute error of a formula that counts as the curve itself


@dataclass(frozen=True)
class Effort:
    """How much is searched: parameters of gplearn, the same for all fitnesses.

    Tournaments are smaller and mutations more frequent than by default: otherwise all formulas
    soon descend from one.
    """

    population_size: int = 1000
    generations: int = 25
    tournament_size: int = 7
    p_crossover: float = 0.6
    p_subtree_mutation: float = 0.15
    p_hoist_mutation: float = 0.05
    p_point_mutation: float = 0.15
    parsimony_coefficient: float = 0.001
    const_range: tuple[float, float] = (-30.0, 30.0)
    init_depth: tuple[int, int] = (2, 6)


EFFORT = Effort()
QUICK = replace(EFFORT, population_size=40, generations=2)
SEEDS, QUICK_SEEDS = CURVE_SEEDS, CURVE_SEEDS[:2]


def gar_fitness(y, y_pred, w):
    """GAR as gplearn takes a fitness: three positional arguments, one number."""
    return gar_loss(y, y_pred, sample_weight=w, alpha=ALPHA)


def log_mae_fitness(y, y_pred, w):
    """The logarithm of the absolute error: the parsimony of gplearn weighs on it as on GAR."""
    return _log(mean_absolute_error, y, y_pred, w)


def log_mse_fitness(y, y_pred, w):
    return _log(mean_squared_error, y, y_pred, w)


def _log(error, y, y_pred, w):
    """Infinite for predictions that are not finite, as GAR is."""
    if not np.isfinite(y_pred).all():
        return math.inf
    return math.log(max(error(y, y_pred, sample_weight=w), sys.float_info.min))


_OWN_FITNESSES = {"GAR": gar_fitness, "log(MAE)": log_mae_fitness, "log(MSE)": log_mse_fitness}


def make_fitness(name: str):
    """The `metric` of gplearn, which has the two that are missing above itself."""
    if name in _OWN_FITNESSES:
        return _gplearn().fitness.make_fitness(function=_OWN_FITNESSES[name],
                                               greater_is_better=False)
    return {"MAE": "mean absolute error", "MSE": "mse"}[name]


def gplearn_version() -> str:
    return _gplearn().__version__


def _gplearn():
    """The library, which is an extra."""
    try:
        import gplearn
        import gplearn.fitness
        import gplearn.genetic
    except ImportError as error:
        raise InputError(f"symbolic needs gplearn, pip install '.[symbolic]': {error}") from None
    return gplearn


def settings(fitness: str, space: str, effort: Effort, seeds, provenance: dict) -> dict:
    """All settings that the results of a cell depend on."""
    return {
        "fitness": fitness, **({"alpha": ALPHA} if fitness == "GAR" else {}),
        "functions": SPACES[space], "stops_at": STOP_AT[fitness], **asdict(effort),
        "seeds": seeds, "data": provenance,
    }


def run_searches(fitness: str, space: str, effort: Effort, seeds, curve: Curve,
                 advance: Callable[[float], None]) -> dict:
    """Search with each seed on the training half; return formulas, scores and predictions."""
    found, predictions = [], []
    for seed in seeds:
        formula, length, prediction = search(fitness, space, effort, seed, curve)
        found.append({"seed": seed, "formula": formula, "length": length,
                      **scores(curve, prediction)})
        predictions.append(prediction)
        advance(1 / len(seeds))
    return {"found": found, "gplearn": gplearn_version(), "predictions": {
        "mean": _rounded(np.mean(predictions, axis=0)),
        "deviation": _rounded(np.std(predictions, axis=0))}}


def search(fitness: str, space: str, effort: Effort, seed: int, curve: Curve
           ) -> tuple[str, int, np.ndarray]:
    """The best formula of the last generation, its length, and its values (n,) at all points."""
    model = _gplearn().genetic.SymbolicRegressor(
        metric=make_fitness(fitness), function_set=SPACES[space], random_state=seed,
        stopping_criteria=STOP_AT[fitness], **asdict(effort))
    with np.errstate(all="ignore"), warnings.catch_warnings():  # formulas may overflow
        warnings.simplefilter("ignore")
        model.fit(curve.X[curve.train], curve.y[curve.train, 0])
        prediction = model.predict(curve.X)
    return str(model._program), model._program.length_, prediction


def scores(curve: Curve, prediction: np.ndarray) -> dict:
    """Correlation on all points and on the test half, and absolute error there.

    `exact` says whether the formula is the curve itself, `shape` whether it is the curve up to
    scale and offset.
    """
    y = curve.y[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a constant has correlation 0
        pearson, on_test = (pearson_score(y[rows], prediction[rows])
                            for rows in (slice(None), curve.test))
    error = np.abs(prediction - y)
    return {"pearson": pearson, "pearson_test": on_test,
            "mae_test": float(error[curve.test].mean()), "exact": bool(error.max() < EXACT),
            "shape": bool(1 - pearson < EXACT)}


def _rounded(values):
    return [rounded(value, 4) for value in values.tolist()]
