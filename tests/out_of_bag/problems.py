"""Fits whose divisions of the rows are known to the tests."""

import numpy as np
import pytest

import sklearn_gar._regressor
from tests.regressors import quick

HOLDS_OUT = {"early_stopping": True, "oob_score": True, "n_estimators": 3,
             "n_iter_no_change": None}


def holding_out(**settings):
    """A small regressor whose networks hold out rows."""
    return quick(**{**HOLDS_OUT, **settings})


@pytest.fixture
def problems(monkeypatch):
    """The problems of the fits of a test, in their order."""
    found = []
    make_problem = sklearn_gar._regressor.make_problem

    def recording(*args, **settings):
        found.append(make_problem(*args, **settings))
        return found[-1]
    monkeypatch.setattr(sklearn_gar._regressor, "make_problem", recording)
    return found


def held_out(problem):
    """Indices of the rows of the problem that each network holds out."""
    return [part.held_out.numpy() for part in problem.parts]


def given_rows(problem, index):
    """Indices of the user's rows that became these rows of the problem."""
    return np.concatenate([problem.rows.origin(row) for row in index])
