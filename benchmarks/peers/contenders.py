"""The regressors that are compared; each library is imported only when it is used."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import environment
from benchmarks.datasets import Split
from sklearn_gar import GARRegressor

SEED = 0
MAX_ROWS_TABM = 2000  # with more, one fit takes a good part of an hour on two cores


@dataclass(frozen=True)
class Contender:
    """A regressor with a name.

    Parameters
    ----------
    name : str
        Its name on the command line, and the name of its files.
    package : str
        The package that it needs; results depend on its version.
    build : callable
        Takes the number of threads, returns the estimator.
    quick : dict
        Parameters of the estimator that are different in a smoke test.
    max_rows : int or None
        The most training rows; with more it is left out.
    takes_missing : bool
        Whether it takes missing values; if not, it is left out of tables that have them.
    """

    name: str
    package: str
    build: Callable[[int], BaseEstimator]
    quick: dict[str, Any] = field(default_factory=dict)
    max_rows: int | None = None
    takes_missing: bool = True

    def model(self, n_threads: int, quick: bool = False) -> BaseEstimator:
        """The estimator, not fitted; ImportError if its package is not installed."""
        model = self.build(n_threads)
        return model.set_params(**self.quick) if quick else model

    def versions(self) -> dict[str, str]:
        """Versions of all packages that its results depend on."""
        versions = environment.versions()
        if self.package not in versions:
            versions[self.package] = metadata.version(self.package)
        return versions

    def refusal(self, split: Split) -> str | None:
        """Why it is not run on a table with this split; None if it is run."""
        n_rows = len(split.X)
        if self.max_rows is not None and n_rows > self.max_rows:
            return f"{n_rows} rows are more than {self.max_rows}"
        if not self.takes_missing and (_has_missing(split.X) or _has_missing(split.X_test)):
            return "it refuses missing values"
        return None


def _has_missing(X):
    return bool(X.isna().to_numpy().any() if hasattr(X, "isna") else np.isnan(X).any())


def gar_contender(name: str, **parameters) -> Contender:
    """GARRegressor with the defaults, except these parameters."""
    return Contender(
        name, "sklearn_gar", lambda n_threads: GARRegressor(random_state=SEED, **parameters),
        {"max_iter": 2})


def _boosted_histograms(n_threads):
    return HistGradientBoostingRegressor(random_state=SEED)


def _forest(n_threads):
    return RandomForestRegressor(random_state=SEED, n_jobs=n_threads)


def _lightgbm(n_threads):
    from lightgbm import LGBMRegressor
    return LGBMRegressor(random_state=SEED, n_jobs=n_threads, verbose=-1)


def _xgboost(n_threads):
    from xgboost import XGBRegressor
    return XGBRegressor(random_state=SEED, n_jobs=n_threads)


def _catboost(n_threads):
    from catboost import CatBoostRegressor
    return CatBoostRegressor(random_seed=SEED, thread_count=n_threads, verbose=False,
                             allow_writing_files=False)


def _scaled_mlp(n_threads):
    return TransformedTargetRegressor(
        make_pipeline(StandardScaler(), MLPRegressor(random_state=SEED)),
        transformer=StandardScaler())


def _ridge(n_threads):
    return make_pipeline(StandardScaler(), Ridge())


def _realmlp(n_threads):
    from pytabkit import RealMLP_TD_Regressor
    return RealMLP_TD_Regressor(device="cpu", random_state=SEED, n_threads=n_threads)


def _tabm(n_threads):
    from pytabkit import TabM_D_Regressor
    return TabM_D_Regressor(device="cpu", random_state=SEED, n_threads=n_threads)


GAR = "GARRegressor"
PEERS = {contender.name: contender for contender in (
    gar_contender(GAR),
    gar_contender("GARRegressor_single", n_estimators=1),
    Contender("HistGradientBoosting", "sklearn", _boosted_histograms, {"max_iter": 2}),
    Contender("RandomForest", "sklearn", _forest, {"n_estimators": 2}),
    Contender("LightGBM", "lightgbm", _lightgbm, {"n_estimators": 2}),
    Contender("XGBoost", "xgboost", _xgboost, {"n_estimators": 2}),
    Contender("CatBoost", "catboost", _catboost, {"iterations": 2}),
    Contender("MLPRegressor", "sklearn", _scaled_mlp,
              {"regressor__mlpregressor__max_iter": 2}),
    Contender("Ridge", "sklearn", _ridge),
    Contender("RealMLP_TD", "pytabkit", _realmlp, {"n_epochs": 2}),
    Contender("TabM_D", "pytabkit", _tabm, {"n_epochs": 2}, MAX_ROWS_TABM),
)}
"""Regressors by name, in the order of runs and tables."""
