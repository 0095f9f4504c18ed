"""Ratios of the time, or the memory, that two ways of doing the same work take."""
