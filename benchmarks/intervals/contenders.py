"""The methods that are compared; each library is imported only when it is used."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split

from benchmarks import environment
from benchmarks.intervals.scores import LEVELS
from sklearn_gar import GARRegressor

SEED = 0
N_FOLDS = 5  # of cross-conformal prediction
CALIBRATION_SHARE = 0.25  # of the rows, which conformalise quantiles


@dataclass(frozen=True)
class Contender:
    """A method with a name.

    Parameters
    ----------
    name : str
        Its name on the command line, and the name of its files.
    packages : tuple of str
        The packages that it needs beside those of every figure.
    build : callable
        Takes the number of threads and whether this is a smoke test, returns an estimator
        whose `predict_interval` takes features and returns bounds (n, 2, c) of all levels.
    settings : dict
        What results depend on besides the packages.
    """

    name: str
    packages: tuple[str, ...]
    build: Callable[[int, bool], Any]
    settings: dict[str, Any]

    def versions(self) -> dict[str, str]:
        """Versions of all packages that its results depend on."""
        return environment.versions() | {name: metadata.version(name) for name in self.packages}


class OwnIntervals(BaseEstimator):
    """`GARRegressor.predict_interval` of all levels.

    Parameters
    ----------
    estimator : GARRegressor
        What is fitted.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.estimator.fit(X, y)
        return self

    def predict_interval(self, X):
        return self.estimator.predict_interval(X, LEVELS)


class CrossConformal(BaseEstimator):
    """MAPIE's cross-conformal intervals, CV+, around an estimator.

    Parameters
    ----------
    estimator : GARRegressor
        What is fitted on all rows, and on the others of each fold.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        from mapie.regression import CrossConformalRegressor
        self.model_ = CrossConformalRegressor(
            self.estimator, confidence_level=LEVELS, method="plus", cv=N_FOLDS,
            random_state=None)
        self.model_.fit_conformalize(X, y)
        return self

    def predict_interval(self, X):
        return self.model_.predict_interval(X)[1]


class ConformalisedQuantiles(BaseEstimator):
    """Quantile regressions by boosted trees, conformalised on rows held out.

    Y. Romano, E. Patterson, E. J. Candes, "Conformalized Quantile Regression", NeurIPS 2019.
    With many levels, bounds that crossed are put in order.

    Parameters
    ----------
    estimator : LGBMRegressor
        With `objective="quantile"`; its `alpha` is set to each quantile.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        from sklearn.base import clone
        X, X_held_out, y, y_held_out = train_test_split(
            X, y, test_size=CALIBRATION_SHARE, random_state=SEED)
        self.models_ = [
            [clone(self.estimator).set_params(alpha=quantile).fit(X, y)
             for quantile in ((1 - level) / 2, (1 + level) / 2)] for level in LEVELS]
        bounds = self._quantiles(X_held_out)
        errors = np.maximum(bounds[:, 0] - y_held_out[:, None], y_held_out[:, None] - bounds[:, 1])
        self.margins_ = [conformal_quantile(column, level)
                         for column, level in zip(errors.T, LEVELS)]
        return self

    def predict_interval(self, X):
        return np.sort(self._quantiles(X) + np.multiply.outer([-1, 1], self.margins_), axis=1)

    def _quantiles(self, X):
        """Bounds (n, 2, c) as the trees predict them."""
        return np.stack([np.column_stack([model.predict(X) for model in pair])
                         for pair in self.models_], axis=-1)


def conformal_quantile(errors: np.ndarray, level: float) -> float:
    """The error whose rank among n is the least whole number of at least (n + 1) times a level.

    If there are too few errors, it is the largest.
    """
    rank = int(np.ceil((len(errors) + 1) * level - 1e-9))
    return float(np.sort(errors)[min(rank, len(errors)) - 1])


def _gar(quick):
    return GARRegressor(random_state=SEED, **({"max_iter": 2} if quick else {}))


def _quantile_trees(n_threads, quick):
    from lightgbm import LGBMRegressor
    return LGBMRegressor(objective="quantile", random_state=SEED, n_jobs=n_threads, verbose=-1,
                         **({"n_estimators": 2} if quick else {}))


def _cross_conformal(n_threads, quick):
    import mapie  # noqa: F401  so that a missing library is reported before anything runs
    return CrossConformal(_gar(quick))


GAR = "GARRegressor"
CONTENDERS = {contender.name: contender for contender in (
    Contender(GAR, (), lambda n_threads, quick: OwnIntervals(_gar(quick)),
              {"random_state": SEED}),
    Contender("MAPIE_GARRegressor", ("mapie",), _cross_conformal,
              {"random_state": SEED, "method": "plus", "cv": N_FOLDS}),
    Contender("CQR_LightGBM", ("lightgbm",),
              lambda n_threads, quick: ConformalisedQuantiles(_quantile_trees(n_threads, quick)),
              {"random_state": SEED, "calibration_share": CALIBRATION_SHARE}),
)}
"""Methods by name, in the order of runs and tables."""
