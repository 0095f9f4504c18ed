"""From the predictions of a search's fits to scores and `cv_results_`."""

import inspect
import time
import warnings
from numbers import Number

import numpy as np
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.utils import _safe_indexing


class Folds:
    """Rows to score on: features and targets as the user gave them, and weights or None.

    Scorers may ask for the columns of a frame by name.

    Parameters
    ----------
    X, y, weight
        All rows.
    splits : sequence of pairs of ndarray
        Indices of the rows to train on and to test on, of each split.

    Attributes
    ----------
    tests : list of tuple
        Features, targets and weights of each test fold.
    """

    def __init__(self, X, y, weight, splits):
        self.X = X
        self.y = y
        self.weight = weight
        self.splits = splits
        self.tests = [self.rows(test) for _, test in splits]
        for split, (_, _, weight) in enumerate(self.tests):
            if weight is not None and not weight.any():
                raise ValueError(
                    "sample_weight must be above zero for a row of every test fold, got only "
                    f"zeros in the test fold of split {split} (counted from 0)")

    def rows(self, index):
        """Features, targets and weights of some rows."""
        weight = None if self.weight is None else self.weight[index]
        return _safe_indexing(self.X, index), _safe_indexing(self.y, index), weight


class FoldPrediction(RegressorMixin, BaseEstimator):
    """A fitted regressor that knows only the predictions for the rows of one fold."""

    def __init__(self, X, prediction):
        self.X = X
        self.prediction = prediction

    def __sklearn_is_fitted__(self):
        return True

    def __getattr__(self, name):
        raise AttributeError("a scorer of GARRegressorCV gets an estimator that can only predict "
                             f"the X that it is given, which has no {name!r}; use GridSearchCV "
                             "for other scorers")

    def predict(self, X):
        if X is not self.X:
            raise ValueError("a scorer of GARRegressorCV may only ask for predictions for the X "
                             "that it is given; use GridSearchCV for other scorers")
        return self.prediction


class Scoring:
    """What a search scores by: scorers by name, and which of their scores decides.

    Parameters
    ----------
    scoring, refit, error_score
        As those of :class:`~sklearn.model_selection.GridSearchCV`.

    Attributes
    ----------
    scorers : dict of callables
        Scorers by name.
    is_named : bool
        Whether the user gave names of scores.
    names : list of str
        Names of the scores, of which a function may return several.
    metric : str or None
        Name of the score that decides, or None if nothing says which.
    """

    def __init__(self, scoring, refit, error_score):
        self.refit = refit
        self.error_score = error_score
        # unlike a scorer, a function may return several scores
        self.is_function = callable(scoring) and not hasattr(scoring, "_score_func")
        self.is_named = not (scoring is None or isinstance(scoring, str) or callable(scoring))
        if not self.is_named:
            self.scorers = {"score": check_scoring(FoldPrediction(None, None), scoring or "r2")}
            self.names, self.metric = ["score"], "score"
            return
        named = list(scoring.items() if isinstance(scoring, dict)
                     else ((name, name) for name in scoring))
        self.names = [name for name, _ in named]
        if not self.names or not all(isinstance(name, str) for name in self.names) or (
                len(set(self.names)) < len(self.names)):
            raise ValueError(f"scoring must be names of scorers, each once, got {scoring!r}")
        self.scorers = {name: get_scorer(scorer) for name, scorer in named}
        self.metric = self._deciding_name()

    def _deciding_name(self):
        """The name of the score that decides among several, or None."""
        if self.refit is not False and not callable(self.refit) and self.refit not in self.names:
            raise ValueError("refit must be False, a callable or the name of the scorer that "
                             f"decides, one of {sorted(self.names)}, got {self.refit!r}")
        return self.refit if isinstance(self.refit, str) else None

    def check_scorers(self, tests):
        """Find out which scores a function returns.  What always fails, fails before training.

        The scorers score predictions halfway between the targets of a test fold and their mean.
        """
        for name, scorer in self.scorers.items():
            value = _trial_score(name, scorer, self.is_function, tests)
            if isinstance(value, dict):
                self.names = list(value)
                self.metric = self._deciding_name()

    @property
    def error_text(self):
        """The error score in a message."""
        return "NaN" if np.isnan(self.error_score) else f"{self.error_score:g}"

    def scores(self, prediction, fold):
        """Scores of predictions for the rows of a fold, and errors of scorers, both by name.

        If the fit diverged or the scorer failed, they are the error score.  A fit that diverged
        predicts NaN for new rows, and nothing for those that it was trained on.
        """
        return self._scores(self.scorers, prediction, fold)

    def deciding_score(self, prediction, test):
        """The score that halving goes by: the one that decides, otherwise the first."""
        name = self.metric or self.names[0]
        own_scorer = {one: scorer for one, scorer in self.scorers.items() if one == name}
        return self._scores(own_scorer or self.scorers, prediction, test)[0][name]

    def _scores(self, scorers, prediction, fold):
        if prediction is None or np.isnan(prediction).any():
            return dict.fromkeys(self.names, self.error_score), {}
        X, y, weight = fold
        estimator, scores, errors = FoldPrediction(X, prediction), {}, {}
        for name, scorer in scorers.items():
            weighs = weight is not None and takes_weight(scorer)
            names = self.names if self.is_function else [name]
            try:
                value = scorer(estimator, X, y, **({"sample_weight": weight} if weighs else {}))
                values = value if isinstance(value, dict) else {name: value}
                scores.update({one: float(values[one]) for one in names})
            except Exception as error:
                if self.error_score == "raise":
                    raise
                errors[name] = error
                scores.update(dict.fromkeys(names, self.error_score))
        return scores, errors


def _trial_score(name, scorer, may_be_several, tests):
    """What a scorer returns for the first test fold on which it does not fail."""
    for fold, (X, y, _) in enumerate(tests):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = scorer(FoldPrediction(X, _halfway(y)), X, y)
            _check_scores(value if may_be_several and isinstance(value, dict) else {name: value})
            return value
        except Exception:
            if fold == len(tests) - 1:
                raise


def _check_scores(scores):
    """Raise if there is no score by these names, or one that is no number."""
    if not scores:
        raise ValueError("scoring must give at least one score, got an empty dict")
    for name, score in scores.items():
        if not isinstance(score, Number):
            raise ValueError(f"scoring must return a number, got {score!r} as the score {name!r}")


def _halfway(y):
    """Values between targets and their mean."""
    y = np.asarray(y)
    return (y + y.mean(0)) / 2


def takes_weight(scorer) -> bool:
    """Whether a scorer takes weights of the rows."""
    metric = getattr(scorer, "_score_func", None)
    return metric is not None and "sample_weight" in inspect.signature(metric).parameters


def cv_results(fits, folds, scoring, candidates, divergence_cause, return_train_score):
    """The results of GridSearchCV, and the mean number of epochs.

    `divergence_cause` takes the numbers of candidates, and returns why they may have diverged.
    """
    _check_diverged(fits, scoring, divergence_cause)
    out, failures = [], {}
    for fit in fits:
        scored, errors = _scored(fit, folds, scoring, return_train_score)
        out.append(scored)
        for name, error in errors.items():
            failures.setdefault(name, []).append((fit, error))
    for name, failed in failures.items():
        failed_fits, errors = zip(*failed)
        warnings.warn(f"the scorer {name} failed for {len(errors)} of {len(fits)} fits, whose "
                      f"scores are {scoring.error_text}: {_named(failed_fits)}; the first "
                      f"error: {errors[0]!r}", stacklevel=5)
    n_iter = [np.nan if fit.prediction is None else fit.n_iter for fit in fits]
    n_iter = np.reshape(n_iter, (len(candidates), -1)).mean(1)
    with warnings.catch_warnings():
        if any(fit.prediction is None for fit in fits):  # the user knows why
            warnings.filterwarnings("ignore", "One or more of the .* scores are non-finite")
        search = GridSearchCV(None, {}, return_train_score=return_train_score)
        return search._format_results(candidates, len(fits) // len(candidates), out,
                                      {"n_iter": n_iter})


def _check_diverged(fits, scoring, divergence_cause):
    """Warn of fits that diverged; it is an error if all did."""
    trained = [fit for fit in fits if fit.prediction is not None]
    diverged = [fit for fit in trained if np.isnan(fit.prediction).any()]
    if len(diverged) == len(trained):
        raise ValueError(f"all {len(fits)} fits diverged: {_cause(diverged, divergence_cause)}")
    if diverged:
        warnings.warn(f"{len(diverged)} of {len(fits)} fits diverged, whose scores are "
                      f"{scoring.error_text}: {_named(diverged)}; "
                      f"{_cause(diverged, divergence_cause)}", FitFailedWarning, stacklevel=6)


def _cause(diverged, divergence_cause):
    return divergence_cause(sorted({fit.candidate for fit in diverged}))


def _scored(fit, folds, scoring, return_train_score):
    """Scores and times of a fit, and errors of the scorers by what they scored."""
    if fit.prediction is None:  # the user interrupted the search before
        nothing = dict.fromkeys(scoring.names, np.nan)
        train = {"train_scores": nothing} if return_train_score else {}
        return {"test_scores": nothing, "fit_time": np.nan, "score_time": np.nan, **train}, {}
    start = time.perf_counter()
    scores, failed = scoring.scores(fit.prediction, folds.tests[fit.split])
    scored = {"test_scores": scores, "fit_time": fit.seconds,
              "score_time": time.perf_counter() - start}
    errors = {repr(name): error for name, error in failed.items()}
    if return_train_score:
        fold = None if fit.train_prediction is None else folds.rows(fit.train_rows)
        scored["train_scores"], failed = scoring.scores(fit.train_prediction, fold)
        errors.update((f"{name!r} on training rows", error) for name, error in failed.items())
    return scored, errors


def rank_first(finalists: set[int], results: dict) -> None:
    """Rank candidates of the whole training before those that were dropped after a part of it."""
    was_dropped = np.array([candidate not in finalists
                            for candidate in range(len(results["params"]))])
    for name in results:
        if name.startswith("rank_test_"):
            keys = was_dropped * len(was_dropped) + results[name]
            results[name] = rankdata(keys, method="min").astype(results[name].dtype)


def _named(fits, n_most=5):
    """Which fits these are, for a message; the first of many."""
    named = [f"candidate {fit.candidate} on split {fit.split}" for fit in fits[:n_most]]
    return ", ".join(named) + (", ..." if len(fits) > n_most else "")
