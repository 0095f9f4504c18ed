"""Prediction intervals of GARRegressor beside those of other methods."""
