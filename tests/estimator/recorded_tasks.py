"""Callbacks of scikit-learn that record what they are told."""

import numpy as np

from sklearn_gar import GARRegressor
from tests.data import PLAIN, smooth_table

X, y = smooth_table(60)


def quick(**settings):
    defaults = {"hidden_layer_sizes": (5,), "n_estimators": 2, "max_iter": 5, "batch_size": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


class Hooks:
    """Records the hooks that are called."""

    def setup(self, estimator, context):
        self._record("setup", context)

    def teardown(self, estimator, context):
        self._record("teardown", context)

    def on_fit_task_begin(self, estimator, context):
        self._record("begin", context)

    def on_fit_task_end(self, estimator, context):
        self._record("end", context)


class Recorder(Hooks):
    """Records the hooks that are called, and the estimator at the end of each epoch.

    It asks for an end of the training after `last_epoch`, and raises `error` in the hook of this
    name.
    """

    def __init__(self, last_epoch=None, error=None, error_in=None):
        self.last_epoch = last_epoch
        self.error = error
        self.error_in = error_in
        self.events, self.fitted, self.given = [], [], []

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None,
                        fitted_estimator=None):
        if context.task_name == "epoch":
            self.given.append((X, y, metadata))
            self.fitted.append(fitted_estimator)
        self._record("end", context)
        return context.task_name == "epoch" and context.task_id + 1 == self.last_epoch

    def _record(self, hook, context):
        parent = None if context.parent is None else context.parent.task_name
        self.events.append((hook, context.task_name, context.task_id, parent))
        if (hook, context.task_name) == self.error_in:
            raise self.error


def assert_predicts_like(estimator, other, features=X):
    np.testing.assert_array_equal(estimator.predict(features), other.predict(features))
