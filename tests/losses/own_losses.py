"""Losses of a user's own, each complete."""

import torch
from torch import nn

from sklearn_gar.losses import PerMemberSettings


def make_data(members=3, n=9, k=2, h=4, seed=0):
    """Predictions, targets, weights and features."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randn(members, n, k, generator=generator, dtype=torch.float64)
    f = y + torch.randn(y.shape, generator=generator, dtype=torch.float64)
    v = torch.randn(members, n, h, generator=generator, dtype=torch.float64)
    weight = 0.1 + torch.rand(members, n, generator=generator, dtype=torch.float64)
    return f, y, weight, v


class Squared(nn.Module):
    """The least that a loss must have."""

    def forward(self, input, target, weight=None):
        errors = (input - target).square().mean(-1)
        return errors.mean(-1) if weight is None else (weight * errors).sum(-1) / weight.sum(-1)


class OverFeatures(Squared):
    """A complete loss over features."""

    takes_features = True

    def forward(self, input, target, weight=None, *, features):
        return super().forward(input, target, weight) + features.square().mean((-2, -1))

    def validation_loss(self, input, target, weight=None):
        return super().forward(input, target, weight)


class Staged(Squared):
    """A complete loss of two stages."""

    def __init__(self):
        super().__init__()
        self.pretrains = True

    def forward(self, input, target, weight=None):
        return super().forward(input, target, weight) * (10 if self.pretrains else 1)

    def validation_loss(self, input, target, weight=None):
        return super().forward(input, target, weight)


class Scaled(PerMemberSettings, Squared):
    """A complete loss with one number per member."""

    per_member = ("scale",)

    def __init__(self, scale=1.0):
        super().__init__()
        self.scale = scale

    def forward(self, input, target, weight=None):
        return self.scale * super().forward(input, target, weight)


class ByHand(Squared):
    """A complete loss with its gradient written down; it is wrong, to be recognised."""

    def value_and_gradient(self, input, target, weight=None):
        return self(input, target, weight), torch.full_like(input, 7.0)


COMPLETE = [Squared(), OverFeatures(), Staged(), Scaled(), Scaled(torch.ones(3)), ByHand()]
