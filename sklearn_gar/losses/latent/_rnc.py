"""Rank-N-Contrast: the nearer the labels of two rows are, the nearer are their features.

With e_ik = exp(-|v_i - v_k| / tau), the pair (i, j) needs the sum P_ij of e_ik over all k
that are not nearer to i in label than j.  The gradient in e_ik needs the sum of 1 / P_ij over
all j that are not farther than k.  With the rows in the order of their distance from i, both
are running sums, read at the end of each run of equal distances.  The anchor stays in its own
row of every table, with zeros for e_ii and for its share as a pair.
"""

import numpy as np
import torch
from torch import Tensor

from sklearn_gar.losses.latent._comparison import (
    LARGEST_POWER,
    label_distances,
    symmetric_product,
)


class RankContrast:
    """The loss of one group."""

    def __init__(self, labels: np.ndarray, weight: np.ndarray | None, like: Tensor):
        n_rows = len(labels)
        order, *places = _places(labels)
        self.places = [index.to(like.device) for index in (order.flip(1), *places)]
        self.pairs = torch.from_numpy(_pair_shares(weight, n_rows)).to(like)
        self.pairs_nearest_first = self.pairs.gather(1, order.to(like.device))
        self.log_weight = None
        if weight is not None:
            self.log_weight = torch.from_numpy(np.log(weight * (n_rows / weight.sum()))).to(like)

    def value_and_gradient(self, features: Tensor, temperature):
        """Values (c,) and gradients (c, n, h) for features (c, n, h)."""
        if features.shape[1] < 2:
            return features.new_zeros(len(features)), torch.zeros_like(features)
        distance, centred = _distances(features)
        power = distance / -temperature
        value = torch.mv(power.flatten(1), self.pairs.flatten()).neg_()
        if self.log_weight is not None:
            power += self.log_weight
        log_sums, slope = self._running_sums(power)
        value += torch.mv(log_sums.flatten(1), self.pairs_nearest_first.flatten())
        slope = slope.neg_().add_(self.pairs).div_(temperature)
        pull = slope.add(slope.mT).div_(distance)
        return value, centred * pull.sum(-1, keepdim=True) - symmetric_product(pull, centred)

    def _running_sums(self, power):
        """Logarithms of P with the nearest rows first, and e times the sum of pairs / P."""
        places = [index.expand(power.shape) for index in self.places]
        sums = _sums(power, self.pairs_nearest_first, *places)
        # where exponentials overflow or vanish, sums are taken in logarithms
        wide = power.amax((-2, -1)) - power.amin((-2, -1)) > LARGEST_POWER[power.dtype]
        for member in wide.nonzero():
            of_logs = _sums_of_logs(power[member].double(), self.pairs_nearest_first.double(),
                                    *(index[member] for index in places))
            for table, better in zip(sums, of_logs):
                table[member] = better.to(table.dtype)
        return sums


def _sums(power, pairs, farthest_first, ends, until):
    # exponentials divided by their sum
    exponentials = power.softmax(-1)
    themselves = exponentials.diagonal(dim1=-2, dim2=-1)
    log_unit = power.diagonal(dim1=-2, dim2=-1) - themselves.log()
    themselves.zero_()
    sums = exponentials.gather(-1, farthest_first).cumsum(-1).gather(-1, ends)
    inverse = (pairs / sums).cumsum(-1).gather(-1, until)
    return sums.log_().add_(log_unit[..., None]), inverse.mul_(exponentials)


def _sums_of_logs(power, pairs, farthest_first, ends, until):
    power.diagonal(dim1=-2, dim2=-1).fill_(-torch.inf)
    log_sums = power.gather(-1, farthest_first).logcumsumexp(-1).gather(-1, ends)
    inverse = (pairs.log() - log_sums).logcumsumexp(-1).gather(-1, until)
    return log_sums, inverse.add_(power).exp_()


def _distances(features):
    """Distances (c, n, n), which are at least their rounding error, and centred features."""
    centred = features - features.mean(1, keepdim=True)
    squares = torch.linalg.vecdot(centred, centred)
    distances = squares[..., :, None] + squares[..., None, :]
    distances.baddbmm_(centred, centred.mT, alpha=-2)
    info = torch.finfo(features.dtype)
    least = squares.amax(-1)[..., None, None] * (8 * info.eps) + info.tiny
    return torch.maximum(distances, least, out=distances).sqrt_(), centred


def _places(labels):
    """For each anchor, the order of the rows by distance, and where running sums are read.

    Sums that begin at the farthest row are read for each place in this order.  Sums that begin
    at the nearest row are read for each row.
    """
    axis = None if labels.shape[1] == 1 else 0
    _, rows, anchors = np.unique(labels, axis=axis, return_index=True, return_inverse=True)
    ties = len(rows) < len(labels)  # anchors of one label share the order
    distances = label_distances(labels, labels[rows] if ties else labels)
    # torch sorts far more slowly, and gathers faster
    order, distances = map(torch.from_numpy, (distances.argsort(1), distances))
    first, last = _runs(distances.gather(1, order))
    until = torch.empty_like(order).scatter_(1, order, last)
    tables = order, len(labels) - 1 - first, until
    return [table[anchors.ravel()] for table in tables] if ties else tables


def _runs(distances):
    """First and last place of the run of equal numbers around each sorted number."""
    places = torch.arange(distances.shape[1], device="cpu").expand(distances.shape)
    equal = distances[:, 1:] == distances[:, :-1]
    if not equal.any():
        return places, places
    first, last = places.clone(), places.clone()
    first[:, 1:].masked_fill_(equal, 0)
    last[:, :-1].masked_fill_(equal, distances.shape[1])
    return first.cummax(1).values, last.flip(1).cummin(1).values.flip(1)


def _pair_shares(weight, n_rows):
    """Share of each pair (n, n) in the loss: of anchor i, then of j among the other rows."""
    weight = np.full(n_rows, 1 / n_rows) if weight is None else weight / weight.sum()
    others = weight.sum() - weight
    anchors = np.divide(weight, others, out=np.zeros(n_rows), where=others > 0)
    shares = anchors[:, None] * weight
    np.fill_diagonal(shares, 0)
    return shares
