"""Encoders for models that do not take all categories or missing values as they are."""

from functools import partial

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.utils import _safe_indexing

# HistGradientBoostingRegressor takes at most 255 levels a column
MAX_LEVELS = 200
MAX_INDICATORS = 20


def build_level_encoder(dataset):
    """Numbers for levels, in the first columns, and numeric columns as they are.

    The most frequent levels of the training rows have a number each, and their other levels share
    one.  Missing values and unknown levels become NaN.
    """
    encoder = OrdinalEncoder(max_categories=MAX_LEVELS + 1, handle_unknown="use_encoded_value",
                             unknown_value=float("nan"))
    # HistGradientBoostingRegressor fails if a column has no number in the training rows
    zeros = SimpleImputer(strategy="constant", fill_value=0, keep_empty_features=True)
    empty = partial(_find_empty, _numeric(dataset))
    return ColumnTransformer([("levels", encoder, dataset.categorical), ("empty", zeros, empty)],
                             remainder="passthrough")


def build_indicator_encoder(dataset):
    """Indicators for levels, and medians for missing numbers.

    A missing level has an indicator like any other.  Another indicator for each numeric column
    with gaps in the training rows says where its numbers are missing.
    """
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False,
                            max_categories=MAX_INDICATORS)
    # a column may have no value in the rows of one fold
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return ColumnTransformer([("numbers", imputer, _numeric(dataset)),
                              ("categories", encoder, dataset.categorical)])


def _numeric(dataset):
    """Positions of the features that are numbers."""
    return np.setdiff1d(np.arange(dataset.X.shape[1]), dataset.categorical)


def _find_empty(numeric, X):
    """Positions of the numeric features that have no value in any row."""
    numbers = np.asarray(_safe_indexing(X, numeric, axis=1), dtype=np.float64)
    return numeric[np.isnan(numbers).all(axis=0)]
