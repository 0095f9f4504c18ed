"""GARRegressorCV: a grid search whose fits train side by side."""

from dataclasses import replace
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from joblib import cpu_count, effective_n_jobs
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context, clone
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklearn_gar import _data
from sklearn_gar._blocks import Fit, blocks_of, main_fits, train_block
from sklearn_gar._build import check_device, criterion
from sklearn_gar._problem import Problem
from sklearn_gar._regressor import GARRegressor
from sklearn_gar._scores import best_third, check_scorers, cv_results, not_left

_SEARCHED = {"alphas": "alpha", "batch_sizes": "batch_size", "learning_rates": "learning_rate",
             "weight_decays": "weight_decay"}
_SHARED = [name for name in GARRegressor._parameter_constraints
           if name not in {*_SEARCHED.values(), "warm_start"}]


class GARRegressorCV(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """GARRegressor with built-in cross-validation over its main hyper-parameters.

    Folds, candidates and networks train side by side in blocks small enough for the cache, and
    the result is that of :class:`~sklearn.model_selection.GridSearchCV` over
    :class:`GARRegressor`.

    Parameters
    ----------
    alphas : tuple of float, default=(0.1, 1.0, 10.0)
        Balances of the loss's terms to try.
    learning_rates : tuple of float, default=(0.003,)
        Learning rates to try.
    weight_decays : tuple of float, default=(1e-4,)
        Weight decays to try.
    batch_sizes : tuple of int or "auto", default=("auto",)
        Batch sizes to try.
    cv : int, splitter or iterable of splits, default=None
        How rows are split; None takes 5 folds in order.
    scoring : str, callable, list, tuple or dict, default=None
        What to score by, as for :class:`~sklearn.model_selection.GridSearchCV`; None is the
        coefficient of determination.  A callable is called with an estimator whose
        `predict` knows the rows of its test fold alone.
    refit : bool, str or callable, default=True
        Whether the best candidate is fitted to all rows; with several scorers, the name of
        the one that decides.
    n_jobs : int, default=None
        Number of joblib workers that train blocks.
    halving : bool, default=False
        Whether two thirds of the candidates stop training after a ninth and again after a
        third of the epochs; those that stay are the best of each learning rate, the second
        best, and so on.  It takes about a third of the time, and often another candidate
        wins: one that would have won late is lost.  Candidates of one batch size are compared
        with each other, many of large networks in groups of at least nine.
    hidden_layer_sizes, activation, embedding, n_estimators, loss, solver, lr_schedule, \
momentum, max_iter, scale_features, scale_target, early_stopping, validation_fraction, blend, \
n_iter_no_change, callbacks, device, random_state, verbose
        As those of :class:`GARRegressor`.

    Attributes
    ----------
    alpha_, learning_rate_, weight_decay_, batch_size_ : float, int or "auto"
        The best candidate's.
    best_score_ : float
        Its mean score over the test folds; not with a callable `refit`.
    best_params_ : dict
        Its parameters.
    best_index_ : int
        Its index in `cv_results_`.
    best_estimator_ : GARRegressor
        Fitted with them to all rows; only with `refit`.
    cv_results_ : dict of ndarray
        As that of :class:`~sklearn.model_selection.GridSearchCV`, and `n_iter`, the mean
        number of epochs a candidate was trained.
    n_splits_ : int
        Number of splits.
    n_iter_ : int
        Number of epochs of the best estimator; only with `refit`.
    scorer_ : callable or dict
        The scorer, or several by name.
    multimetric_ : bool
        Whether there are several.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features; only if they are all strings.

    Notes
    -----
    Weights count in the fits and, but for scorers that are plain functions, in the scores.
    With a fixed `random_state` every candidate starts from the same weights on every fold,
    as clones of one estimator do.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_gar import GARRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = GARRegressorCV(alphas=(1.0, 10.0), learning_rates=(0.001, 0.01), cv=3,
    ...                         max_iter=10, random_state=0).fit(X, y)
    >>> search.learning_rate_
    0.01
    """

    _parameter_constraints: dict = {
        **{name: ["array-like"] for name in _SEARCHED},
        "cv": ["cv_object"],
        "scoring": GridSearchCV._parameter_constraints["scoring"],
        "refit": ["boolean", str, callable],
        "n_jobs": [Integral, None],
        "halving": ["boolean"],
        **{name: GARRegressor._parameter_constraints[name] for name in _SHARED},
    }

    def __init__(self, alphas=(0.1, 1.0, 10.0), *, learning_rates=(0.003,),
                 weight_decays=(1e-4,), batch_sizes=("auto",), cv=None, scoring=None,
                 refit=True, n_jobs=None, halving=False, loss="gar",
                 hidden_layer_sizes=(128, 256, 128, 64), activation="relu",
                 embedding="periodic", n_estimators=4, solver="adamw",
                 lr_schedule="cosine", momentum=0.9, max_iter="auto", scale_features=True,
                 scale_target=True, early_stopping="auto", validation_fraction="auto",
                 blend="ridge", n_iter_no_change=None, callbacks=None, device="cpu",
                 random_state=None, verbose=False):
        self.alphas = alphas
        self.learning_rates = learning_rates
        self.weight_decays = weight_decays
        self.batch_sizes = batch_sizes
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.n_jobs = n_jobs
        self.halving = halving
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.embedding = embedding
        self.n_estimators = n_estimators
        self.solver = solver
        self.lr_schedule = lr_schedule
        self.momentum = momentum
        self.max_iter = max_iter
        self.scale_features = scale_features
        self.scale_target = scale_target
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.blend = blend
        self.n_iter_no_change = n_iter_no_change
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None
            ) -> "GARRegressorCV":
        """Score every candidate on every split, and fit the best one to all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, finite and dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, not negative.
        groups : array-like of shape (n_samples,), default=None
            Groups of the rows, for splitters that ask for them.

        Returns
        -------
        GARRegressorCV
            The fitted estimator.
        """
        with _data.unchanged_on_error(self):
            return self._search(X, y, sample_weight, groups)

    def _search(self, X, y, sample_weight, groups):
        device = check_device(self.device)
        if self.halving and self.callbacks:
            raise ValueError("halving=True trains candidates side by side, but callbacks act on "
                             "one net at a time; leave either out")
        if self.halving and hasattr(criterion(self.loss, (1.0,)), "pretrains"):
            raise ValueError("halving=True judges predictions after a ninth of the epochs, but "
                             f"loss={self.loss!r} trains them in the second half; "
                             "set halving=False")
        scorers, metric = check_scorers(self.scoring, self.refit)
        candidates, estimators = self._candidates()
        rows = _data.check_table(self, X, y, sample_weight, reset=True)
        # splitters and scorers may know the columns of a frame by name
        given = X if hasattr(X, "columns") else rows[0]
        splits = [tuple(map(np.asarray, split))
                  for split in check_cv(self.cv).split(given, rows[1], groups)]
        if not splits:
            raise ValueError("cv must give at least one split, got none")
        tests = [(_safe_indexing(given, test), *_data.take(rows[1:], test)) for _, test in splits]
        for _, _, weight in tests:
            if weight is not None and not weight.any():
                raise ValueError("sample_weight must be above zero for a row of every test fold, "
                                 "got a fold of zero weights")
        fits = self._train(_fits(estimators, rows, splits, device), tests, scorers, metric)
        self.cv_results_ = cv_results(fits, tests, scorers, candidates)
        self.multimetric_ = "mean_test_score" not in self.cv_results_
        self.scorer_ = scorers if len(scorers) > 1 else next(iter(scorers.values()))
        self.n_splits_ = len(splits)
        if metric is not None or callable(self.refit):
            self._choose(metric, {fit.candidate for fit in fits if not fit.left})
        if self.refit:
            best = clone(estimators[self.best_index_])
            self.best_estimator_ = best.fit(X, y, sample_weight)
            self.n_iter_ = self.best_estimator_.n_iter_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Prediction of the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, finite and dense.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions in the units of the targets, float64.
        """
        check_is_fitted(self)
        if not hasattr(self, "best_estimator_"):
            raise AttributeError("predict needs the best candidate fitted to all rows, "
                                 f"got refit={self.refit!r}; set refit and fit again")
        return self.best_estimator_.predict(X)

    def _candidates(self):
        """Parameters of each candidate, and a GARRegressor with them, checked."""
        shared = {name: getattr(self, name) for name in _SHARED}
        if self.random_state is None:  # all candidates on all splits start alike
            shared["random_state"] = check_random_state(None).randint(np.iinfo(np.int32).max)
        values = {name: list(getattr(self, name)) for name in _SEARCHED}
        for name in values:
            if not values[name]:
                raise ValueError(f"{name} must hold at least one value, got none")
        candidates = list(ParameterGrid({_SEARCHED[name]: values[name] for name in values}))
        estimators = [GARRegressor(**shared, **candidate) for candidate in candidates]
        for estimator in estimators:
            estimator._validate_params()
        return candidates, estimators

    def _train(self, fits, tests, scorers, metric):
        """The fits with their predictions, candidate by candidate and split by split."""
        fits = list(fits)
        firsts = {_key(fit): fit for fit in reversed(fits)}
        trained = self._train_distinct(list(firsts.values()), tests, scorers, metric)
        trained = {_key(fit): fit for fit in trained}
        return [replace(trained[_key(fit)], candidate=fit.candidate) for fit in fits]

    def _train_distinct(self, fits, tests, scorers, metric):
        if not self.halving:
            return self._train_blocks(fits, None)
        metric = metric or next(iter(scorers))
        judged = self._train_blocks(main_fits(fits), partial(
            best_third, tests=tests, scorers=scorers, metric=metric))
        last = {fit.candidate: fit.n_iter for fit in judged if fit.left}
        done = {(fit.candidate, fit.split) for fit in judged}
        others = [fit for fit in fits if (fit.candidate, fit.split) not in done]
        return judged + self._train_blocks(others, partial(not_left, last=last))

    def _train_blocks(self, fits, halving):
        n_workers = effective_n_jobs(self.n_jobs)
        # as many as one worker has for itself: more get in each other's way
        n_threads = max(1, cpu_count() // n_workers)
        blocks = Parallel(n_jobs=self.n_jobs)(
            delayed(train_block)(block, halving, n_threads)
            for block in blocks_of(fits, halving is not None))
        return [fit for block in blocks for fit in block]

    def _choose(self, metric, candidates):
        """The best of the candidates, by the deciding score or by the user's function."""
        results = self.cv_results_
        if callable(self.refit):
            self.best_index_ = GridSearchCV._select_best_index(self.refit, metric, results)
        else:
            self.best_index_ = int(min(candidates, key=results[f"rank_test_{metric}"].__getitem__))
            self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]
        for name, value in self.best_params_.items():
            setattr(self, f"{name}_", value)


def _fits(estimators, rows, splits, device):
    """Every candidate on every split; candidates of one batch size share their problems."""
    problems = {}
    for candidate, estimator in enumerate(estimators):
        for split, (train, test) in enumerate(splits):
            key = estimator.batch_size, split
            if key not in problems:
                train_rows = _data.drop_weightless(*_data.take(rows, train))
                problems[key] = Problem.of(clone(estimator), train_rows, None, device)
            yield Fit(candidate, split, estimator, problems[key], rows[0][test],
                      problems[key].shape(estimator))


def _key(fit):
    """What a fit depends on; losses other than GAR train alike with every alpha."""
    parameters = fit.estimator
    alpha = parameters.alpha if parameters.loss == "gar" else None
    return (fit.split, alpha, parameters.learning_rate, parameters.weight_decay,
            parameters.batch_size)
