"""What regressors need to take frames with categories and missing values.

Each class belongs to a contender: it learns from training rows only, and is part of what is timed.
"""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MAX_INDICATORS = 20  # of a categorical column behind one-hot encoding
MISSING = "(missing)"  # the level that stands for a missing category


class CodedLevels(TransformerMixin, BaseEstimator):
    """Replace the levels of categorical columns by numbers.

    The numbers count from 0 in the order of the levels of the training frame.  Other levels
    become missing values.

    Parameters
    ----------
    max_levels : int or None, default=None
        The most frequent levels that are kept; the others are joined to one level.
    """

    def __init__(self, max_levels=None):
        self.max_levels = max_levels

    def fit(self, X, y=None):
        self.levels_ = {name: _levels(X[name], self.max_levels) for name in _categorical(X)}
        return self

    def transform(self, X):
        return X.assign(**{name: self._code(X[name], levels)
                           for name, levels in self.levels_.items()})

    def _code(self, column, levels):
        from pandas import Categorical  # of an extra, so only where a frame is given
        codes = levels.get_indexer(column.astype(object))  # -1 for missing and unknown levels
        n_levels = len(levels)
        if self.max_levels is not None:
            codes = np.minimum(codes, self.max_levels)
            n_levels = min(n_levels, self.max_levels + 1)
        return Categorical.from_codes(codes, range(n_levels))


class RegressorOfTextLevels(RegressorMixin, BaseEstimator):
    """A regressor of CatBoost on frames: categorical columns become text, and fit is told them.

    Parameters
    ----------
    regressor : CatBoostRegressor
        What is fitted.
    """

    def __init__(self, regressor):
        self.regressor = regressor

    def fit(self, X, y):
        self.regressor_ = clone(self.regressor).fit(_with_text(X), y,
                                                    cat_features=_categorical(X))
        return self

    def predict(self, X):
        return self.regressor_.predict(_with_text(X))


def one_hot_encoder(scaled: bool) -> ColumnTransformer:
    """Indicators of levels, and numbers with gaps filled, with indicators of the gaps.

    Only numbers are scaled: divided by its standard deviation, the indicator of a rare level would
    be huge where it is one.
    """
    levels = OneHotEncoder(max_categories=MAX_INDICATORS, handle_unknown="infrequent_if_exist",
                           sparse_output=False)
    numbers = SimpleImputer(strategy="median", add_indicator=True)
    if scaled:
        numbers = make_pipeline(numbers, StandardScaler())
    return ColumnTransformer([
        ("levels", levels, make_column_selector(dtype_include="category")),
        ("numbers", numbers, make_column_selector(dtype_exclude="category"))])


def _categorical(X):
    return list(X.select_dtypes("category"))


def _levels(column, n_first):
    """The levels of a column in their order, but the most frequent ones before the others."""
    levels = column.cat.categories.astype(object)
    is_frequent = levels.isin(column.value_counts().index[:n_first])
    return levels[is_frequent].append(levels[~is_frequent])


def _with_text(X):
    return X.assign(**{name: X[name].cat.rename_categories(str).astype(object).fillna(MISSING)
                       for name in _categorical(X)})
