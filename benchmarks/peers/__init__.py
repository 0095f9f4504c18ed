"""GARRegressor beside other regressors, and beside itself with one parameter changed.

`commands.COMPARISONS` says what is compared on which data sets: `contenders` on tables of numbers,
`mixed_contenders` on frames with categories and missing values, `variants` for the ablation.
`large` compares a few of them on large tables, each fit in a process of its own.
"""
