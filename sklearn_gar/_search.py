"""GARRegressorCV: a grid search whose fits train side by side."""

import time
import warnings
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin, _fit_context, clone
from sklearn.model_selection import GridSearchCV, KFold, check_cv
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_gar._fitting import DivergenceError, divergence_cause, guarded_fit
from sklearn_gar._input import check_groups, check_rows, check_splits, folds_at_random
from sklearn_gar._regressor import GARRegressor
from sklearn_gar._selection import (
    ENSEMBLE_GRID,
    FittedSearchMixin,
    Folds,
    Scoring,
    cv_results,
    fit_members,
    greedy_weights,
    make_bagged_fits,
    make_candidates,
    make_estimators,
    make_fits,
    rank_first,
    rounds,
    train_in_rounds,
)
from sklearn_gar._training import CallbackSupport, check_device, search_tasks

_SEARCHED = {"alphas": "alpha", "batch_sizes": "batch_size", "learning_rates": "learning_rate",
             "weight_decays": "weight_decay"}
_SHARED = [name for name in GARRegressor._parameter_constraints
           if name not in {*_SEARCHED.values(), "max_time", "oob_score", "warm_start"}]
# Number of folds of a bagged search, unless the user has a say.
_N_FOLDS = 5
# Attributes that depend on parameters of the search.
_OPTIONAL = ("best_estimator_", "best_index_", "best_params_", "best_score_", "ensemble_weights_",
             "estimators_", "n_iter_", "refit_time_", *(f"{name}_" for name in _SEARCHED.values()))


class GARRegressorCV(FittedSearchMixin, CallbackSupport, MultiOutputMixin, RegressorMixin,
                     BaseEstimator):
    """GARRegressor with built-in cross-validation over its hyper-parameters.

    Folds, candidates and networks train side by side, in blocks that are small enough for the
    cache.  The result is that of :class:`~sklearn.model_selection.GridSearchCV` over
    :class:`GARRegressor`.  With `bagged` a candidate trains one network for each fold, instead of
    several.  With `ensemble_size` several candidates predict together.

    Parameters
    ----------
    alphas : tuple of float, default=(0.1, 1.0, 10.0)
        Balances of the loss's terms to try.  With a `loss` that does not use `alpha`, such as
        "huber", they make no difference: these candidates train once, and tie.
    learning_rates : tuple of float or "auto", default=("auto",)
        Learning rates to try.
    weight_decays : tuple of float, default=(1e-4,)
        Weight decays to try.
    batch_sizes : tuple of int or "auto", default=("auto",)
        Batch sizes to try.
    param_grid : "auto", dict or list of dict, default="auto"
        Values to try by the names of parameters of :class:`GARRegressor`, as for
        :class:`~sklearn.model_selection.GridSearchCV`; the four parameters above are unused
        then.  What a candidate does not name is as in this estimator, or else the default of
        :class:`GARRegressor`.  "auto" takes all combinations of the four parameters above, or,
        with `ensemble_size` and these at their defaults, twenty candidates that are good
        together on many tables.
    n_iter : int or None, default=None
        Number of candidates that are drawn from the grid at random, as by
        :class:`~sklearn.model_selection.RandomizedSearchCV`; values may be distributions of
        scipy then.  None takes all combinations.
    cv : int, splitter or iterable of splits, default=None
        How rows are split; None takes 5 folds in order.  With `bagged`, None takes at most 5
        folds at random, which keep the rows of a group together, or equal rows without `groups`.
    scoring : str, callable, list, tuple or dict, default=None
        What to score by, as for :class:`~sklearn.model_selection.GridSearchCV`; None is the
        coefficient of determination.  A callable gets an estimator that can only predict the
        X that it is called with.  A scorer that fails for trial predictions on every fold is an
        error before anything is trained.
    refit : bool, str or callable, default=True
        Whether the best candidate is fitted to all rows; with several scorers, the name of the
        one that decides, or a function that chooses the best candidate.  With `ensemble_size`
        the members of the ensemble are fitted to all rows, and a function is an error.  With
        False the search cannot predict.
    n_jobs : int, default=None
        Number of joblib workers that train blocks.
    error_score : "raise" or float, default=np.nan
        Score of a fit that diverges, and of predictions for which a scorer fails; a warning says
        so.  "raise" makes both an error.  It is always an error if all fits diverge, or the
        final one.  A member of an ensemble that diverges is left out, unless this is "raise".
    return_train_score : bool, default=False
        Whether `cv_results_` also has the scores on the training rows of each split.  With
        `bagged` the network that holds out a split is scored on the rows that it was trained on.
    bagged : bool, default=False
        Whether a candidate has one network for each split of `cv`, which holds out the test
        rows for early stopping.  Each network is scored on the rows it held out.  So the networks
        of a candidate take little more time than a single fit, instead of one fit for each
        split.  These networks miss a fold, so the best candidate is fitted to all rows.
    halving : bool, default=False
        Whether candidates are first compared by short trainings.  All train for a ninth of the
        epochs, the best third of them, at least 3, for a third of the epochs, and the best two of
        every 27, at least 2, for all epochs.  These numbers are rounded up, and a round that would
        drop no candidate is left out.  For an ensemble the best third, at least 3, train for all
        epochs after the first round.  A short training has the whole schedule of the learning
        rate.  While more than a quarter of the other candidates scored higher in their short
        trainings than the best one that was trained for all epochs, or if these diverged, the best
        of the others is trained for all epochs too.  A search takes a third to a half of the time.
        Of several scores, the one that `refit` names counts, otherwise the first.  With `bagged`
        and test folds that have each row once, a candidate has two networks, which hold out half
        of the folds each; in the last round of an ensemble it has one for each fold.
    ensemble_size : int or None, default=None
        Most members of an ensemble of candidates.  The candidate with the best score is joined
        by those with which the mean of their predictions scores highest, one at a time [1]_; a
        candidate may join several times.  Of the ensembles of one, two and more members the one
        with the highest score is taken.  Its members are fitted anew to all rows.  None predicts
        with the best candidate alone.
    hidden_layer_sizes, activation, embedding, n_estimators, loss, solver, lr_schedule, \
momentum, max_iter, categorical_features, scale_features, scale_target, early_stopping, \
validation_fraction, validation_split, blend, n_iter_no_change, skorch_callbacks, device, \
random_state, verbose
        As those of :class:`GARRegressor`, but `validation_split` takes no splitter.  With
        `bagged`, `n_estimators`, `validation_fraction` and `validation_split` are only used in
        the fits to all rows.

    Attributes
    ----------
    alpha_, learning_rate_, weight_decay_, batch_size_ : float, int or "auto"
        Values of the best candidate.
    best_score_ : float
        Mean score of the best candidate over the test folds, also if an ensemble predicts; not
        with a callable `refit`.  With `bagged` and `halving`, and without `ensemble_size`, it is
        that of networks that miss half of the rows, so the best estimator usually scores higher.
    best_params_ : dict
        Parameters of the best candidate.
    best_index_ : int
        Index of the best candidate in `cv_results_`.
    best_estimator_ : GARRegressor
        The best candidate, fitted to all rows; only with `refit`.
    estimators_ : list of GARRegressor
        The members of the ensemble, fitted to all rows; only with `ensemble_size` and `refit`.
    ensemble_weights_ : ndarray of shape (n_candidates,)
        Share of each candidate of `cv_results_` in the predictions, of sum 1; `estimators_` are
        those with a share above 0, in this order.  Only with `ensemble_size`.
    cv_results_ : dict of ndarray
        As that of :class:`~sklearn.model_selection.GridSearchCV`, and `n_iter`, the mean
        number of epochs a candidate was trained.  A candidate that `halving` dropped has the
        scores of its last round, and ranks after those that were trained for all epochs.
        `return_train_score` adds columns like `split0_train_score` and `mean_train_score`.
    n_splits_ : int
        Number of splits.
    refit_time_ : float
        Seconds that the refit took, or those of an ensemble; only with `refit`.
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
    Weights count in the fits and in the scores, except in those of plain functions.
    With a fixed `random_state` every candidate starts from the same weights on every fold,
    as clones of one estimator do.

    If the user interrupts a search by Ctrl-C, it keeps the candidates that are trained for all
    epochs on all splits: `cv_results_` has their scores, and NaN for others that have none, and
    the best of them, or the ensemble, is fitted to all rows.  Another Ctrl-C ends this early; of
    an ensemble the members that are complete remain.  Without a complete candidate, as in the
    short rounds of `halving`, the interrupt ends the search as an error.

    `set_callbacks` takes callbacks of scikit-learn 1.9 and later.  The tasks that they are told
    of are those of :class:`~sklearn.model_selection.GridSearchCV`, with a refit for each member
    of an ensemble; a fit has the epochs of its block as subtasks.  A callback cannot end the
    training of a single fit.

    With `bagged` the scaling of features and the means of targets for levels of categories are
    those of all rows, and a network keeps the epoch that is best on the fold it is scored by.
    So scores are slightly higher than for new rows, about equally for all candidates.  The folds
    depend on the order of the rows.

    References
    ----------
    .. [1] R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble Selection from Libraries
       of Models", ICML 2004.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_gar import GARRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = GARRegressorCV(alphas=(1.0, 10.0), learning_rates=(0.001, 0.01), cv=3,
    ...                         max_iter=10, random_state=0).fit(X, y)
    >>> search.learning_rate_
    0.01

    Several candidates of different networks that predict together:

    >>> grid = {"hidden_layer_sizes": [(64,), (64, 64)], "activation": ["relu", "elu"]}
    >>> search = GARRegressorCV(param_grid=grid, bagged=True, ensemble_size=5, max_iter=10,
    ...                         random_state=0).fit(X, y)
    >>> bool(search.score(X, y) > 0.3)
    True
    """

    _doc_link_module = GARRegressor._doc_link_module
    _doc_link_template = GARRegressor._doc_link_template

    _parameter_constraints: dict = {
        **{name: ["array-like"] for name in _SEARCHED},
        "param_grid": [dict, list, StrOptions({"auto"})],
        "n_iter": [Interval(Integral, 1, None, closed="left"), None],
        "cv": ["cv_object"],
        "scoring": GridSearchCV._parameter_constraints["scoring"],
        "refit": ["boolean", str, callable],
        "n_jobs": [Integral, None],
        "error_score": [StrOptions({"raise"}), Real],
        "return_train_score": ["boolean"],
        "bagged": ["boolean"],
        "halving": ["boolean"],
        "ensemble_size": [Interval(Integral, 1, None, closed="left"), None],
        **{name: GARRegressor._parameter_constraints[name] for name in _SHARED},
        "validation_split": [StrOptions({"shuffle", "kfold"})],
    }

    def __init__(self, alphas=(0.1, 1.0, 10.0), *, learning_rates=("auto",),
                 weight_decays=(1e-4,), batch_sizes=("auto",), param_grid="auto", n_iter=None,
                 cv=None, scoring=None, refit=True, n_jobs=None, error_score=np.nan,
                 return_train_score=False, bagged=False, halving=False, ensemble_size=None,
                 loss="gar", hidden_layer_sizes="auto", activation="relu",
                 embedding="periodic", n_estimators="auto", solver="adamw",
                 lr_schedule="cosine", momentum=0.9, max_iter="auto",
                 categorical_features="from_dtype", scale_features=True, scale_target=True,
                 early_stopping="auto", validation_fraction="auto", validation_split="shuffle",
                 blend="ridge", n_iter_no_change=None, skorch_callbacks=None, device="cpu",
                 random_state=None, verbose=False):
        self.alphas = alphas
        self.learning_rates = learning_rates
        self.weight_decays = weight_decays
        self.batch_sizes = batch_sizes
        self.param_grid = param_grid
        self.n_iter = n_iter
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.n_jobs = n_jobs
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.bagged = bagged
        self.halving = halving
        self.ensemble_size = ensemble_size
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
        self.skorch_callbacks = skorch_callbacks
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
            Groups of the rows, for splitters that ask for them.  The rows that a network holds
            out are whole groups too, unless `cv` with `bagged` says otherwise.

        Returns
        -------
        GARRegressorCV
            The fitted estimator.
        """
        tasks = search_tasks(self, X, y, sample_weight)
        with guarded_fit(self):
            return self._search(X, y, sample_weight, groups, tasks)

    def _search(self, X, y, sample_weight, groups, tasks):
        device = check_device(self.device)
        scoring = Scoring(self.scoring, self.refit, self.error_score)
        self._check_decides(scoring)
        rows = check_rows(self, X, y, sample_weight)
        if groups is not None:
            rows = replace(rows, groups=check_groups(groups, rows))
        cv = self._cv(rows)
        folds = self._folds(X, y, rows, cv, groups)
        scoring.check_scorers(folds.tests)
        self._check_decides(scoring)
        candidates, estimators = self._candidates(cv, folds.splits)

        def deciding_score(outcome):
            return scoring.deciding_score(outcome.prediction, folds.tests[outcome.split])
        fits, finalists = self._train(estimators, rows, folds.splits, device, deciding_score,
                                      tasks)
        outcomes = [outcome for fit in fits for outcome in fit.outcomes]
        self.cv_results_ = cv_results(
            outcomes, folds, scoring, candidates,
            lambda chosen: divergence_cause(rows, [estimators[one] for one in chosen]),
            self.return_train_score)
        rank_first(finalists, self.cv_results_)
        self._forget_optional()
        self.n_splits_ = len(folds.splits)
        self._publish_choice(scoring, [one for one in outcomes if one.candidate in finalists],
                             estimators, deciding_score)
        if self.refit:
            self._refit(estimators, scoring, (X, y, sample_weight, groups), tasks)
        tasks.end(bool(self.refit))
        return self

    @staticmethod
    def _folds(X, y, rows, cv, groups):
        """The rows of each split, with which splitters and scorers find columns by name."""
        given = X if hasattr(X, "columns") else rows.X
        targets = y if hasattr(y, "iloc") and np.asarray(y).dtype.kind in "biuf" else rows.targets
        splits = check_splits(cv, given, rows.targets, groups, "cv")
        return Folds(given, targets, rows.weight, splits)

    def _publish_choice(self, scoring, outcomes, estimators, deciding_score):
        """Choose the best candidate and the ensemble by outcomes of the whole training."""
        self.multimetric_ = scoring.is_named or "mean_test_score" not in self.cv_results_
        self.scorer_ = scoring.scorers
        if not scoring.is_named:
            (self.scorer_,) = scoring.scorers.values()
        if scoring.metric is not None or callable(self.refit):
            self._choose(scoring.metric, {one.candidate for one in outcomes}, estimators)
        if self.ensemble_size is not None:
            self.ensemble_weights_ = greedy_weights(outcomes, len(estimators),
                                                    self.ensemble_size, deciding_score)

    def _train(self, estimators, rows, splits, device, deciding_score, tasks):
        """Trained fits, and the candidates that are complete."""
        for_ensemble, refits = self.ensemble_size is not None, bool(self.refit)
        short_rounds = rounds(len(estimators), for_ensemble) if self.halving else []
        # how many rounds and refits there are is not always known
        is_known = not short_rounds and not (for_ensemble and refits)
        tasks.begin(1 + refits if is_known else None)
        make = partial(make_bagged_fits if self.bagged else make_fits, estimators, rows, splits,
                       device, scores_train=self.return_train_score,
                       raises=self.error_score == "raise")
        if self.bagged and short_rounds:
            short = list(make(compares=True))
            fits = list(make()) if for_ensemble else short
        else:
            fits = short = list(make())
        fits, finalists, is_interrupted = train_in_rounds(short, fits, short_rounds, self.n_jobs,
                                                          deciding_score, tasks)
        if is_interrupted:
            warnings.warn(f"Search interrupted by user: {len(finalists)} of {len(estimators)} "
                          "candidates are complete.", stacklevel=5)
        return fits, finalists

    def _refit(self, estimators, scoring, data, tasks):
        """Publish the best candidate, or the ensemble, fitted to all rows."""
        start, fit = time.perf_counter(), partial(self._fit_anew, estimators, data, tasks)
        if self.ensemble_size is None:
            try:
                self.best_estimator_ = fit(self.best_index_)
            except DivergenceError as error:
                raise DivergenceError(f"the best candidate, fitted to all rows: {error}") from None
        else:
            members = fit_members(self.ensemble_weights_, fit, self.error_score == "raise")
            is_left = np.isin(np.arange(len(estimators)), list(members))
            weights = np.where(is_left, self.ensemble_weights_, 0.0)
            self.ensemble_weights_, self.estimators_ = weights / weights.sum(), [*members.values()]
            self._choose(scoring.metric, members, estimators)
            self.best_estimator_ = members[self.best_index_]
        self.refit_time_ = time.perf_counter() - start
        self.n_iter_ = self.best_estimator_.n_iter_

    def _fit_anew(self, estimators, data, tasks, candidate):
        """A candidate fitted to all rows; networks of folds would miss many of them."""
        estimator = clone(estimators[candidate])
        if self.bagged:
            estimator.set_params(n_estimators=self.n_estimators,
                                 validation_split=self.validation_split)
        with tasks.refit(estimator):
            return estimator.fit(*data[:3], groups=data[3])

    def _check_decides(self, scoring):
        """Raise if an ensemble is asked for and nothing says by which score it is chosen."""
        if self.ensemble_size is None:
            return
        if callable(self.refit):
            raise ValueError("ensemble_size needs refit to be True, False or the name of a score, "
                             "since the ensemble goes by a score, got a function; set "
                             "ensemble_size=None to choose a single candidate by a function")
        if len(scoring.names) > 1 and scoring.metric is None:
            raise ValueError("ensemble_size needs refit to name the score that the ensemble is "
                             f"chosen by, one of {sorted(scoring.names)}, got "
                             f"refit={self.refit!r}")

    def _cv(self, rows):
        """What splits the rows; without a choice of the user, bagged networks hold out folds."""
        if not self.bagged or self.cv is not None:
            return self.cv if isinstance(self.cv, (list, tuple)) else check_cv(self.cv)
        seed = _seed(self.random_state)
        # equal rows stay together, so that no network trains on a row that it holds out
        equal = rows.equal_rows()
        together = equal if rows.groups is None else rows.groups
        if rows.groups is None and rows.weight is None and len(rows) >= 2 * _N_FOLDS and (
                together.max() == len(rows) - 1):
            return KFold(_N_FOLDS, shuffle=True, random_state=seed)
        return folds_at_random(rows, together, equal, _N_FOLDS, seed)

    def _candidates(self, cv, splits):
        """Parameters of each candidate, and a GARRegressor with them, checked."""
        shared = {name: getattr(self, name) for name in _SHARED}
        if self.random_state is None:  # all candidates on all splits start alike
            shared["random_state"] = _seed(None)
        if self.bagged:
            # a splitter says what it does, and takes less memory than its splits
            is_splitter = hasattr(self.cv, "split") or isinstance(cv, KFold)
            shared.update(n_estimators="auto", validation_split=cv if is_splitter else splits)
        candidates = make_candidates(self._grid(), self.n_iter, self.random_state)
        estimators = make_estimators(GARRegressor(**shared), candidates, self.bagged)
        for estimator in estimators:
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(self, name):
                    setattr(estimator, name, getattr(self, name))
        return candidates, estimators

    def _grid(self):
        """The grid of the candidates."""
        if self.param_grid != "auto":
            return self.param_grid
        values = {name: list(getattr(self, name)) for name in _SEARCHED}
        defaults = {name: list(value) for name, value in vars(type(self)()).items()
                    if name in _SEARCHED}
        if self.ensemble_size is not None and values == defaults:
            return ENSEMBLE_GRID
        for name in values:
            if not values[name]:
                raise ValueError(f"{name} must hold at least one value, got none")
        return {_SEARCHED[name]: values[name] for name in values}

    def _forget_optional(self):
        """Leave out attributes of an earlier fit that this one may not have."""
        for name in _OPTIONAL:
            vars(self).pop(name, None)

    def _choose(self, metric, candidates, estimators):
        """The best of the candidates, by the deciding score or by the user's function."""
        results = self.cv_results_
        if callable(self.refit):
            self.best_index_ = GridSearchCV._select_best_index(self.refit, metric, results)
        else:
            self.best_index_ = int(min(candidates, key=results[f"rank_test_{metric}"].__getitem__))
            self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]
        for name in _SEARCHED.values():
            setattr(self, f"{name}_", getattr(estimators[self.best_index_], name))


def _seed(random_state):
    return check_random_state(random_state).randint(np.iinfo(np.int32).max)
