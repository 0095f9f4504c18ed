"""GARRegressor beside other regressors, and beside itself with one parameter changed.

`commands.COMPARISONS` says what is compared on which data sets.  A comparison on other tables,
such as frames with categories and missing values, is another :class:`~.commands.Comparison`: a
catalogue of data sets beside `benchmarks.numeric_datasets`, and contenders that take them.
"""
