"""Training of a stack: skorch's loop over tensors, with batches and callbacks of ours.

The loss and the network are handed in; nothing here imports them.
"""

from sklearn_gar._training.batches import Table
from sklearn_gar._training.callbacks import BestEpoch
from sklearn_gar._training.net import StackNet
from sklearn_gar._training.torch_state import own_modes, torch_state

__all__ = ["BestEpoch", "StackNet", "Table", "own_modes", "torch_state"]
