"""RankSim: each row ranks the others by features in the order of their labels."""

import numpy as np
import torch
from torch import Tensor

from sklearn_gar.losses.latent._comparison import (
    directions,
    label_distances,
    through_directions,
)


class RankSimilarity:
    """The regulariser of one group, over one row for each distinct label.

    The rows are in the order of their labels, so that the order of the batch does not decide
    on ties of ranks.
    """

    def __init__(self, labels: np.ndarray, weight: np.ndarray | None, like: Tensor):
        # without an axis numpy sorts the numbers of a single column, which is faster
        axis = None if labels.shape[1] == 1 else 0
        _, rows = np.unique(labels, axis=axis, return_index=True)
        self.rows = torch.from_numpy(rows).to(like.device)
        distances = torch.from_numpy(label_distances(labels[rows], labels[rows])).to(like.device)
        self.label_ranks = ranks(distances).to(like.dtype)

    def value_and_gradient(self, features: Tensor, gamma, interpolation):
        """Values (c,) and gradients (c, n, h) for features (c, n, h)."""
        direction, inverse = directions(features[:, self.rows])
        n_labels = len(self.rows)
        # ranks of distances: the nearest row has the rank 0
        distance = torch.bmm(direction, -direction.mT)
        own = ranks(distance).to(features.dtype)
        difference = own - self.label_ranks
        value = gamma / n_labels**3 * difference.square().sum((-2, -1), keepdim=True)
        step = interpolation * gamma * (2 / n_labels**2)
        shifted = ranks(distance.sub_(difference.mul_(step))).to(features.dtype)
        slope = shifted.sub_(own).div_(n_labels * interpolation)
        gradient = torch.zeros_like(features)
        gradient[:, self.rows] = through_directions(slope, direction, inverse)
        return value[:, 0, 0], gradient


def ranks(values: Tensor) -> Tensor:
    """Ranks 0, 1, ... from the smallest value of each last dimension; ties by position.

    In main memory the numbers are ranked in single precision.  A number and its position form
    one integer, and these integers are sorted.  An indirect stable sort takes ten times as long.
    """
    if values.device.type != "cpu":
        order = values.argsort(stable=True)
    else:
        # the sum with zero turns -0.0 into 0.0
        bits = (values.to(torch.float32) + 0.0).numpy().view(np.int32)
        keys = np.bitwise_xor(bits, (bits >> 31) & 0x7FFFFFFF).astype(np.int64)
        keys <<= 32
        keys |= np.arange(keys.shape[-1])
        keys.sort()
        keys &= 0xFFFFFFFF
        order = torch.from_numpy(keys)
    positions = torch.arange(values.shape[-1], dtype=torch.float32, device=values.device)
    return torch.empty_like(order, dtype=torch.float32).scatter_(
        -1, order, positions.expand(values.shape))
