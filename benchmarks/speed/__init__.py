"""Ratios of the time, or the memory, that two ways of doing the same work take.

A row of the table is a :class:`~benchmarks.speed.measurement.Measurement`.  To add one, extend
the list that `measurements()` returns in the module of its kind: `losses`, `latent`, `fits`,
`searches` or `memory`.  A new kind of work is a new module that `catalogue` lists.
"""
