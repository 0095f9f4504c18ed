"""Which network and epoch the validation rows of a fold select, for each metric separately."""

import numpy as np

from benchmarks.paper.protocol import METRICS
from benchmarks.paper.scores import LOWER_IS_BETTER


def best_places(validation: np.ndarray) -> dict[str, tuple[int, int]]:
    """Candidate and epoch of the best validation score in each metric.

    Parameters
    ----------
    validation : ndarray of shape (4, n_candidates, n_epochs)
        Scores in the order of METRICS, the worst possible where there is none.

    Returns
    -------
    dict
        For each metric the first of the best: the earliest candidate, then epoch.
    """
    chosen = {}
    for metric, scores in zip(METRICS, validation):
        place = scores.argmin() if metric in LOWER_IS_BETTER else scores.argmax()
        candidate, epoch = np.unravel_index(place, scores.shape)
        chosen[metric] = int(candidate), int(epoch)
    return chosen
