"""Theorem 4 and Corollary 5 as a measurement: the derivatives of fitted functions.

`functions` has the functions and their true derivatives, `trials` draws rows, trains networks and
measures their derivatives, `comparison` and `report` read the result files.
"""
