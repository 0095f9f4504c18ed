"""How many targets lie in their intervals, and how wide those are."""

import numpy as np

LEVELS = (0.5, 0.8, 0.9, 0.95)
"""The coverages that every method is asked for."""


def coverage(y: np.ndarray, bounds: np.ndarray) -> float:
    """Share of the targets (n,) that lie in their intervals (n, 2)."""
    lower, upper = bounds.T
    return float(((lower <= y) & (y <= upper)).mean())


def winkler_score(y: np.ndarray, bounds: np.ndarray, level: float) -> float:
    """Mean interval score of targets (n,) and bounds (n, 2) of a coverage; lower is better.

    It is the width, plus the distance of a target outside its interval, times 2 over the share
    that may lie outside (Winkler, 1972).
    """
    lower, upper = bounds.T
    outside = np.maximum(lower - y, 0) + np.maximum(y - upper, 0)
    return float((upper - lower + 2 / (1 - level) * outside).mean())


COVERAGES, WINKLERS = ({level: f"{score} at {level:.0%}" for level in LEVELS}
                       for score in ("coverage", "Winkler"))
"""Names of the scores by level."""


def scores_of(y: np.ndarray, bounds: np.ndarray, unit: float) -> dict[str, float]:
    """Coverages, and Winkler scores in this unit, for bounds (n, 2, c) of all levels."""
    pairs = [(level, bounds[..., place]) for place, level in enumerate(LEVELS)]
    return {**{COVERAGES[level]: coverage(y, one) for level, one in pairs},
            **{WINKLERS[level]: winkler_score(y, one, level) / unit for level, one in pairs}}
