"""Losses as modules: each stores its hyper-parameters and calls its function.

A module takes ``(input, target, weight=None)`` and returns one value per member, as
:mod:`sklearn_gar.losses.functional` describes.  It works as the criterion of a bare
torch loop, of a skorch net and, by name or as an instance, as ``loss=`` of
:class:`sklearn_gar.GARRegressor`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_gar.losses import functional
from sklearn_gar.losses._checks import check_alpha, check_columns, check_positive, check_terms
from sklearn_gar.losses._terms import (
    ALL_TERMS,
    DIFFERENCE,
    SHAPE,
    SQUARED_TERMS,
    TERMS,
    log_mean_power,
    mae_pearson,
    one_term,
    value_and_gradient,
)


class _TermsLoss(nn.Module):
    """Base class of losses of the three terms, which compute value and gradient together."""

    def value_and_gradient(self, input: Tensor, target: Tensor, weight: Tensor | None = None
                           ) -> tuple[Tensor, Tensor]:
        """Value (...) and gradient (..., n, k) for detached predictions (..., n, k).

        For training loops without autograd.  The arguments are not checked.
        """
        if weight is not None:
            weight = weight / weight.sum(-1, keepdim=True)
        return value_and_gradient(input, target, weight, self._aggregate)


class PerMemberSettings:
    """Base class of losses with settings that are one number, or one for each member.

    Attributes
    ----------
    per_member : tuple of str
        Names of the attributes that hold these settings.
    """

    per_member: tuple[str, ...]

    def keep_members(self, members: Tensor) -> None:
        """Keep only the members at these indices, in this order."""
        for name in self.per_member:
            setting = getattr(self, name)
            if isinstance(setting, Tensor) and setting.ndim:
                setattr(self, name, setting[members])


class GARLoss(PerMemberSettings, _TermsLoss):
    """Gradient Aligned Regression loss, :func:`~sklearn_gar.losses.functional.gar_loss`.

    Parameters
    ----------
    alpha : float or Tensor, default=1.0
        Balance of the three terms, above 0; ``float("inf")`` is their geometric mean.  A
        tensor holds one value per member.
    terms : sequence of str, default=the three of the paper
        Names of the terms to aggregate, each once: "absolute_error", "pairwise_difference",
        "normalized_pairwise_difference" and, in place of the first or beside it,
        "squared_error".

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses import GARLoss
    >>> prediction = torch.tensor([0.0, 1.0, 3.0], requires_grad=True)
    >>> GARLoss(alpha=10.0)(prediction, torch.tensor([0.0, 1.0, 2.0])).backward()
    >>> prediction.grad.shape
    torch.Size([3])
    """

    per_member = ("alpha",)

    def __init__(self, alpha: float | Tensor = 1.0, terms: Sequence[str] = TERMS):
        super().__init__()
        self.alpha = check_alpha(alpha)
        self.terms = check_terms(terms, ALL_TERMS)

    @property
    def _aggregate(self):
        return log_mean_power(self.alpha, self.terms)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.gar_loss(input, target, weight, alpha=self.alpha, terms=self.terms)

    def extra_repr(self) -> str:
        terms = "" if set(self.terms) == set(TERMS) else f", terms={self.terms}"
        return f"alpha={self.alpha}{terms}"


class GARSquaredErrorLoss(GARLoss):
    """:class:`GARLoss` whose conventional loss is the squared error.

    Parameters
    ----------
    alpha : float or Tensor, default=1.0
        As that of :class:`GARLoss`.
    terms : sequence of str, default=those of GAR with "squared_error"
        As those of :class:`GARLoss`.
    """

    def __init__(self, alpha: float | Tensor = 1.0, terms: Sequence[str] = SQUARED_TERMS):
        super().__init__(alpha, terms)


class PairwiseDifferenceLoss(_TermsLoss):
    """Variance of the errors, :func:`~sklearn_gar.losses.functional.pairwise_difference`."""

    _aggregate = staticmethod(one_term(DIFFERENCE))

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.pairwise_difference(input, target, weight)


class NormalizedPairwiseDifferenceLoss(_TermsLoss):
    """One minus the Pearson correlation.

    See :func:`~sklearn_gar.losses.functional.normalized_pairwise_difference`.
    """

    _aggregate = staticmethod(one_term(SHAPE))

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.normalized_pairwise_difference(input, target, weight)


class MAEPearsonLoss(_TermsLoss):
    """MAE and Pearson, :func:`~sklearn_gar.losses.functional.mae_pearson_loss`."""

    _aggregate = staticmethod(mae_pearson)

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
        Error, in the units of the target, beyond which the loss is linear.
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
        How fast the weight of a row grows with its error.
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
        How fast the weight of a row grows with its error.
    gamma : float, default=1.0
        Power of that weight.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.focal_squared_error(
            input, target, weight, beta=self.beta, gamma=self.gamma)


class PlainLoss(nn.Module):
    """A torch criterion of (input, target) that is called member by member.

    Parameters
    ----------
    criterion : callable
        For example ``torch.nn.SmoothL1Loss()``.  It returns one number and takes no weights.
    """

    def __init__(self, criterion):
        super().__init__()
        self.criterion = criterion

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        if weight is not None:
            raise ValueError(f"{type(self.criterion).__name__} takes no weights; use a loss of "
                             "sklearn_gar.losses or fit without sample_weight")
        (input, target), _ = check_columns(input, target, None)
        members = input.flatten(0, -3) if input.ndim > 2 else input[None]
        targets = target.expand_as(input).reshape(members.shape)
        values = torch.stack([self.criterion(f, y) for f, y in zip(members, targets)])
        if values.ndim != 1:
            raise ValueError(f"{type(self.criterion).__name__} must return one number, "
                             f"got shape {tuple(values.shape[1:])}")
        return values.view(input.shape[:-2])
