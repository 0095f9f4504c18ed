"""RankSim: rows rank each other by features as they do by labels."""

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

    Those rows are taken in the order of their labels, which settles ties of ranks whatever
    the order of the batch.
    """

    def __init__(self, labels: np.ndarray, weight: np.ndarray | None, like: Tensor):
        # of a single column numpy sorts the numbers themselves, which is faster
        axis = None if labels.shape[1] == 1 else 0
        _, rows = np.unique(labels, axis=axis, return_index=True)
        self.rows = torch.from_numpy(rows).to(like.device)
        distances = torch.from_numpy(label_distances(labels[rows], labels[rows])).to(like.device)
        self.label_ranks = ranks(distances).to(like.dtype)

    def value_and_gradient(self, features: Tensor, gamma, interpolation):
        """Values (c,) and gradients (c, n, h) for features (c, n, h)."""
        direction, inverse = directions(features[:, self.rows])
        n_labels = len(self.rows)
        # ranks of distances: the nearest is the first
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

    In main memory numbers are ranked in single precision and unequal keys are sorted, each
    a number and its position in one integer: an indirect stable sort takes ten times as long.
    """
    if values.device.type != "cpu":
        order = values.argsort(stable=True)
    else:
        # zero is added so that both zeros are one
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
