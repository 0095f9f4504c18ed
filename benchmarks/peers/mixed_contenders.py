"""The regressors that are compared on tables with categories and missing values."""

from dataclasses import replace

from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.peers.categories import CodedLevels, RegressorOfTextLevels, one_hot_encoder
from benchmarks.peers.contenders import GAR, PEERS, SEED, Contender, gar_contender
from sklearn_gar import GARRegressor

MAX_LEVELS = 200  # HistGradientBoosting refuses more than its number of bins, 255


def _gar_one_hot(n_threads):
    return make_pipeline(one_hot_encoder(scaled=False), GARRegressor(random_state=SEED))


def _boosted_histograms(n_threads):
    return make_pipeline(CodedLevels(MAX_LEVELS), HistGradientBoostingRegressor(
        categorical_features="from_dtype", random_state=SEED))


def _xgboost(n_threads):
    from xgboost import XGBRegressor
    return make_pipeline(CodedLevels(), XGBRegressor(
        random_state=SEED, n_jobs=n_threads, enable_categorical=True))


def _catboost(n_threads):
    return RegressorOfTextLevels(PEERS["CatBoost"].model(n_threads))


def _scaled_mlp(n_threads):
    return TransformedTargetRegressor(
        make_pipeline(one_hot_encoder(scaled=True), MLPRegressor(random_state=SEED)),
        transformer=StandardScaler())


def _ridge(n_threads):
    return make_pipeline(one_hot_encoder(scaled=True), Ridge())


MIXED_PEERS = {contender.name: contender for contender in (
    gar_contender(GAR),
    Contender("GARRegressor_one_hot", "sklearn_gar", _gar_one_hot, {"garregressor__max_iter": 2}),
    Contender("HistGradientBoosting", "sklearn", _boosted_histograms,
              {"histgradientboostingregressor__max_iter": 2}),
    PEERS["LightGBM"],
    Contender("XGBoost", "xgboost", _xgboost, {"xgbregressor__n_estimators": 2}),
    Contender("CatBoost", "catboost", _catboost, {"regressor__iterations": 2}),
    Contender("MLPRegressor", "sklearn", _scaled_mlp, {"regressor__mlpregressor__max_iter": 2}),
    Contender("Ridge", "sklearn", _ridge),
    replace(PEERS["RealMLP_TD"], takes_missing=False),
)}
"""Regressors by name, in the order of runs and tables."""
