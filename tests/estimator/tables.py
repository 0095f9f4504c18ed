"""A table with named columns and a small regressor for it."""

import numpy as np
import pandas as pd
import polars as pl

from sklearn_gar import GARRegressor
from tests.data import PLAIN, smooth_table

X, y = smooth_table(90)
NAMES = ["width", "depth", "age"]
WEIGHT = np.random.RandomState(0).uniform(0.1, 3, size=90)


def quick(**settings):
    defaults = {"hidden_layer_sizes": (6,), "n_estimators": 2, "max_iter": 25, "batch_size": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


def frames(kind):
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[kind](dict(zip(NAMES, X.T)))
    series = {"pandas": pd.Series, "polars": pl.Series}[kind](y)
    return frame, series
