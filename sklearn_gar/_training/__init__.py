"""Training of a stack: skorch's loop over tensors, with batches and callbacks of its own.

The loss and the network are handed in; nothing here imports them.
"""

from sklearn_gar._training.arithmetic import suited_arithmetic
from sklearn_gar._training.batches import Features, Table
from sklearn_gar._training.callbacks import BestEpoch, copy_callbacks
from sklearn_gar._training.net import StackNet
from sklearn_gar._training.torch_state import check_device, default_modes, torch_state

__all__ = [
    "BestEpoch",
    "Features",
    "StackNet",
    "Table",
    "check_device",
    "copy_callbacks",
    "default_modes",
    "suited_arithmetic",
    "torch_state",
]
