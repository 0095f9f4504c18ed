"""Embeddings of numeric features."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class PeriodicEmbedding(nn.Module):
    """Each feature beside a few learned mixtures of cosines of it.

    A feature x becomes x itself and W cos(2 pi c x + phase) + b, with frequencies c, phases
    and the map W of its own, all learned.  Networks of small weights fit functions that are
    smooth in their inputs; the cosines let them fit steps and bumps as trees do.

    Parameters
    ----------
    n_features : int
        Number of features d.
    generators : sequence of torch.Generator
        One a member, which the member's first values are drawn from.
    scale : float, default=1.0
        Standard deviation of the first frequencies, in periods per unit of the feature.
    n_frequencies : int, default=16
        Number of cosines of each feature.
    n_outputs : int, default=3
        Number of mixtures of each feature.
    dtype : torch.dtype, default=torch.float32
        Precision of the parameters.

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko, "On Embeddings for Numerical Features in Tabular
    Deep Learning", NeurIPS 2022; D. Holzmueller, L. Grinsztajn, I. Steinwart, "Better by
    Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data", NeurIPS 2024.
    """

    def __init__(self, n_features: int, generators: Sequence[torch.Generator],
                 scale: float = 1.0, n_frequencies: int = 16, n_outputs: int = 3,
                 dtype: torch.dtype = torch.float32):
        super().__init__()
        members = len(generators)
        shape = members, n_features, n_frequencies
        self.frequency = nn.Parameter(torch.empty(shape, dtype=dtype, device="cpu"))
        self.phase = nn.Parameter(torch.empty(shape, dtype=dtype, device="cpu"))
        self.weight = nn.Parameter(torch.empty(*shape, n_outputs, dtype=dtype, device="cpu"))
        self.bias = nn.Parameter(
            torch.empty(members, n_features, 1, n_outputs, dtype=dtype, device="cpu"))
        self._draw(generators, scale)

    @torch.no_grad()
    def _draw(self, generators, scale):
        bound = 1 / math.sqrt(self.frequency.shape[-1])
        for member, generator in enumerate(generators):
            self.frequency[member].normal_(0, 2 * math.pi * scale, generator=generator)
            self.phase[member].uniform_(-math.pi, math.pi, generator=generator)
            self.weight[member].uniform_(-bound, bound, generator=generator)
            self.bias[member].uniform_(-bound, bound, generator=generator)

    @property
    def n_embedded(self) -> int:
        """Number of embedded features."""
        return self.weight.shape[1] * (1 + self.weight.shape[3])

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return self.frequency, self.phase, self.weight, self.bias

    @staticmethod
    def forward_and_keep(X: Tensor, tensors: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Embedded features (m, n, d + d o), and what :meth:`backward` needs."""
        frequency, phase, weight, bias = tensors
        members, n_features, _, n_outputs = weight.shape
        angle = torch.addcmul(phase[:, :, None], X.mT[..., None], frequency[:, :, None])
        wave = angle.cos()  # (m, d, n, f)
        mixed = torch.baddbmm(bias.flatten(0, 1), wave.flatten(0, 1), weight.flatten(0, 1))
        n_rows = X.shape[-2]
        mixed = mixed.view(members, n_features, n_rows, n_outputs).transpose(1, 2)
        embedded = torch.cat((X.expand(members, n_rows, n_features), mixed.flatten(2)), -1)
        return embedded, [X, angle, wave]

    @staticmethod
    def backward(grad: Tensor, kept: list[Tensor], tensors: Sequence[Tensor]) -> list[Tensor]:
        """Gradients of the tensors, given that of the embedded features."""
        (X, angle, wave), weight = kept, tensors[2]
        members, n_features, n_frequencies, n_outputs = weight.shape
        n_rows = X.shape[-2]
        mixed = grad[..., n_features:].view(members, n_rows, n_features, n_outputs)
        mixed = mixed.transpose(1, 2).reshape(-1, n_rows, n_outputs)
        weight_grad = torch.bmm(wave.flatten(0, 1).mT, mixed)
        angle_grad = torch.bmm(mixed, weight.flatten(0, 1).mT).view_as(angle)
        angle_grad.mul_(angle.sin()).neg_()
        columns = X.mT.expand(members, n_features, n_rows).reshape(-1, 1, n_rows)
        frequency_grad = torch.bmm(columns, angle_grad.flatten(0, 1))
        return [frequency_grad.view(members, n_features, n_frequencies), angle_grad.sum(2),
                weight_grad.view_as(weight),
                mixed.sum(1).view(members, n_features, 1, n_outputs)]


EMBEDDINGS = {"periodic": PeriodicEmbedding}
