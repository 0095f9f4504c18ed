"""Gradient Aligned Regression: a neural regressor for tables, behind scikit-learn's API."""

__version__ = "0.1.0.dev0"
