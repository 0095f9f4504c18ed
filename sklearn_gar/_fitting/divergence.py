"""That a training diverged, and why, as far as one can tell."""

import numpy as np

from sklearn_gar._input import Rows
from sklearn_gar._parameters import learning_rate

# The square of a larger one overflows in single precision.
_LARGEST_TARGET = np.sqrt(np.finfo(np.float32).max)


class DivergenceError(ValueError):
    """The training of a network diverged, so there is nothing to predict with."""


def divergence_cause(rows: Rows, estimators) -> str:
    """The likely cause, and the remedy, for a message; `estimators` hold the parameters.

    The rules for "auto" go by the number of these rows.
    """
    parameters = estimators[0]
    if not parameters.scale_target and np.abs(rows.y).max() > _LARGEST_TARGET:
        return (f"targets reach {np.abs(rows.y).max():g}, and their squares overflow in single "
                "precision; set scale_target=True")
    rates = sorted({learning_rate(estimator, len(rows)) for estimator in estimators})
    return (
        "the usual cause is a learning rate that is too large, got learning_rate="
        f"{', '.join(map(str, rates))}; lower it, and leave scale_features and scale_target on.  "
        "If it is small, look for a weight decay that is too large, or for a loss that overflows")
