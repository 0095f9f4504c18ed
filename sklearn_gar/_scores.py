"""From the predictions of a search's fits to scores, `cv_results_` and the best candidate."""

import inspect
import time
import warnings

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import GridSearchCV


class Predicted(RegressorMixin, BaseEstimator):
    """A fitted regressor that knows the predictions of its test rows alone."""

    def __init__(self, X, prediction):
        self.X = X
        self.prediction = prediction

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        if X is not self.X:
            raise ValueError("a scorer of GARRegressorCV may ask for the prediction of its X as "
                             "it is and of nothing else; use GridSearchCV for others")
        return self.prediction


def check_scorers(scoring, refit):
    """Scorers by name, and the name of the one that decides or None."""
    if scoring is None or isinstance(scoring, str) or callable(scoring):
        name = refit if callable(scoring) and isinstance(refit, str) else "score"
        return {name: check_scoring(Predicted(None, None), scoring or "r2")}, name
    named = list(scoring.items() if isinstance(scoring, dict)
                 else ((name, name) for name in scoring))
    names = [name for name, _ in named]
    if not names or not all(isinstance(name, str) for name in names) or (
            len(set(names)) < len(names)):
        raise ValueError(f"scoring must be names of scorers, each once, got {scoring!r}")
    scorers = {name: get_scorer(scorer) for name, scorer in named}
    return scorers, _deciding(refit, scorers)


def _deciding(refit, names):
    """The name of the score that decides among several, or None."""
    if refit is not False and not callable(refit) and refit not in names:
        raise ValueError("refit must be False, a callable or the name of the scorer that decides, "
                         f"one of {sorted(names)}, got {refit!r}")
    return refit if isinstance(refit, str) else None


def check_scores(scorers, metric, test, scoring, refit):
    """The deciding score's name or None, and the name of the one that halving judges by.

    A function tells by its value whether it gives several scores: it scores a test fold as if
    its targets were the prediction, so that it fails, if it does, before anything is trained.
    """
    names = scorers
    if callable(scoring):
        X, y, _ = test
        value = next(iter(scorers.values()))(Predicted(X, y), X, y)
        if isinstance(value, dict):
            metric, names = _deciding(refit, value), value
    return metric, metric or next(iter(names))


def score(fit, test, scorers):
    """Scores of one fit on its test rows by name; NaN if it diverged."""
    X, y, weight = test
    if np.isnan(fit.prediction).any():
        return dict.fromkeys(scorers, np.nan)
    estimator, scores = Predicted(X, fit.prediction), {}
    for name, scorer in scorers.items():
        weighs = weight is not None and _takes_weight(scorer)
        value = scorer(estimator, X, y, **({"sample_weight": weight} if weighs else {}))
        # a function may return several scores
        scores.update(value if isinstance(value, dict) else {name: value})
    return scores


def _takes_weight(scorer):
    metric = getattr(scorer, "_score_func", None)
    return metric is not None and "sample_weight" in inspect.signature(metric).parameters


def best_third(fits, n_iter, tests, scorers, metric):
    """A third of the candidates: the best of each learning rate, the second best, and so on.

    Candidates rank by the mean of the deciding score; lost fits are last.  A small learning
    rate is behind for long and ends ahead, so that the best of each goes before all others.
    """
    scores, rates = {}, {}
    for fit in fits:
        wanted = {metric: scorers[metric]} if metric in scorers else scorers
        value = score(fit, tests[fit.split], wanted)[metric]
        scores.setdefault(fit.candidate, []).append(value)
        rates[fit.candidate] = fit.estimator.learning_rate
    means = {candidate: np.nan_to_num(np.mean(values), nan=-np.inf)
             for candidate, values in scores.items()}
    places, n_before = {}, dict.fromkeys(rates.values(), 0)
    for candidate in sorted(means, key=means.get, reverse=True):
        places[candidate] = n_before[rates[candidate]]
        n_before[rates[candidate]] += 1
    ranked = sorted(places, key=places.get)  # of equals the better one is first
    return set(ranked[:-(-len(ranked) // 3)])


def not_left(fits, n_iter, last):
    """Candidates that had not left by this epoch where they were judged."""
    return {fit.candidate for fit in fits if last.get(fit.candidate, n_iter + 1) > n_iter}


def cv_results(fits, tests, scorers, candidates):
    """The results of GridSearchCV, and the mean number of epochs."""
    n_failed = sum(bool(np.isnan(fit.prediction).any()) for fit in fits)
    if n_failed == len(fits):
        rates = sorted({candidate["learning_rate"] for candidate in candidates})
        raise ValueError(f"all {n_failed} fits diverged: the usual cause is a learning rate that "
                         f"is too large, got {rates}")
    if n_failed:
        warnings.warn(f"{n_failed} of {len(fits)} fits diverged; their scores are NaN",
                      FitFailedWarning, stacklevel=5)
    found = [fit for fit in fits if not np.isnan(fit.prediction).any()]
    names = list(score(found[0], tests[found[0].split], scorers))
    out = []
    for fit in fits:
        start = time.perf_counter()
        scores = {**dict.fromkeys(names, np.nan), **score(fit, tests[fit.split], scorers)}
        out.append({"test_scores": scores, "fit_time": fit.seconds,
                    "score_time": time.perf_counter() - start})
    n_iter = np.reshape([fit.n_iter for fit in fits], (len(candidates), len(tests))).mean(1)
    return GridSearchCV(None, {})._format_results(candidates, len(tests), out, {"n_iter": n_iter})
