"""From checked rows to a predictor: the problem of one fit, the stack that trains, the blend.

A problem says what the networks of one fit train on.  A stack builds the networks of one or
several problems, trains them together and judges them.  A predictor is what remains: the way
from raw features to predictions.
"""

from sklearn_gar._fitting.divergence import DivergenceError, divergence_cause
from sklearn_gar._fitting.guard import guarded_fit
from sklearn_gar._fitting.intervals import Intervals, check_coverage
from sklearn_gar._fitting.out_of_bag import (
    check_holds_out,
    fold_predictions,
    given_rows_predictions,
    out_of_bag,
    out_of_bag_score,
)
from sklearn_gar._fitting.predictor import Predictor
from sklearn_gar._fitting.problem import Problem, make_problem, problem_key
from sklearn_gar._fitting.stack import (
    Stack,
    new_net,
    resumed_net,
    trained_stack,
    warm_started_net,
)

__all__ = [
    "DivergenceError",
    "Intervals",
    "Predictor",
    "Problem",
    "Stack",
    "check_coverage",
    "check_holds_out",
    "divergence_cause",
    "fold_predictions",
    "given_rows_predictions",
    "guarded_fit",
    "make_problem",
    "new_net",
    "out_of_bag",
    "out_of_bag_score",
    "problem_key",
    "resumed_net",
    "trained_stack",
    "warm_started_net",
]
