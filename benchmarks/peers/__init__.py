"""GARRegressor beside other regressors, and beside itself with other parameters."""
