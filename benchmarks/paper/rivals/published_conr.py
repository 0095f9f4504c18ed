"""ConR as the authors' code computes it."""

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.paper.training import Stack

_TEMPERATURE, _PUSH = 0.07, 0.01


class PublishedConR(torch.nn.Module):
    """The absolute error and a regulariser that differs from `sklearn_gar.losses.ConRLoss`.

    The logarithm is taken of each positive, the mean over the positives afterwards.  Its
    denominator has the positives and the negatives, and 1 for every row that is not a positive.
    Anchors without a positive or without a negative have the value 0.
    """

    def __init__(self, beta: float, window: float):
        super().__init__()
        self.beta, self.window = beta, window

    def forward(self, input: Tensor, target: Tensor, *, features: Tensor) -> Tensor:
        """Losses (m,) for predictions (m, n, 1), targets (n, 1) and features (m, n, h)."""
        distance = (target - target.T).abs()
        near = distance <= self.window
        positive = near & ~torch.eye(len(target), dtype=torch.bool)
        alike = (input - input.mT).abs() <= self.window
        directions = functional.normalize(features, dim=-1)
        power = directions @ directions.mT / _TEMPERATURE
        negative = ~near & alike
        total = (power * positive).exp().sum(-1) + (
            negative * (_PUSH * distance).exp() * power.exp()).sum(-1)
        terms = positive * (total.log()[..., None] - power)
        anchors = terms.sum(-1) / positive.sum(-1).clamp(min=1) * negative.any(-1)
        return (input - target).abs().mean((-2, -1)) + self.beta * anchors.mean(-1)


class PublishedConRStack(Stack):
    """Networks that are trained with :class:`PublishedConR`."""

    def make_loss(self):
        return PublishedConR(**self.method.fixed)
