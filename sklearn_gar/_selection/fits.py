"""What a search trains: a candidate on one split, or one whose networks hold out a fold each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.base import clone

from sklearn_gar._fitting import (
    Predictor,
    Problem,
    divergence_cause,
    fold_predictions,
    make_problem,
    problem_key,
)
from sklearn_gar._input import Rows, divide

# Networks that are enough to compare candidates.
_NETWORKS_TO_COMPARE = 2


class Outcome(NamedTuple):
    """What a candidate predicts for the test rows of one split, and what that took.

    `prediction` (n,) or (n, k) is in units, and NaN if a network diverged.  It is None if the
    user interrupted the search before.  `train_rows` are indices of rows that were trained on,
    if they are to be scored, and `train_prediction` is for them.
    """

    candidate: int
    split: int
    prediction: np.ndarray | None
    n_iter: int
    seconds: float
    train_rows: np.ndarray | None = None
    train_prediction: np.ndarray | None = None


@dataclass
class Fit:
    """A candidate on one split: what it trains on, and the rows it predicts.

    `train_rows` and `X_train` are given if the rows that it trains on are to be scored too.
    With `raises` it is an error if a network diverges.
    """

    candidate: int
    split: int
    estimator: Any
    problem: Problem | None
    X_test: np.ndarray | None
    stack_key: tuple
    train_rows: np.ndarray | None = None
    X_train: np.ndarray | None = None
    raises: bool = False
    prediction: np.ndarray | None = None
    train_prediction: np.ndarray | None = None
    n_iter: int = 0
    seconds: float = 0.0

    @property
    def is_trained(self) -> bool:
        return self.prediction is not None

    @property
    def key(self) -> tuple:
        """What the result depends on."""
        return (self.split, *self.problem.fit_key(self.estimator))

    def record(self, predictor: Predictor | None) -> None:
        """Predict the test rows; NaN if a network diverged."""
        if predictor is None:
            _check_may_diverge(self, f" on split {self.split}")
            shape = len(self.X_test), *self.problem.rows.target_shape
            self.prediction = np.full(shape, np.nan)
            return
        self.prediction = predictor.predict(self.X_test)
        if self.X_train is not None:
            self.train_prediction = predictor.predict(self.X_train)

    def forget_rows(self) -> None:
        """Leave out what a worker need not send back."""
        self.problem = self.X_test = self.X_train = None

    @property
    def outcomes(self) -> list[Outcome]:
        """What was predicted, split by split."""
        return [Outcome(self.candidate, self.split, self.prediction, self.n_iter, self.seconds,
                        self.train_rows, self.train_prediction)]


@dataclass
class BaggedFit:
    """A candidate whose networks hold out the test rows of one split each.

    Parameters
    ----------
    candidate : int
        Its number.
    estimator : GARRegressor
        Its parameters.
    problem : Problem
        All rows, and what each network holds out.
    rows : Rows
        The rows as the user gave them.
    tests : sequence of ndarray
        Indices of the test rows of each split.
    trains : sequence of ndarray
        Indices of the training rows of each split, if they are to be scored too.
    raises : bool
        Whether it is an error if a network diverges.
    """

    candidate: int
    estimator: Any
    problem: Problem | None
    rows: Rows | None
    tests: Sequence[np.ndarray]
    stack_key: tuple
    trains: Sequence[np.ndarray] = ()
    raises: bool = False
    predictions: Sequence[np.ndarray] = ()
    train_predictions: Sequence[np.ndarray] = ()
    n_iter: int = 0
    seconds: float = 0.0

    @property
    def is_trained(self) -> bool:
        return len(self.predictions) > 0

    @property
    def key(self) -> tuple:
        """What the result depends on."""
        return self.problem.fit_key(self.estimator)

    def record(self, predictor: Predictor | None) -> None:
        """Predict the rows held out; NaN if a network diverged."""
        if predictor is None:
            _check_may_diverge(self)
            shape = self.problem.rows.target_shape
            self.predictions = [np.full((len(test), *shape), np.nan) for test in self.tests]
            return
        self.predictions = fold_predictions(predictor, self.problem, self.rows, self.tests)
        if self.trains:
            predictions = fold_predictions(predictor, self.problem, self.rows, self.trains,
                                           trained=True)
            # a network may hold out several folds
            known = [~np.isnan(one.reshape(len(one), -1)).any(axis=1) for one in predictions]
            self.trains = [train[own] for train, own in zip(self.trains, known)]
            self.train_predictions = [one[own] for one, own in zip(predictions, known)]

    def forget_rows(self) -> None:
        """Leave out what a worker need not send back."""
        self.problem = self.rows = None

    @property
    def outcomes(self) -> list[Outcome]:
        """What was predicted, split by split."""
        nothing = [None] * len(self.tests)
        seconds = self.seconds / len(nothing)
        return [Outcome(self.candidate, split, prediction, self.n_iter, seconds, *train)
                for split, (prediction, *train) in enumerate(zip(
                    self.predictions or nothing, self.trains or nothing,
                    self.train_predictions or nothing))]


def _check_may_diverge(fit, where=""):
    """Raise if a network diverged and this is an error."""
    if fit.raises:
        cause = divergence_cause(fit.problem.rows, [fit.estimator])
        raise ValueError(f"candidate {fit.candidate} (counted from 0) diverged{where}: {cause}")


def make_fits(estimators: Sequence, rows: Rows, splits: Sequence[tuple], device: torch.device, *,
              scores_train: bool, raises: bool) -> Iterator[Fit]:
    """Every candidate on every split.

    With `scores_train` rows that were trained on are predicted too, and with `raises` a network
    that diverges is an error.
    """
    tests = [rows.X[test] for _, test in splits]
    trains = [(train, rows.X[train]) if scores_train else () for train, _ in splits]
    problems = {}
    for candidate, estimator in enumerate(estimators):
        for split, (train, _) in enumerate(splits):
            make = partial(_problem_of_split, estimator, rows, train, split, device)
            problem = _shared(problems, (split, problem_key(estimator)), make)
            yield Fit(candidate, split, estimator, problem, tests[split],
                      problem.stack_key(estimator), *trains[split], raises=raises)


def _problem_of_split(estimator, rows, train, split, device):
    rows = rows.fold(train)
    if rows.groups is not None and len(np.unique(rows.groups)) == 1:
        rows = replace(rows, groups=None)  # nothing can be held out if one group is to be whole
    try:
        return make_problem(clone(estimator), rows, None, device)
    except ValueError as error:
        raise ValueError(f"split {split} of cv (counted from 0) cannot be trained on: {error}"
                         ) from None


def make_bagged_fits(estimators: Sequence, rows: Rows, splits: Sequence[tuple],
                     device: torch.device, *, scores_train: bool, raises: bool,
                     compares: bool = False) -> Iterator[BaggedFit]:
    """Every candidate, with a network for each split.

    If it only `compares` candidates, each has two networks, which hold out half of the folds,
    where the splits are folds.  The other settings are those of `make_fits`.
    """
    division, tests = divide(len(rows), splits), [test for _, test in splits]
    # indices, of which some may be left out
    trains = [np.arange(len(rows))[train] for train, _ in splits] if scores_train else ()
    validation_step = 1
    if compares and division.n_networks > _NETWORKS_TO_COMPARE and division.is_partition:
        # a network is validated on about as many rows as a fold has, since validation takes time
        validation_step = -(-division.n_networks // _NETWORKS_TO_COMPARE)
        division = division.joined(_NETWORKS_TO_COMPARE)
    problems = {}
    for candidate, estimator in enumerate(estimators):
        make = partial(make_problem, clone(estimator), rows, None, device, division=division,
                       validation_step=validation_step)
        problem = _shared(problems, problem_key(estimator), make)
        yield BaggedFit(candidate, estimator, problem, rows, tests, problem.stack_key(estimator),
                        trains, raises)


def _shared(problems, key, make):
    """The problem of this key; candidates share those that are the same."""
    if key not in problems:
        problems[key] = make()
    return problems[key]
