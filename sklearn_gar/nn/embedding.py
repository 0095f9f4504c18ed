"""Embeddings of numeric features."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_gar.nn.cost import Cost

_N_FREQUENCIES, _N_OUTPUTS = 16, 3

# how many times as fast as a weight the factor of a value is learned
FACTOR_RATE = 6


class PeriodicEmbedding(nn.Module):
    """Each feature, with a few learned mixtures of its cosines, all scaled.

    A feature x becomes x itself and W cos(2 pi c x + phase) + b.  The frequencies c, the phases,
    W and b belong to the feature and are learned.  Networks with small weights fit functions
    that are smooth in their inputs; with the cosines they fit steps and bumps as trees do.

    Each of these values is multiplied by 1 + 6 s, with a learned s that is 0 at first.  The
    steps of Adam do not depend on the size of gradients.  So it learns this factor six times as
    fast as a weight, and soon ignores features without information.

    Parameters
    ----------
    n_features : int
        Number of features d.
    generators : sequence of torch.Generator
        One generator per member, for the initial values of its parameters.
    columns : sequence of int or None, default=None
        Features to embed.  The others, such as a column of zeros and ones, pass unchanged.
        None embeds all.
    scales : pair of float, default=(0.1, 4.0)
        Standard deviations of the initial frequencies of the slowest and of the fastest
        cosine of each feature, in periods per unit of the feature.  Those between are in
        geometric progression.  The initial weight of a cosine is divided by the square root
        of its scale, so that training finds slow functions first, and fast ones where the
        rows need them.
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
                 columns: Sequence[int] | None = None,
                 scales: tuple[float, float] = (0.1, 4.0), n_frequencies: int = _N_FREQUENCIES,
                 n_outputs: int = _N_OUTPUTS, dtype: torch.dtype = torch.float32):
        super().__init__()
        n_members, self.n_features = len(generators), n_features
        n_columns = n_features if columns is None else len(columns)
        self.register_buffer(
            "columns", None if n_columns == n_features else torch.tensor(columns, device="cpu"))
        shape = n_members, n_columns, n_frequencies
        self.frequency = nn.Parameter(torch.empty(shape, dtype=dtype, device="cpu"))
        self.phase = nn.Parameter(torch.empty(shape, dtype=dtype, device="cpu"))
        self.weight = nn.Parameter(torch.empty(*shape, n_outputs, dtype=dtype, device="cpu"))
        self.bias = nn.Parameter(
            torch.empty(n_members, n_columns, 1, n_outputs, dtype=dtype, device="cpu"))
        self.factor = nn.Parameter(torch.zeros(
            n_members, 1, self.width(n_features, n_columns, n_outputs), dtype=dtype,
            device="cpu"))
        # also in a tuple, since the module takes long to find them
        self.tensors = self.frequency, self.phase, self.weight, self.bias, self.factor
        self._draw(generators, *scales)

    @torch.no_grad()
    def _draw(self, generators, slowest, fastest):
        bound = 1 / math.sqrt(self.frequency.shape[-1])
        for member, generator in enumerate(generators):
            self.frequency[member].normal_(0, 2 * math.pi, generator=generator)
            self.phase[member].uniform_(-math.pi, math.pi, generator=generator)
            self.weight[member].uniform_(-bound, bound, generator=generator)
            self.bias[member].uniform_(-bound, bound, generator=generator)
        scales = torch.logspace(math.log10(slowest), math.log10(fastest),
                                self.frequency.shape[-1], dtype=self.frequency.dtype,
                                device="cpu")
        self.frequency.mul_(scales)
        self.weight.mul_((slowest / scales).sqrt()[:, None])

    @staticmethod
    def width(n_features: int, n_columns: int, n_outputs: int = _N_OUTPUTS) -> int:
        """Number of embedded features: the features themselves and the mixtures of cosines."""
        return n_features + n_columns * n_outputs

    @staticmethod
    def cost(n_features: int, n_columns: int, n_frequencies: int = _N_FREQUENCIES,
             n_outputs: int = _N_OUTPUTS) -> Cost:
        """Cost of :meth:`forward_and_save`, for `n_columns` of the features embedded.

        The scaling of the embedded features is not counted: it is no product with a matrix, and
        its result is saved as the input of the first layer.
        """
        n_waves = n_columns * n_frequencies
        n_embedded = PeriodicEmbedding.width(n_features, n_columns, n_outputs)
        return Cost(weights=n_waves + n_waves * n_outputs,
                    activations=n_columns + 2 * n_waves + n_embedded)

    def forward_and_save(self, X: Tensor, tensors: Sequence[Tensor]
                         ) -> tuple[Tensor, list[Tensor]]:
        """Embedded features (m, n, d + c o), and what :meth:`backward` needs.

        `tensors` are the parameters of the members that are asked.
        """
        frequency, phase, weight, bias, factor = tensors
        n_members, n_columns, _, n_outputs = weight.shape
        # rows last in memory, so that no product needs a copy
        X = X.mT.contiguous()
        chosen = self.columns  # of a module, which is slow to find them
        columns = X if chosen is None else X.index_select(-2, chosen)
        angle = torch.addcmul(phase.unsqueeze(-1), frequency.unsqueeze(-1), columns.unsqueeze(-2))
        wave = _wave("cos", angle, torch.empty_like(angle))  # (m, c, f, n)
        mixed = torch.baddbmm(bias.flatten(0, 1).mT, weight.flatten(0, 1).mT, wave.flatten(0, 1))
        mixed = mixed.view(n_members, n_columns * n_outputs, -1)
        embedded = torch.cat((X.expand(n_members, -1, -1), mixed), 1)
        return (embedded * _scale(factor)).mT, [columns, angle, wave, embedded]

    def backward(self, grad: Tensor, saved: list[Tensor], tensors: Sequence[Tensor]
                 ) -> list[Tensor]:
        """Gradients of the tensors, given the gradient of the embedded features."""
        (columns, angle, wave, embedded), weight, factor = saved, tensors[2], tensors[4]
        n_members, n_columns, n_frequencies, n_outputs = weight.shape
        grad, n_rows = grad.mT, grad.shape[-2]
        factor_grad = FACTOR_RATE * (grad * embedded).sum(-1)[:, None]
        mixed = grad[:, self.n_features:] * _scale(factor)[:, self.n_features:]
        mixed = mixed.reshape(-1, n_outputs, n_rows)
        weight_grad = torch.bmm(mixed, wave.flatten(0, 1).mT).mT.contiguous()
        angle_grad = torch.bmm(weight.flatten(0, 1).neg(), mixed).view_as(angle)
        angle_grad.mul_(_wave("sin", angle, angle))
        columns = columns.expand(n_members, n_columns, n_rows).reshape(-1, n_rows, 1)
        frequency_grad = torch.bmm(angle_grad.flatten(0, 1), columns)
        return [frequency_grad.view(n_members, n_columns, n_frequencies), angle_grad.sum(-1),
                weight_grad.view_as(weight),
                mixed.sum(-1).view(n_members, n_columns, 1, n_outputs), factor_grad]


def _scale(factor):
    """What the embedded features (m, d + c o, n) are multiplied by."""
    return factor.mT.mul(FACTOR_RATE).add_(1)


def _wave(name, angle, out):
    """Sines or cosines in `out`, by NumPy where it takes a third of the time.

    That is in single precision.  New memory for the result would take as long again.
    """
    if angle.requires_grad:
        return getattr(torch, name)(angle)
    if angle.dtype != torch.float32 or angle.device.type != "cpu":
        return getattr(torch, name)(angle, out=out)
    with np.errstate(invalid="ignore"):  # of a network that diverged
        getattr(np, name)(angle.numpy(), out=out.numpy())
    return out


EMBEDDINGS = {"periodic": PeriodicEmbedding}
