"""Losses as modules: each stores its hyper-parameters and calls its function.

A module takes ``(input, target, weight=None)`` and returns one value a member, as
:mod:`sklearn_gar.losses.functional` describes.  It works as the criterion of a bare
torch loop, of a skorch net and, by name or as an instance, as ``loss=`` of
:class:`sklearn_gar.GARRegressor`.
"""

import torch
from torch import Tensor, nn

from sklearn_gar.losses import functional
from sklearn_gar.losses._checks import check_alpha, check_positive


class GARLoss(nn.Module):
    """Gradient Aligned Regression loss, :func:`~sklearn_gar.losses.functional.gar_loss`.

    Parameters
    ----------
    alpha : float or Tensor, default=1.0
        Balance of the three terms, above 0; ``float("inf")`` takes their geometric
        mean.  A tensor holds one value a member.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses import GARLoss
    >>> prediction = torch.tensor([0.0, 1.0, 3.0], requires_grad=True)
    >>> GARLoss(alpha=10.0)(prediction, torch.tensor([0.0, 1.0, 2.0])).backward()
    >>> prediction.grad.shape
    torch.Size([3])
    """

    def __init__(self, alpha: float | Tensor = 1.0):
        super().__init__()
        self.alpha = check_alpha(alpha)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.gar_loss(input, target, weight, alpha=self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class PairwiseDifferenceLoss(nn.Module):
    """Variance of the errors, :func:`~sklearn_gar.losses.functional.pairwise_difference`."""

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.pairwise_difference(input, target, weight)


class NormalizedPairwiseDifferenceLoss(nn.Module):
    """One minus the Pearson correlation.

    See :func:`~sklearn_gar.losses.functional.normalized_pairwise_difference`.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.normalized_pairwise_difference(input, target, weight)


class MAEPearsonLoss(nn.Module):
    """MAE and Pearson, :func:`~sklearn_gar.losses.functional.mae_pearson_loss`."""

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.mae_pearson_loss(input, target, weight)


class AbsoluteErrorLoss(nn.Module):
    """Mean absolute error, :func:`~sklearn_gar.losses.functional.absolute_error`."""

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.absolute_error(input, target, weight)


class SquaredErrorLoss(nn.Module):
    """Mean squared error, :func:`~sklearn_gar.losses.functional.squared_error`."""

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.squared_error(input, target, weight)


class HuberLoss(nn.Module):
    """Huber loss, :func:`~sklearn_gar.losses.functional.huber`.

    Parameters
    ----------
    delta : float, default=1.0
        Error, in the units of the target, at which the square turns into a line.
    """

    def __init__(self, delta: float = 1.0):
        super().__init__()
        self.delta = check_positive("delta", delta)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.huber(input, target, weight, delta=self.delta)

    def extra_repr(self) -> str:
        return f"delta={self.delta}"


class _FocalLoss(nn.Module):
    def __init__(self, beta: float = 0.2, gamma: float = 1.0):
        super().__init__()
        self.beta = check_positive("beta", beta)
        self.gamma = check_positive("gamma", gamma)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, gamma={self.gamma}"


class FocalAbsoluteErrorLoss(_FocalLoss):
    """Focal loss, :func:`~sklearn_gar.losses.functional.focal_absolute_error`.

    Parameters
    ----------
    beta : float, default=0.2
        How fast a row's weight grows with its error.
    gamma : float, default=1.0
        Power of that weight.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.focal_absolute_error(
            input, target, weight, beta=self.beta, gamma=self.gamma)


class FocalSquaredErrorLoss(_FocalLoss):
    """Focal loss, :func:`~sklearn_gar.losses.functional.focal_squared_error`.

    Parameters
    ----------
    beta : float, default=0.2
        How fast a row's weight grows with its error.
    gamma : float, default=1.0
        Power of that weight.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.focal_squared_error(
            input, target, weight, beta=self.beta, gamma=self.gamma)


class PlainLoss(nn.Module):
    """A torch criterion of (input, target) with one result, taken member by member.

    Parameters
    ----------
    criterion : callable
        For example ``torch.nn.SmoothL1Loss()``; it knows nothing of weights.
    """

    def __init__(self, criterion):
        super().__init__()
        self.criterion = criterion

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        if weight is not None:
            raise ValueError(f"{type(self.criterion).__name__} takes no weights; use a loss of "
                             "sklearn_gar.losses or fit without sample_weight")
        if input.ndim < 3:
            return self.criterion(input, target)
        members = zip(input, target.expand_as(input))
        return torch.stack([self.criterion(one, true) for one, true in members])
