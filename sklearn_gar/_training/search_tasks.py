"""scikit-learn's callbacks in a search: its rounds, the fits in them, and the refit."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sklearn_gar._training.fit_tasks import TrainingTasks, given_data, has_callbacks


class SearchTasks:
    """Report a search to its callbacks.

    The tree of tasks is that of :class:`~sklearn.model_selection.GridSearchCV`.  The fits of a
    block train side by side, so their epochs begin and end together.

    Parameters
    ----------
    estimator : GARRegressorCV
        The search, whose state is not recorded yet for the case of an error.
    X, y, sample_weight
        What `fit` was called with.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any):
        self.given = given_data(estimator, X, y, sample_weight)
        self.context = estimator._init_callback_context(max_subtasks=None)

    def begin(self, n_subtasks: int | None) -> None:
        """Report the begin of a search of so many rounds and refits; None: it is not known."""
        self.context.max_subtasks = n_subtasks
        self.context.call_on_fit_task_begin(**self.given)

    @contextmanager
    def round(self, n_fits: int) -> Iterator[list[TrainingTasks]]:
        """Report a round of fits in a block; what it gives reports each of them.

        These reports can be sent to other processes.
        """
        estimator = {"estimator": self.given["estimator"]}
        search = self.context.subcontext("search", max_subtasks=n_fits, sequential_subtasks=False)
        search.call_on_fit_task_begin(**estimator)
        yield [TrainingTasks(search.subcontext("candidate-split-evaluation", task_id=fit,
                                               max_subtasks=None), estimator)
               for fit in range(n_fits)]
        search.call_on_fit_task_end(**estimator)

    @contextmanager
    def refit(self, estimator: Any) -> Iterator[None]:
        """Report the fit of an estimator to all rows in a block."""
        context = self.context.subcontext("refit-with-best-params")
        with context.propagate_callback_context(estimator):
            context.call_on_fit_task_begin(**self.given)
            yield
        context.call_on_fit_task_end(**self.given)

    def end(self, predicts: bool) -> None:
        """Report the end of a search, which may have no estimator to predict with."""
        fitted = {"reconstruction_attributes": {}} if predicts else {}
        self.context.call_on_fit_task_end(**self.given, **fitted)


class NoSearchTasks:
    """What a search without callbacks reports: nothing."""

    def begin(self, n_subtasks):
        """Nothing."""

    def round(self, n_fits):
        """No reports of fits."""
        return nullcontext([])

    def refit(self, estimator):
        """Nothing."""
        return nullcontext()

    def end(self, predicts):
        """Nothing."""


def search_tasks(estimator: Any, X: Any, y: Any, sample_weight: Any
                 ) -> SearchTasks | NoSearchTasks:
    """What reports a search to its callbacks."""
    if not has_callbacks(estimator):
        return NoSearchTasks()
    return SearchTasks(estimator, X, y, sample_weight)
