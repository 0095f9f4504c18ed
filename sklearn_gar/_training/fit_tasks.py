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
        """Callbacks that cannot be set."""

        def set_callbacks(self, *callbacks):
            """Raise an error, since this version of scikit-learn has no callbacks."""
            raise ImportError(
                f"set_callbacks needs scikit-learn 1.9 or later, got {sklearn.__version__}; "
                "pip install 'scikit-learn>=1.9', or pass callbacks of skorch as skorch_callbacks")


class FitTasks(Callback):
    """Report a fit and its epochs to the callbacks of an estimator.

    Parameters
    ----------
    estimator : GARRegressor
        The estimator that is fitted.
    X, y, sample_weight
        What `fit` was called with; callbacks get it as it is.

    Notes
    -----
    An error in `fit` restores the estimator.  scikit-learn keeps in the estimator which callbacks
    to tear down.  So this object is made before the state to restore is recorded.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        # The number of epochs may depend on rows that are not checked yet.
        self.fit = estimator._init_callback_context(max_subtasks=None)
        self.epoch = None

    def watch(self, fitted_attributes: Callable[[], dict | None]) -> Callback:
        """The callback for the net; the function returns the attributes of a fit that ends now.

        It is called if a callback asks for a fitted estimator, and returns None if there is none.
        """
        self.fitted_attributes = fitted_attributes
        return self

    def on_train_begin(self, net, **kwargs):
        self.fit.max_subtasks = net.max_epochs
        self.fit.call_on_fit_task_begin(**self.given)

    def on_epoch_begin(self, net, **kwargs):
        self.epoch = self.fit.subcontext(task_name="epoch")
        self.epoch.call_on_fit_task_begin(**self.given)

    def on_epoch_end(self, net, **kwargs):
        if self._end_epoch():
            raise StopTraining

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
        return epoch.call_on_fit_task_end(
            **self.given, reconstruction_attributes=self.fitted_attributes)

    def end(self) -> None:
        """Report the end of the fit, once the estimator is fitted."""
        self.fit.call_on_fit_task_end(**self.given, reconstruction_attributes={})


def fit_tasks(estimator: Any, X: Any, y: Any, sample_weight: Any) -> FitTasks | None:
    """What reports a fit to the estimator's callbacks, or None if it has none."""
    if not getattr(estimator, "_skl_callbacks", None):
        return None
    return FitTasks(estimator, X, y, sample_weight)
