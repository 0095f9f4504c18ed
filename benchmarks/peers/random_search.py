"""A random search that ends by the clock."""

import time
from itertools import chain

import numpy as np
from scipy import stats
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.model_selection import KFold, ParameterSampler, cross_val_score

N_FOLDS = 3


class TimedRandomSearch(RegressorMixin, BaseEstimator):
    """Try random parameters until time is up, and fit the best to all rows.

    Parameters
    ----------
    estimator : estimator
        What is tuned.  The first candidate is this estimator as it is.
    distributions : dict
        Distribution to draw each parameter from: its name in :mod:`scipy.stats`, and its
        arguments.
    seconds : float
        Processor time of all threads.  No candidate begins later than this; the one under way
        ends.
    random_state : int
        Seed of the draws and of the folds.

    Attributes
    ----------
    n_candidates_ : int
        Number of candidates tried.
    best_params_ : dict
        Parameters with the lowest root mean squared error over three folds.
    best_estimator_ : estimator
        Fitted with them to all rows.
    """

    def __init__(self, estimator, distributions, seconds, random_state=0):
        self.estimator = estimator
        self.distributions = distributions
        self.seconds = seconds
        self.random_state = random_state

    def fit(self, X, y):
        deadline = time.process_time() + self.seconds
        folds = KFold(N_FOLDS, shuffle=True, random_state=self.random_state)
        distributions = {name: getattr(stats, kind)(*arguments)
                         for name, (kind, *arguments) in self.distributions.items()}
        drawn = ParameterSampler(distributions, 10 ** 6, random_state=self.random_state)
        best, self.best_params_, self.n_candidates_ = -np.inf, {}, 0
        for params in chain([{}], drawn):
            if self.n_candidates_ and time.process_time() > deadline:
                break
            score = cross_val_score(clone(self.estimator).set_params(**params), X, y, cv=folds,
                                    scoring="neg_root_mean_squared_error").mean()
            self.n_candidates_ += 1
            if score > best:
                best, self.best_params_ = score, params
        self.best_estimator_ = clone(self.estimator).set_params(**self.best_params_).fit(X, y)
        return self

    def predict(self, X):
        return self.best_estimator_.predict(X)
