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


class Scoring:
    """What a search scores by: scorers by name, and which of their scores decides.

    `names` are those of the scores, of which a function may give several; `metric` is the one
    that decides, or None, and `judge` the one that halving goes by.
    """

    def __init__(self, scoring, refit):
        self.refit = refit
        self.is_function = callable(scoring)
        if scoring is None or isinstance(scoring, str) or self.is_function:
            self.scorers = {"score": check_scoring(Predicted(None, None), scoring or "r2")}
            self.names, self.metric = ["score"], "score"
            return
        named = list(scoring.items() if isinstance(scoring, dict)
                     else ((name, name) for name in scoring))
        self.names = [name for name, _ in named]
        if not self.names or not all(isinstance(name, str) for name in self.names) or (
                len(set(self.names)) < len(self.names)):
            raise ValueError(f"scoring must be names of scorers, each once, got {scoring!r}")
        self.scorers = {name: get_scorer(scorer) for name, scorer in named}
        self.metric = self._deciding()

    def _deciding(self):
        """The name of the score that decides among several, or None."""
        if self.refit is not False and not callable(self.refit) and self.refit not in self.names:
            raise ValueError("refit must be False, a callable or the name of the scorer that "
                             f"decides, one of {sorted(self.names)}, got {self.refit!r}")
        return self.refit if isinstance(self.refit, str) else None

    def ask(self, test):
        """Let a function tell what scores it gives, and fail, if it does, before training.

        It scores the rows of a test fold, halfway between their targets and the mean.
        """
        if not self.is_function:
            return
        X, y, _ = test
        (scorer,) = self.scorers.values()
        value = scorer(Predicted(X, (y + y.mean(0)) / 2), X, y)
        if isinstance(value, dict):
            if not value:
                raise ValueError("scoring must give at least one score, got an empty dict")
            self.names = list(value)
            self.metric = self._deciding()

    @property
    def judge(self):
        return self.metric or self.names[0]

    def of(self, fit, test):
        """Scores of one fit on its test rows by name; NaN if it diverged."""
        return self._of(self.scorers, fit, test)

    def judged(self, fit, test):
        """The score that halving goes by, and no other where it has a scorer of its own."""
        of_judge = {name: scorer for name, scorer in self.scorers.items() if name == self.judge}
        return self._of(of_judge or self.scorers, fit, test)[self.judge]

    def _of(self, scorers, fit, test):
        X, y, weight = test
        if np.isnan(fit.prediction).any():
            return dict.fromkeys(self.names, np.nan)
        estimator, scores = Predicted(X, fit.prediction), {}
        for name, scorer in scorers.items():
            weighs = weight is not None and _takes_weight(scorer)
            value = scorer(estimator, X, y, **({"sample_weight": weight} if weighs else {}))
            scores.update(value if isinstance(value, dict) else {name: value})
        return scores


def _takes_weight(scorer):
    metric = getattr(scorer, "_score_func", None)
    return metric is not None and "sample_weight" in inspect.signature(metric).parameters


def best_third(fits, n_iter, tests, scoring):
    """A third of the candidates: the best of each learning rate, the second best, and so on.

    Candidates rank by the mean of the deciding score; lost fits are last.  A small learning
    rate is behind for long and ends ahead, so that the best of each goes before all others.
    """
    scores, rates = {}, {}
    for fit in fits:
        scores.setdefault(fit.candidate, []).append(scoring.judged(fit, tests[fit.split]))
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


def cv_results(fits, tests, scoring, candidates):
    """The results of GridSearchCV, and the mean number of epochs."""
    n_failed = sum(bool(np.isnan(fit.prediction).any()) for fit in fits)
    if n_failed == len(fits):
        rates = sorted({candidate["learning_rate"] for candidate in candidates})
        raise ValueError(f"all {n_failed} fits diverged: the usual cause is a learning rate that "
                         f"is too large, got {rates}")
    if n_failed:
        warnings.warn(f"{n_failed} of {len(fits)} fits diverged; their scores are NaN",
                      FitFailedWarning, stacklevel=5)
    out = []
    for fit in fits:
        start = time.perf_counter()
        scores = scoring.of(fit, tests[fit.split])
        out.append({"test_scores": scores, "fit_time": fit.seconds,
                    "score_time": time.perf_counter() - start})
    n_iter = np.reshape([fit.n_iter for fit in fits], (len(candidates), len(tests))).mean(1)
    return GridSearchCV(None, {})._format_results(candidates, len(tests), out, {"n_iter": n_iter})
