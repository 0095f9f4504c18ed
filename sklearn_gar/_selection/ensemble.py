"""Ensembles of candidates: chosen greedily by what they predict for rows held out, and fitted."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import FitFailedWarning

from sklearn_gar._fitting import DivergenceError
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


def fit_members(weights: np.ndarray, fit: Callable[[int], Any], raises: bool) -> dict[int, Any]:
    """The fitted members of an ensemble, by their numbers.

    A member that diverges is left out with a warning, unless it `raises`.  If the user
    interrupts, the members that are complete remain; it is an error if none is.

    Parameters
    ----------
    weights : ndarray of shape (n_candidates,)
        Share of each candidate; those with a share above 0 are fitted, the largest first.
    fit : callable
        Takes the number of a candidate and returns the fitted estimator.
    raises : bool
        Whether it is an error if a member diverges.
    """
    order = np.argsort(-weights, kind="stable")[:np.count_nonzero(weights)].tolist()
    members, error = {}, None
    for candidate in order:
        try:
            with warnings.catch_warnings():
                if members:  # one that is cut short is left out
                    warnings.filterwarnings("ignore", "Training interrupted by user")
                member = fit(candidate)
        except DivergenceError as divergence:
            error = DivergenceError(f"candidate {candidate} (counted from 0), fitted to all rows: "
                                    f"{divergence}")
            if raises:
                raise error from None
            warnings.warn(f"left out of the ensemble: {error}", FitFailedWarning, stacklevel=6)
            continue
        except KeyboardInterrupt:
            if not members:
                raise
            member = None
        if member is None or (member.net_.interrupted_ and members):
            warnings.warn(f"Refit interrupted by user: {len(members)} of {len(order)} members of "
                          "the ensemble are complete.", stacklevel=6)
            break
        members[candidate] = member
        if member.net_.interrupted_:
            break
    if not members:
        raise error
    return {candidate: members[candidate] for candidate in sorted(members)}
