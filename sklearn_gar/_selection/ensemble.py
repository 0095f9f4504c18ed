"""Ensembles of candidates, chosen greedily by what they predict for rows held out."""

from collections.abc import Callable, Sequence

import numpy as np

from sklearn_gar._selection.fits import Outcome


def greedy_weights(outcomes: Sequence[Outcome], n_candidates: int, size: int,
                   score: Callable) -> np.ndarray:
    """Weights (n_candidates,) of the ensemble of the highest mean score over the splits.

    Members are added one by one, each the candidate with which the mean of all predictions
    scores highest; a candidate may be added again.  Of the ensembles of 1 to `size` members the
    one that scores highest is taken.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Predictions of the candidates to choose from, for all splits.
    n_candidates : int
        Number of all candidates.
    size : int
        Number of members at most.
    score : callable
        Returns the score of an outcome.

    References
    ----------
    R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble Selection from Libraries of
    Models", ICML 2004.
    """
    predictions = {}
    for outcome in outcomes:
        predictions.setdefault(outcome.candidate, []).append(outcome)
    total = [0.0] * len(next(iter(predictions.values())))
    counts, best_score = np.zeros(n_candidates), -np.inf
    best = np.eye(n_candidates)[next(iter(predictions))]  # where no score is a number
    for n_members in range(1, size + 1):
        scores = {candidate: np.mean([
            score(one._replace(prediction=(sum_ + one.prediction) / n_members))
            for sum_, one in zip(total, own)]) for candidate, own in predictions.items()}
        scores = {candidate: value for candidate, value in scores.items() if not np.isnan(value)}
        if not scores:
            break
        chosen = max(scores, key=scores.get)
        total = [sum_ + one.prediction for sum_, one in zip(total, predictions[chosen])]
        counts[chosen] += 1
        if scores[chosen] > best_score:
            best_score, best = scores[chosen], counts / n_members
    return best
