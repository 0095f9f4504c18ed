"""The four scores, and what is better in each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from sklearn_gar.metrics import pearson_score, spearman_score

# what a perfect prediction counts as where a logarithm is taken
TINY = 1e-12


@dataclass(frozen=True)
class Score:
    """A score of targets and predictions; an error is best at 0, a correlation at 1."""

    function: Callable[[np.ndarray, np.ndarray], float]
    is_error: bool

    def distance(self, value):
        """How far from perfect, at least 0."""
        return value if self.is_error else 1 - value

    def log_distance(self, value):
        """Its logarithm, whose differences tell ratios that tables of any unit share."""
        return np.log(np.maximum(self.distance(value), TINY))

    def in_words(self, value: float) -> str:
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
