"""The four scores, and which values of each are better."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from sklearn_gar.metrics import pearson_score, spearman_score

# the distance of a perfect prediction, whose logarithm is taken
SMALLEST_DISTANCE = 1e-12


@dataclass(frozen=True)
class Score:
    """A score of targets and predictions; errors are best at 0, correlations at 1."""

    function: Callable[[np.ndarray, np.ndarray], float]
    is_error: bool

    def distance(self, value):
        """Distance from the best value."""
        return value if self.is_error else 1 - value

    def log_distance(self, value):
        """Logarithm of the distance; its differences do not depend on the unit of a table."""
        return np.log(np.maximum(self.distance(value), SMALLEST_DISTANCE))

    def format(self, value: float) -> str:
        return f"{value:.4g}" if self.is_error else f"{value:.4f}"


SCORES = {
    "RMSE": Score(root_mean_squared_error, True),
    "MAE": Score(mean_absolute_error, True),
    "Pearson": Score(pearson_score, False),
    "Spearman": Score(spearman_score, False),
}
"""The scores by name."""


def scores_of(y: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """All scores of predictions (n,) for targets (n,)."""
    return {name: float(score.function(y, prediction)) for name, score in SCORES.items()}
