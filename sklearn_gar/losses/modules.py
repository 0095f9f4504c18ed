"""Losses as modules: each stores its hyper-parameters and calls its function.

A module takes ``(input, target, weight=None)`` and returns one value per member, as
:mod:`sklearn_gar.losses.functional` describes.  It works as the criterion of a bare
torch loop, of a skorch net and, by name or as an instance, as ``loss=`` of
:class:`sklearn_gar.GARRegressor`.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_gar.losses import functional
from sklearn_gar.losses._aggregates import (
    ALL_TERMS,
    DIFFERENCE,
    SHAPE,
    SQUARED_TERMS,
    TERMS,
    log_mean_power,
    mae_pearson,
    one_term,
)
from sklearn_gar.losses._checks import check_alpha, check_columns, check_positive, check_terms
from sklearn_gar.losses._group import Group, check_group, find_group
from sklearn_gar.losses._settings import SettingsMixin
from sklearn_gar.losses._terms import value_and_gradient


class GroupLoss(SettingsMixin, nn.Module):
    """Base class of losses of a batch whose rows may be spread over processes.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        The processes that hold the batch; see :class:`GARLoss`.
    """

    def __init__(self, *, group: Group = None):
        super().__init__()
        self.group = check_group(group)

    def __deepcopy__(self, memo):
        # a process group cannot be copied, so it is shared
        memo[id(self.group)] = self.group
        memo[id(self)] = twin = type(self).__new__(type(self))
        twin.__setstate__(copy.deepcopy(self.__dict__, memo))
        return twin

    def __getstate__(self):
        if self.group is None or isinstance(self.group, str):
            return self.__dict__
        raise TypeError(f"{type(self).__name__} with a process group cannot be pickled, got "
                        f'group={self.group!r}; pass group="world", or set group to None before')

    def extra_repr(self) -> str:
        return self._listed()

    def _listed(self, *settings):
        """The settings and the group, if there is one, separated by commas."""
        group = [] if self.group is None else [f"group={self.group!r}"]
        return ", ".join([*settings, *group])


class _TermsLoss(GroupLoss):
    """Base class of losses of the three terms, which compute value and gradient together."""

    def value_and_gradient(self, input: Tensor, target: Tensor, weight: Tensor | None = None
                           ) -> tuple[Tensor, Tensor]:
        """Value (...) and gradient (..., n, k) for detached predictions (..., n, k).

        For training loops without autograd.  The arguments are not checked.
        """
        if self.group is not None:
            group = find_group(self.group)
            return value_and_gradient(input, target, weight, self._aggregate, group)
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
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        The processes that each hold a part of the batch; "world" stands for all processes.
        None is this process alone.  `torch.distributed.group.WORLD` is None until
        `init_process_group` is called, so "world" is the safe way to name it.

    Notes
    -----
    With a `group`, the batch is the rows of all its processes together.  The value is that of
    the whole batch, the same on every process.  The gradient is that of this value in the rows
    of the process.  The gradient of a network's parameters is therefore the sum over the
    processes of what their backward passes give.

    Every process must call the loss equally often, in training and in validation.  A process
    that has run out of rows passes predictions and targets with no rows.  Weights are relative
    to all weights of the batch, and rows without a weight have the weight 1.  An invalid part
    raises an error on all processes.  A process that stays away raises one after the `timeout`
    of the group.  The processes communicate in the forward pass only.

    :class:`~torch.nn.parallel.DistributedDataParallel` divides the sum of the gradients by the
    number of processes.  The loss does not undo this, because it cannot see how the gradients
    are added up, and because its gradient is to be that of its value.  So multiply by the number
    of processes before the backward pass::

        torch.distributed.init_process_group("gloo")
        model = DistributedDataParallel(network)
        criterion = GARLoss(group="world")
        for X, y in batches:  # the rows of this process
            optimizer.zero_grad()
            (criterion(model(X), y) * torch.distributed.get_world_size()).backward()
            optimizer.step()

    A skorch net needs no wrapper.  A callback adds up the gradients of networks that start with
    the same parameters on all processes::

        class SumGradients(skorch.callbacks.Callback):
            def on_grad_computed(self, net, named_parameters, **kwargs):
                for _, parameter in named_parameters:
                    torch.distributed.all_reduce(parameter.grad)

        net = NeuralNetRegressor(network, criterion=GARLoss, criterion__group="world",
                                 callbacks=[SumGradients()])

    A copy shares the process group.  A loss with a process group cannot be pickled; one with
    "world" can.  :class:`~sklearn_gar.GARRegressor` trains in one process and takes no loss
    with a group.

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

    def __init__(self, alpha: float | Tensor = 1.0, terms: Sequence[str] = TERMS, *,
                 group: Group = None):
        super().__init__(group=group)
        self.alpha = check_alpha(alpha)
        self.terms = check_terms(terms, ALL_TERMS)

    @property
    def _aggregate(self):
        return log_mean_power(self.alpha, self.terms)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.gar_loss(input, target, weight, alpha=self.alpha, terms=self.terms,
                                   group=self.group)

    def extra_repr(self) -> str:
        terms = [] if set(self.terms) == set(TERMS) else [f"terms={self.terms}"]
        return self._listed(f"alpha={self.alpha}", *terms)


class GARSquaredErrorLoss(GARLoss):
    """:class:`GARLoss` whose conventional loss is the squared error.

    Parameters
    ----------
    alpha : float or Tensor, default=1.0
        As that of :class:`GARLoss`.
    terms : sequence of str, default=those of GAR with "squared_error"
        As those of :class:`GARLoss`.
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    def __init__(self, alpha: float | Tensor = 1.0, terms: Sequence[str] = SQUARED_TERMS, *,
                 group: Group = None):
        super().__init__(alpha, terms, group=group)


class PairwiseDifferenceLoss(_TermsLoss):
    """Variance of the errors, :func:`~sklearn_gar.losses.functional.pairwise_difference`.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    _aggregate = staticmethod(one_term(DIFFERENCE))

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.pairwise_difference(input, target, weight, group=self.group)


class NormalizedPairwiseDifferenceLoss(_TermsLoss):
    """One minus the Pearson correlation.

    See :func:`~sklearn_gar.losses.functional.normalized_pairwise_difference`.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    _aggregate = staticmethod(one_term(SHAPE))

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.normalized_pairwise_difference(input, target, weight, group=self.group)


class MAEPearsonLoss(_TermsLoss):
    """MAE and Pearson, :func:`~sklearn_gar.losses.functional.mae_pearson_loss`.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    _aggregate = staticmethod(mae_pearson)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.mae_pearson_loss(input, target, weight, group=self.group)


class AbsoluteErrorLoss(GroupLoss):
    """Mean absolute error, :func:`~sklearn_gar.losses.functional.absolute_error`.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.absolute_error(input, target, weight, group=self.group)


class SquaredErrorLoss(GroupLoss):
    """Mean squared error, :func:`~sklearn_gar.losses.functional.squared_error`.

    Parameters
    ----------
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.squared_error(input, target, weight, group=self.group)


class HuberLoss(GroupLoss):
    """Huber loss, :func:`~sklearn_gar.losses.functional.huber`.

    Parameters
    ----------
    delta : float, default=1.0
        Error, in the units of the target, beyond which the loss is linear.
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    def __init__(self, delta: float = 1.0, *, group: Group = None):
        super().__init__(group=group)
        self.delta = check_positive("delta", delta)

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.huber(input, target, weight, delta=self.delta, group=self.group)

    def extra_repr(self) -> str:
        return self._listed(f"delta={self.delta}")


class _FocalLoss(GroupLoss):
    def __init__(self, beta: float = 0.2, gamma: float = 1.0, *, group: Group = None):
        super().__init__(group=group)
        self.beta = check_positive("beta", beta)
        self.gamma = check_positive("gamma", gamma)

    def extra_repr(self) -> str:
        return self._listed(f"beta={self.beta}", f"gamma={self.gamma}")


class FocalAbsoluteErrorLoss(_FocalLoss):
    """Focal loss, :func:`~sklearn_gar.losses.functional.focal_absolute_error`.

    Parameters
    ----------
    beta : float, default=0.2
        How fast the weight of a row grows with its error.
    gamma : float, default=1.0
        Power of that weight.
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.focal_absolute_error(
            input, target, weight, beta=self.beta, gamma=self.gamma, group=self.group)


class FocalSquaredErrorLoss(_FocalLoss):
    """Focal loss, :func:`~sklearn_gar.losses.functional.focal_squared_error`.

    Parameters
    ----------
    beta : float, default=0.2
        How fast the weight of a row grows with its error.
    gamma : float, default=1.0
        Power of that weight.
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        As that of :class:`GARLoss`.
    """

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.focal_squared_error(
            input, target, weight, beta=self.beta, gamma=self.gamma, group=self.group)


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
