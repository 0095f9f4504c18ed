"""Gradient Aligned Regression: a neural regressor for tables, behind scikit-learn's API."""

from sklearn_gar import losses
from sklearn_gar._regressor import GARRegressor

__version__ = "0.1.0.dev0"

__all__ = ["GARRegressor", "losses"]
