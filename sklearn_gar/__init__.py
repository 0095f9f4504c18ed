"""Gradient Aligned Regression: a neural regressor for tables, behind scikit-learn's API."""

from sklearn_gar import losses, metrics
from sklearn_gar._regressor import GARRegressor
from sklearn_gar._search import GARRegressorCV

__version__ = "0.1.0.dev0"

__all__ = ["GARRegressor", "GARRegressorCV", "losses", "metrics"]
