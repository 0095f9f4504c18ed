"""scikit-learn's callbacks: a fit is a task, and its epochs are the subtasks."""

from collections.abc import Callable
from typing import Any

import sklearn
from skorch.callbacks import Callback

from sklearn_gar._training.callbacks import StopTraining

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupport
except ImportError:  # scikit-learn before 1.9

    class CallbackSupport:
        """Support of no callbacks."""

        def set_callbacks(self, *callbacks):
            """Raise an error if there are any, since this version of scikit-learn has none."""
            if not callbacks:
                return self
            raise ImportError(
                f"set_callbacks needs scikit-learn 1.9 or later, got {sklearn.__version__}; "
                "pip install 'scikit-learn>=1.9', or pass callbacks of skorch as skorch_callbacks")


class TrainingTasks(Callback):
    """Report a training and its epochs to scikit-learn's callbacks, as a task and subtasks.

    Parameters
    ----------
    context : CallbackContext
        Context of the task, which has no subtasks yet.
    given : dict
        What callbacks are told with each report: the estimator, X, y and metadata.
    """

    def __init__(self, context: Any, given: dict[str, Any]):
        self.context = context
        self.given = given
        self.epoch = None

    def on_epoch_begin(self, net, **kwargs):
        if not net.progress_.n_done:
            self.context.max_subtasks = net.progress_.n_steps // len(net.batches_)
            self.context.call_on_fit_task_begin(**self.given)
        self.epoch = self.context.subcontext(task_name="epoch")
        self.epoch.call_on_fit_task_begin(**self.given)

    def on_epoch_end(self, net, **kwargs):
        self._end_epoch()

    def on_train_end(self, net, **kwargs):
        if self.epoch is None:
            return
        if "train_losses" in net.history[-1]:  # another callback ended the training after it
            self._end_epoch()
        else:  # the user interrupted it
            self.epoch.call_on_fit_task_end(estimator=self.given["estimator"])

    def _end_epoch(self):
        """Report the end of the epoch; returns whether a callback asks for an early end."""
        epoch, self.epoch = self.epoch, None
        return epoch.call_on_fit_task_end(**self.given, **self.at_end_of_epoch())

    def at_end_of_epoch(self) -> dict[str, Any]:
        """More to report at the end of each epoch."""
        return {}

    def end(self) -> None:
        """Report the end of the training."""
        self.context.call_on_fit_task_end(**self.given)


class FitTasks(TrainingTasks):
    """Report a fit of a single estimator.

    Notes
    -----
    An error in `fit` restores the estimator.  scikit-learn keeps in the estimator which callbacks
    to tear down.  So this object is made before the state to restore is recorded.
    """

    def watch(self, fitted_attributes: Callable[[], dict | None]) -> list[Callback]:
        """Callbacks for the net; the function returns the attributes of a fit that ends now.

        It is called if a callback asks for a fitted estimator, and returns None if there is none.
        """
        self.fitted_attributes = fitted_attributes
        return [self]

    def on_epoch_end(self, net, **kwargs):
        if self._end_epoch():
            raise StopTraining

    def at_end_of_epoch(self):
        return {"reconstruction_attributes": self.fitted_attributes}

    def end(self):
        self.context.call_on_fit_task_end(**self.given, reconstruction_attributes={})


def fit_tasks(estimator: Any, X: Any, y: Any, sample_weight: Any) -> FitTasks | None:
    """What reports a fit to the estimator's callbacks, or None if it has none."""
    if not has_callbacks(estimator):
        return None
    # The number of epochs may depend on rows that are not checked yet.
    context = estimator._init_callback_context(max_subtasks=None)
    return FitTasks(context, given_data(estimator, X, y, sample_weight))


def has_callbacks(estimator: Any) -> bool:
    """Whether callbacks of scikit-learn were set."""
    return bool(getattr(estimator, "_skl_callbacks", None))


def given_data(estimator: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    """What callbacks are told of a fit."""
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
