"""GARRegressor beside boosted trees on tables of 10,000 to 1,000,000 rows: time and error.

`tables` has the data sets, `contenders` the regressors, and `variants` the catalogue of other
parameters of GARRegressor.  Every fit runs in a process of its own (`cell`), bound to as many
cores as it has threads; `run` says in which order.  `medians` works out what `report` and `plot`
show.
"""
