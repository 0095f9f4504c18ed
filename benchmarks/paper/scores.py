"""The paper's four metrics of all members at once."""

import torch
from torch import Tensor

from benchmarks.paper.protocol import METRICS

LOWER_IS_BETTER = ("MAE", "RMSE")
WORST = torch.tensor([float("inf") if metric in LOWER_IS_BETTER else -float("inf")
                      for metric in METRICS], dtype=torch.float64)


class Scores:
    """MAE, RMSE, Pearson's and Spearman's correlation with fixed targets.

    Each is computed for every target, then averaged over the targets (B.6).  The correlations
    of a constant prediction are 0.

    Parameters
    ----------
    y : Tensor of shape (n, k)
        Targets.
    """

    def __init__(self, y: Tensor):
        self.y = y.double().T.contiguous()  # (k, n): the rows of a target are contiguous
        self.standardised = _standardised(self.y)
        self.standardised_ranks = _standardised(average_ranks(self.y))

    def __call__(self, prediction: Tensor) -> Tensor:
        """Scores (4, m), in the order of METRICS, of finite predictions (m, n, k)."""
        f = prediction.double().mT.contiguous()  # (m, k, n)
        error = f - self.y
        scores = [error.abs().mean(-1), error.square().mean(-1).sqrt(),
                  (_standardised(f) * self.standardised).sum(-1),
                  (_standardised(average_ranks(f)) * self.standardised_ranks).sum(-1)]
        return torch.stack(scores).mean(-1)


def average_ranks(values: Tensor) -> Tensor:
    """Ranks from 0 along the last dimension; equal values get the mean of their ranks."""
    ordered, order = values.sort(dim=-1)
    places = torch.arange(values.shape[-1], device=values.device)
    differs = ordered[..., 1:] != ordered[..., :-1]
    edge = torch.ones_like(differs[..., :1])
    first = torch.where(torch.cat([edge, differs], -1), places, 0).cummax(-1).values
    last = torch.where(torch.cat([differs, edge], -1), places, len(places))
    last = last.flip(-1).cummin(-1).values.flip(-1)
    return torch.empty_like(values).scatter_(-1, order, (first + last).to(values.dtype) / 2)


def _standardised(columns):
    """Values with mean 0 and norm 1 along the last dimension; zeros if all values are equal."""
    centred = columns - columns.mean(-1, keepdim=True)
    constant = columns.amax(-1, keepdim=True) == columns.amin(-1, keepdim=True)
    # divide by the largest first: the squares of members about to diverge overflow
    centred = centred / centred.abs().amax(-1, keepdim=True).where(~constant, 1.0)
    norm = centred.norm(dim=-1, keepdim=True)
    return torch.where(constant, 0.0, centred / norm.where(~constant, 1.0))
