"""GARRegressorCV as an ensemble of candidates, and boosted trees tuned for as long."""

from benchmarks.peers.categories import RegressorOfTextLevels
from benchmarks.peers.contenders import GAR, PEERS, SEED, Contender, gar_contender
from benchmarks.peers.random_search import TimedRandomSearch
from sklearn_gar import GARRegressorCV

# About what the ensemble takes on one thread: see the report.
SECONDS = 120
ENSEMBLE, OF_HALVING = "GARRegressorCV", "GARRegressorCV_halving"

# Names of distributions of scipy, and their arguments.
_LIGHTGBM = {
    "n_estimators": ("randint", 100, 1500), "learning_rate": ("loguniform", 0.01, 0.3),
    "num_leaves": ("randint", 8, 128), "min_child_samples": ("randint", 5, 60),
    "subsample": ("uniform", 0.5, 0.5), "subsample_freq": ("randint", 1, 2),
    "colsample_bytree": ("uniform", 0.4, 0.6), "reg_lambda": ("loguniform", 1e-3, 10),
}
_CATBOOST = {
    "iterations": ("randint", 300, 1500), "learning_rate": ("loguniform", 0.01, 0.2),
    "depth": ("randint", 4, 9), "l2_leaf_reg": ("loguniform", 1, 10),
    "bagging_temperature": ("uniform", 0, 1),
}


def _ensemble(n_threads):
    return GARRegressorCV(bagged=True, ensemble_size=20, random_state=SEED)


def _ensemble_of_halving(n_threads):
    return _ensemble(n_threads).set_params(halving=True)


def _tuned_lightgbm(n_threads):
    return TimedRandomSearch(PEERS["LightGBM"].model(n_threads), _LIGHTGBM, SECONDS)


def _tuned_catboost(n_threads):
    return TimedRandomSearch(PEERS["CatBoost"].model(n_threads), _CATBOOST, SECONDS)


def _tuned_catboost_of_text(n_threads):
    inner = RegressorOfTextLevels(PEERS["CatBoost"].model(n_threads))
    return TimedRandomSearch(inner, {f"regressor__{name}": values
                                     for name, values in _CATBOOST.items()}, SECONDS)


def _contenders(catboost, prefix):
    return {contender.name: contender for contender in (
        gar_contender(GAR),
        Contender(ENSEMBLE, "sklearn_gar", _ensemble, {"max_iter": 1, "cv": 2}),
        Contender(OF_HALVING, "sklearn_gar", _ensemble_of_halving, {"max_iter": 1, "cv": 2}),
        Contender("LightGBM_tuned", "lightgbm", _tuned_lightgbm,
                  {"seconds": 0, "estimator__n_estimators": 2}),
        Contender("CatBoost_tuned", "catboost", catboost,
                  {"seconds": 0, f"estimator__{prefix}iterations": 2}),
    )}


TUNED = _contenders(_tuned_catboost, "")
"""Regressors by name, for tables of numbers."""
MIXED_TUNED = _contenders(_tuned_catboost_of_text, "regressor__")
"""Regressors by name, for tables with categories and missing values."""
