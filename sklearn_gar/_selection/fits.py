"""What a search trains: a candidate on one split, or one whose networks hold out a fold each."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.base import clone

from sklearn_gar._fitting import (
    Predictor,
    Problem,
    Stack,
    fold_predictions,
    make_problem,
    problem_key,
)
from sklearn_gar._input import Rows, divide

# Networks that are enough to compare candidates.
_NETWORKS_OF_A_ROUND = 2


class Outcome(NamedTuple):
    """What a candidate predicts for the test rows of one split, and what that took.

    `prediction` (n,) or (n, k) is in units, and NaN if a network diverged.  It is None if the
    user interrupted the search before.
    """

    candidate: int
    split: int
    prediction: np.ndarray | None
    n_iter: int
    seconds: float


@dataclass
class Fit:
    """A candidate on one split: what it trains on, and the rows it predicts."""

    candidate: int
    split: int
    estimator: Any
    problem: Problem | None
    X_test: np.ndarray
    stack_key: tuple
    prediction: np.ndarray | None = None
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
            shape = len(self.X_test), *self.problem.rows.target_shape
            self.prediction = np.full(shape, np.nan)
        else:
            self.prediction = predictor.predict(self.X_test)

    def publish(self, own_stack: Callable[[], Stack]) -> None:
        """Nothing remains of a network that saw a part of the rows."""

    def forget_rows(self) -> None:
        """Leave out what a worker need not send back."""
        self.problem = None

    @property
    def outcomes(self) -> list[Outcome]:
        """What was predicted, split by split."""
        return [Outcome(self.candidate, self.split, self.prediction, self.n_iter, self.seconds)]


@dataclass
class BaggedFit:
    """A candidate whose networks hold out the test rows of one split each.

    Parameters
    ----------
    candidate : int
        Its number.
    estimator : GARRegressor
        Its parameters.  After the whole training it is fitted, if it `publishes` its networks
        and none of them diverged.
    problem : Problem
        All rows, and what each network holds out.
    rows : Rows
        The rows as the user gave them.
    tests : sequence of ndarray
        Indices of the test rows of each split.
    """

    candidate: int
    estimator: Any
    problem: Problem | None
    rows: Rows | None
    tests: Sequence[np.ndarray]
    stack_key: tuple
    publishes: bool
    predictions: Sequence[np.ndarray | None] = ()
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
            shape = self.problem.rows.target_shape
            self.predictions = [np.full((len(test), *shape), np.nan) for test in self.tests]
        else:
            self.predictions = fold_predictions(predictor, self.problem, self.rows, self.tests)

    def publish(self, own_stack: Callable[[], Stack]) -> None:
        """Fit the estimator with the trained networks; the function gives the stack of its own."""
        if not self.publishes:
            return
        self.estimator = copy.copy(self.estimator)
        self.estimator._take_over(own_stack(), self.problem, self.rows)

    def forget_rows(self) -> None:
        """Leave out what a worker need not send back."""
        self.problem = self.rows = None

    @property
    def outcomes(self) -> list[Outcome]:
        """What was predicted, split by split."""
        predictions = self.predictions if self.is_trained else [None] * len(self.tests)
        seconds = self.seconds / len(predictions)
        return [Outcome(self.candidate, split, prediction, self.n_iter, seconds)
                for split, prediction in enumerate(predictions)]


def make_fits(estimators: Sequence, rows: Rows, splits: Sequence[tuple],
              device: torch.device) -> Iterator[Fit]:
    """Every candidate on every split."""
    tests = [rows.X[test] for _, test in splits]
    problems = {}
    for candidate, estimator in enumerate(estimators):
        for split, (train, _) in enumerate(splits):
            make = partial(_problem_of_split, estimator, rows, train, split, device)
            problem = _shared(problems, (split, problem_key(estimator)), make)
            yield Fit(candidate, split, estimator, problem, tests[split],
                      problem.stack_key(estimator))


def _problem_of_split(estimator, rows, train, split, device):
    try:
        return make_problem(clone(estimator), rows.fold(train), None, device)
    except ValueError as error:
        raise ValueError(f"split {split} of cv (counted from 0) cannot be trained on: {error}"
                         ) from None


def make_bagged_fits(estimators: Sequence, rows: Rows, splits: Sequence[tuple],
                     device: torch.device, *, publishes: bool = False, is_short: bool = False
                     ) -> Iterator[BaggedFit]:
    """Every candidate, with a network for each split.

    If it `publishes` its networks, its estimator is fitted with them.  In a short training a
    network holds out several folds, where they are folds.
    """
    division, tests = divide(len(rows), splits), [test for _, test in splits]
    if is_short and division.n_networks > _NETWORKS_OF_A_ROUND and division.is_partition:
        division = division.joined(_NETWORKS_OF_A_ROUND)
    problems = {}
    for candidate, estimator in enumerate(estimators):
        make = partial(make_problem, clone(estimator), rows, None, device, division=division)
        problem = _shared(problems, problem_key(estimator), make)
        yield BaggedFit(candidate, estimator, problem, rows, tests, problem.stack_key(estimator),
                        publishes)


def _shared(problems, key, make):
    """The problem of this key; candidates share those that are the same."""
    if key not in problems:
        problems[key] = make()
    return problems[key]
