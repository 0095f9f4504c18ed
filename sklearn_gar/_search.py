"""GARRegressorCV: a grid search whose fits train side by side."""

import time
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context, clone
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_gar._fitting import divergence_cause, guarded_fit
from sklearn_gar._input import check_rows
from sklearn_gar._regressor import GARRegressor
from sklearn_gar._selection import (
    Scoring,
    best_third,
    cv_results,
    make_fits,
    takes_weight,
    train_fits,
)
from sklearn_gar._training import check_device
from sklearn_gar.losses import make_criterion, member_settings

_SEARCHED = {"alphas": "alpha", "batch_sizes": "batch_size", "learning_rates": "learning_rate",
             "weight_decays": "weight_decay"}
_SHARED = [name for name in GARRegressor._parameter_constraints
           if name not in {*_SEARCHED.values(), "max_time", "oob_score", "warm_start"}]


def _refits(search):
    """Whether there is a best estimator to predict with."""
    if not search.refit:
        raise AttributeError("predict needs the best candidate fitted to all rows, "
                             f"got refit={search.refit!r}; set refit and fit again")
    return True


class GARRegressorCV(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """GARRegressor with built-in cross-validation over its main hyper-parameters.

    Folds, candidates and networks train side by side, in blocks that are small enough for the
    cache.  The result is that of :class:`~sklearn.model_selection.GridSearchCV` over
    :class:`GARRegressor`.

    Parameters
    ----------
    alphas : tuple of float, default=(0.1, 1.0, 10.0)
        Balances of the loss's terms to try.
    learning_rates : tuple of float or "auto", default=("auto",)
        Learning rates to try.
    weight_decays : tuple of float, default=(1e-4,)
        Weight decays to try.
    batch_sizes : tuple of int or "auto", default=("auto",)
        Batch sizes to try.
    cv : int, splitter or iterable of splits, default=None
        How rows are split; None takes 5 folds in order.
    scoring : str, callable, list, tuple or dict, default=None
        What to score by, as for :class:`~sklearn.model_selection.GridSearchCV`; None is the
        coefficient of determination.  A callable gets an estimator that can only predict the
        X that it is called with.
    refit : bool, str or callable, default=True
        Whether the best candidate is fitted to all rows; with several scorers, the name of
        the one that decides.
    n_jobs : int, default=None
        Number of joblib workers that train blocks.
    halving : bool, default=False
        Whether two thirds of the candidates stop training after a ninth and again after a
        third of the epochs.  Those that remain are the best of each learning rate, then the
        second best of each, and so on.  It takes about a third of the time.  Often another
        candidate wins, since one that would have won late is dropped early.  Candidates of
        one batch size are compared with each other; many candidates of large networks are
        compared in groups of at least nine.  Of several scores, the one that `refit` names
        counts, otherwise the first.
    hidden_layer_sizes, activation, embedding, n_estimators, loss, solver, lr_schedule, \
momentum, max_iter, categorical_features, scale_features, scale_target, early_stopping, \
validation_fraction, validation_split, blend, n_iter_no_change, callbacks, device, \
random_state, verbose
        As those of :class:`GARRegressor`.

    Attributes
    ----------
    alpha_, learning_rate_, weight_decay_, batch_size_ : float, int or "auto"
        Values of the best candidate.
    best_score_ : float
        Mean score of the best candidate over the test folds; not with a callable `refit`.
    best_params_ : dict
        Parameters of the best candidate.
    best_index_ : int
        Index of the best candidate in `cv_results_`.
    best_estimator_ : GARRegressor
        Fitted with them to all rows; only with `refit`.
    cv_results_ : dict of ndarray
        As that of :class:`~sklearn.model_selection.GridSearchCV`, and `n_iter`, the mean
        number of epochs a candidate was trained.
    n_splits_ : int
        Number of splits.
    refit_time_ : float
        Seconds that the refit took; only with `refit`.
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
    Weights count in the fits and in the scores, except in those of plain functions.  A scorer
    that fails for the predictions of one fit gives NaN and a warning.
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

    def __init__(self, alphas=(0.1, 1.0, 10.0), *, learning_rates=("auto",),
                 weight_decays=(1e-4,), batch_sizes=("auto",), cv=None, scoring=None,
                 refit=True, n_jobs=None, halving=False, loss="gar",
                 hidden_layer_sizes="auto", activation="relu",
                 embedding="periodic", n_estimators="auto", solver="adamw",
                 lr_schedule="cosine", momentum=0.9, max_iter="auto",
                 categorical_features="from_dtype", scale_features=True, scale_target=True,
                 early_stopping="auto", validation_fraction="auto", validation_split="shuffle",
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
        self.categorical_features = categorical_features
        self.scale_features = scale_features
        self.scale_target = scale_target
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation_split = validation_split
        self.blend = blend
        self.n_iter_no_change = n_iter_no_change
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None
            ) -> "GARRegressorCV":
        """Score every candidate on every split, and fit the best one to all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features: an array or a frame, dense; NaN is a missing value.
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
        with guarded_fit(self):
            return self._search(X, y, sample_weight, groups)

    def _search(self, X, y, sample_weight, groups):
        device = check_device(self.device)
        self._check_loss()
        scoring = Scoring(self.scoring, self.refit)
        rows = check_rows(self, X, y, sample_weight)
        # splitters and scorers may ask for the columns of a frame by name
        given = X if hasattr(X, "columns") else rows.X
        splits = self._splits(given, rows, groups)
        tests = [self._test_fold(given, rows, split, test)
                 for split, (_, test) in enumerate(splits)]
        scoring.check_function(tests)
        candidates, estimators = self._candidates()
        choose = partial(best_third, tests=tests, scoring=scoring) if self.halving else None
        fits = train_fits(make_fits(estimators, rows, splits, device), self.n_jobs, choose)
        self.cv_results_ = cv_results(fits, tests, scoring, candidates,
                                      partial(divergence_cause, rows, estimators))
        self.multimetric_ = "mean_test_score" not in self.cv_results_
        self.scorer_ = (scoring.scorers if len(scoring.scorers) > 1
                        else next(iter(scoring.scorers.values())))
        self.n_splits_ = len(splits)
        if scoring.metric is not None or callable(self.refit):
            self._choose(scoring.metric, {fit.candidate for fit in fits if not fit.dropped})
        if self.refit:
            best, start = clone(estimators[self.best_index_]), time.perf_counter()
            self.best_estimator_ = best.fit(X, y, sample_weight)
            self.refit_time_ = time.perf_counter() - start
            self.n_iter_ = self.best_estimator_.n_iter_
        return self

    @available_if(_refits)
    def predict(self, X: Any) -> np.ndarray:
        """Prediction of the best estimator; only with `refit`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions in the units of the targets, float64.
        """
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_.predict(X)

    @available_if(_refits)
    def predict_interval(self, X: Any, coverage: Any = 0.9) -> np.ndarray:
        """Intervals of the best estimator that hold the targets of this share of new rows.

        That the estimator was chosen by its score is not accounted for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Share of the targets that lie in their intervals, above 0 and below 1.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper bounds, as of :meth:`GARRegressor.predict_interval`.  If `coverage`
            is array-like, with a last axis of length n_coverages.
        """
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_.predict_interval(X, coverage)

    @available_if(_refits)
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score of the best estimator by the scorer that decided; only with `refit`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, for scorers that take some.

        Returns
        -------
        float
            Score by `scorer_`, or by the one that `refit` names.
        """
        check_is_fitted(self, "best_estimator_")
        if self.multimetric_ and callable(self.refit):
            raise ValueError("score needs refit to name one of the scores, got "
                             f"{self.refit!r}; call a scorer of scorer_ with best_estimator_")
        scorer = self.scorer_[self.refit] if isinstance(self.scorer_, dict) else self.scorer_
        weighs = sample_weight is not None and takes_weight(scorer)
        weight = {"sample_weight": sample_weight} if weighs else {}
        score = scorer(self.best_estimator_, X, y, **weight)
        return score[self.refit] if isinstance(score, dict) else score

    @available_if(_refits)
    def to_onnx(self, path: Any = None, *, dtype: str = "float64") -> Any:
        """The best estimator as an ONNX model; only with `refit`.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write the model to; None writes none.
        dtype : {"float64", "float32"}, default="float64"
            Type of the numbers that the model takes.

        Returns
        -------
        onnx.ModelProto
            The model, as of :meth:`GARRegressor.to_onnx`.
        """
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_.to_onnx(path, dtype=dtype)

    def _check_loss(self):
        """Raise if the loss or callbacks do not go with a search."""
        if self.halving and self.callbacks:
            raise ValueError("halving=True trains candidates side by side, but callbacks act on "
                             "one net at a time; leave either out")
        if member_settings(self.loss):
            raise ValueError(f"loss={self.loss!r} has a setting for each network, but a search "
                             "trains those of several candidates together; give one for all")
        if self.halving and make_criterion(self.loss, [1.0]).has_stages:
            raise ValueError("halving=True compares predictions after a ninth of the epochs, but "
                             f"loss={self.loss!r} trains the output layer only in the second "
                             "half of the epochs; set halving=False")

    def _splits(self, given, rows, groups):
        """Indices of the rows to train on and to test on, for each split."""
        # an empty list has no type
        splits = [tuple(np.asarray(rows, dtype=None if len(rows) else int) for rows in split)
                  for split in check_cv(self.cv).split(given, rows.targets, groups)]
        if not splits:
            raise ValueError("cv must give at least one split, got none")
        if not all(len(test) and (test.dtype != bool or test.any()) for _, test in splits):
            raise ValueError("cv must give test folds of at least one row, got an empty one")
        return splits

    @staticmethod
    def _test_fold(given, rows, split, test):
        """Features as the user gave them, targets and weights of a test fold."""
        weight = None if rows.weight is None else rows.weight[test]
        if weight is not None and not weight.any():
            raise ValueError("sample_weight must be above zero for a row of every test fold, got "
                             f"only zeros in the test fold of split {split} (counted from 0)")
        return _safe_indexing(given, test), rows.targets[test], weight

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
