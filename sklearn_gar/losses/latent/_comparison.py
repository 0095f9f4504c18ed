"""A comparison of all rows with all others, with its gradient, as one node of autograd's graph.

Members that share targets and weights form a group.  What depends on the labels alone, such as
their order by distance, is computed once per group.  In a search the networks of one fold and
seed see the same rows, so groups are large.  The n x n tables of features are computed for a
few members at a time: in main memory for as many as fit into the cache, on another device for as
many as keep it busy.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

# most numbers in an n x n table of the members that are compared at once
_VALUES_AT_ONCE, _VALUES_AT_ONCE_ON_DEVICE = 1 << 16, 1 << 24

# largest exponents whose exponentials these types hold, with room for sums
LARGEST_POWER = {torch.float32: 80.0, torch.float64: 650.0}


class Group(NamedTuple):
    """Members that share the labels (r, k) and weights (r,) or None of their rows.

    `rows` are the indices of the rows with a weight above zero; the others are ignored.
    """

    members: list[int]
    rows: np.ndarray
    labels: np.ndarray
    weight: np.ndarray | None


class Comparison(torch.autograd.Function):
    """Value of each member (m,), differentiable once in the features (m, n, h).

    `kind` is called with the labels and weights of a group, and with a tensor that has the
    device and dtype of the results.  It returns an object with a method `value_and_gradient`.
    The method takes tensors (c, r, ...) of c members of the group, and each setting as a number
    or a tensor (c, 1, 1).
    """

    @staticmethod
    def forward(ctx, features, kind, target, weight, columns, settings):
        features = features.detach()
        value = features.new_zeros(len(features))
        gradient = torch.zeros_like(features, memory_format=torch.contiguous_format)
        for group in groups(len(features), target, weight):
            compares = kind(group.labels, group.weight, features)
            rows = torch.from_numpy(group.rows).to(features.device)
            most = _VALUES_AT_ONCE if features.is_cpu else _VALUES_AT_ONCE_ON_DEVICE
            n_members = max(1, most // len(rows) ** 2)
            for members in torch.tensor(group.members, device=features.device).split(n_members):
                index = members[:, None], rows
                value[members], gradient[index] = compares.value_and_gradient(
                    features[index], *(column[index] for column in columns),
                    *(_of_members(setting, members, features) for setting in settings))
        ctx.gradient = gradient
        return value

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_output):
        return ctx.gradient * grad_output[:, None, None], None, None, None, None, None


def groups(n_members: int, target: Tensor, weight: Tensor | None) -> Iterator[Group]:
    """Groups of members by targets (n, k) or (m, n, k) and weights (n,), (m, n) or None."""
    labels = target.detach().numpy(force=True)
    weights = None if weight is None else weight.numpy(force=True)
    shared = labels.ndim == 2, weights is None or weights.ndim == 1
    members = {}
    for member in range(1 if all(shared) else n_members):
        key = (b"" if shared[0] else labels[member].tobytes(),
               b"" if shared[1] else weights[member].tobytes())
        members.setdefault(key, []).append(member)
    for index in members.values():
        y = labels if shared[0] else labels[index[0]]
        w = weights if shared[1] else weights[index[0]]
        rows = np.arange(len(y)) if w is None else np.flatnonzero(w)
        yield Group(list(range(n_members)) if all(shared) else index, rows, y[rows],
                    None if w is None else w[rows])


def _of_members(setting, members, like):
    if not isinstance(setting, Tensor):
        return setting
    setting = setting.to(like)
    return setting if not setting.ndim else setting.flatten()[members][:, None, None]


def label_distances(labels: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Euclidean distances (a, n) of labels (n, k) from those of anchors (a, k)."""
    with np.errstate(over="ignore", invalid="ignore"):  # the training finds that it diverged
        if labels.shape[1] == 1:
            return np.abs(anchors - labels.T)
        differences = anchors[:, None] - labels
        return np.sqrt((differences * differences).sum(-1))


def directions(features: Tensor) -> tuple[Tensor, Tensor]:
    """Features (c, n, h) divided by their lengths, and the inverse lengths (c, n, 1).

    A row of zeros, which dead neurons produce, has no direction; both are zero for it.
    """
    squares = torch.linalg.vecdot(features, features)[..., None]
    tiny = torch.finfo(features.dtype).tiny
    inverse = torch.where(squares > tiny, squares.rsqrt(), torch.zeros_like(squares))
    return features * inverse, inverse


def through_directions(slope: Tensor, direction: Tensor, inverse: Tensor) -> Tensor:
    """Gradient in the features of a function of the cosines (c, n, n) with this slope."""
    along = symmetric_product(slope.add(slope.mT), direction)
    radial = torch.linalg.vecdot(along, direction)[..., None]
    return along.sub_(direction * radial).mul_(inverse)


def symmetric_product(table: Tensor, columns: Tensor) -> Tensor:
    """Product of a symmetric table (c, n, n) and a few columns (c, n, h).

    With the few columns on the left, the kernels take a quarter of the time.
    """
    return torch.bmm(columns.mT, table).mT
