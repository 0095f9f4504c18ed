"""Training of a stack: skorch's loop over tensors, with batches and callbacks of its own.

The loss and the network are handed in; nothing here imports them.
"""

from sklearn_gar._training.arithmetic import suited_arithmetic
from sklearn_gar._training.batches import Features, Table
from sklearn_gar._training.callbacks import BestEpoch, copy_callbacks
from sklearn_gar._training.fit_tasks import CallbackSupport, fit_tasks
from sklearn_gar._training.net import WATCH, StackNet
from sklearn_gar._training.search_tasks import search_tasks
from sklearn_gar._training.torch_state import check_device, default_modes, torch_state

__all__ = [
    "BestEpoch",
    "CallbackSupport",
    "Features",
    "StackNet",
    "Table",
    "WATCH",
    "check_device",
    "copy_callbacks",
    "default_modes",
    "fit_tasks",
    "search_tasks",
    "suited_arithmetic",
    "torch_state",
]
