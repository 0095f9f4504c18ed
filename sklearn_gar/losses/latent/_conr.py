"""ConR: rows with near predictions and distant labels are pushed apart.

With P the sum over an anchor's positives and Q that over its negatives, its loss is
log N+ + log(1 + Q / P).  Its gradient in the logarithm of a positive is the positive's share
of P times -Q / (P + Q), in that of a negative the share of Q times Q / (P + Q).
"""

import math

import numpy as np
import torch
from torch import Tensor

from sklearn_gar.losses.latent._comparison import (
    LARGEST_POWER,
    directions,
    label_distances,
    through_directions,
)

# growth of the logarithm of the pushing weight with the distance of the labels
_PUSH = 0.01


class Contrast:
    """The contrastive term of one group, a sum over anchors."""

    def __init__(self, labels: np.ndarray, weight: np.ndarray | None, like: Tensor,
                 window: float, temperature: float):
        n_rows = len(labels)
        distances = label_distances(labels, labels)
        near = distances <= window
        weight = np.full(n_rows, 1 / n_rows) if weight is None else weight / weight.sum()
        scaled = weight * n_rows
        positive = near & ~np.eye(n_rows, dtype=bool)
        has_positive = positive.any(1)
        log_positives = np.log(positive @ scaled, out=np.zeros(n_rows), where=has_positive)
        # logarithms of the weights of positives and of negatives, or minus infinity
        log_weights = np.where(positive, np.log(scaled), -math.inf), np.where(
            near, -math.inf, np.log(scaled) + _PUSH * distances)
        finite = np.concatenate([table[np.isfinite(table)] for table in log_weights])
        # in the sums no exponential and no weight may overflow
        largest = max(2 / temperature + np.ptp(finite), finite.max()) if finite.size else 0
        self._sums = _sums
        if largest > LARGEST_POWER[like.dtype]:
            self._sums = _sums_of_logs
        else:
            log_weights = map(np.exp, log_weights)
        self.window, self.temperature = window, temperature
        self.weights = [torch.from_numpy(table).to(like) for table in log_weights]
        self.anchors, self.log_positives = (
            torch.from_numpy(column).to(like)
            for column in (np.where(has_positive, weight, 0), log_positives))

    def value_and_gradient(self, features: Tensor, prediction: Tensor):
        """Values (c,) and gradients (c, n, h) for features (c, n, h), predictions (c, n, k)."""
        direction, inverse = directions(features)
        power = torch.bmm(direction, direction.mT).div_(self.temperature)
        alike = _distances(prediction)
        torch.le(alike, self.window, out=alike)
        log_ratio, positives, negatives = self._sums(power, alike, *self.weights)
        anchors = torch.where(log_ratio > -math.inf, self.anchors, 0)
        log_ratio = torch.where(anchors > 0, log_ratio, 0)
        losses = self.log_positives + log_ratio.logaddexp(torch.zeros_like(log_ratio))
        slope = negatives.sub_(positives)
        slope.mul_((anchors * log_ratio.sigmoid() / self.temperature)[..., None])
        return (anchors * losses).sum(-1), through_directions(slope, direction, inverse)


def _sums(power, alike, positive, negative):
    """Logarithm of Q / P for each anchor, and the shares of positives and negatives.

    Without a negative it is minus infinity and the shares are zero.
    """
    exponentials = power.softmax(-1)
    positives, negatives = exponentials * positive, alike.mul_(negative).mul_(exponentials)
    p, q = (table.sum(-1, keepdim=True) for table in (positives, negatives))
    tiny = torch.finfo(power.dtype).tiny
    return ((q / p).log_()[..., 0],
            positives.div_(p.clamp_min(tiny)), negatives.div_(q.clamp_min(tiny)))


def _sums_of_logs(power, alike, log_positive, log_negative):
    """As :func:`_sums`, from logarithms of weights and for exponents of any size."""
    positives = power + log_positive
    negatives = power.add_(log_negative).masked_fill_(alike == 0, -math.inf)
    p, q = (table.logsumexp(-1, keepdim=True) for table in (positives, negatives))
    log_ratio = q - torch.where(p > -math.inf, p, math.inf)
    least = torch.finfo(power.dtype).min
    return (log_ratio[..., 0], positives.sub_(p.clamp_min(least)).exp_(),
            negatives.sub_(q.clamp_min(least)).exp_())


def _distances(prediction):
    """Euclidean distances (c, n, n) of predictions (c, n, k)."""
    columns = prediction.unbind(-1)
    if len(columns) == 1:
        return (columns[0][..., :, None] - columns[0][..., None, :]).abs_()
    return sum((column[..., :, None] - column[..., None, :]).square_()
               for column in columns).sqrt_()
