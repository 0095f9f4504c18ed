"""The protocol of a loss: what the training asks of it, and what a loss may offer.

A loss is a :class:`torch.nn.Module` with this method:

``forward(input, target, weight=None)``
    Value (m,) of each network, for predictions (m, n, k) of m networks, n rows and k targets.
    `target` is (m, n, k), or (n, k) if all networks share their rows; `weight` is (m, n), (n,)
    or None.  The networks must not depend on each other: the training differentiates the sum
    of the values.  A criterion whose `forward` has no `weight`, such as those of
    :mod:`torch.nn`, is called with the predictions (n, k) of one network at a time (see
    :class:`~sklearn_gar.losses.PlainLoss`).  It cannot be trained with weights, and cannot
    offer anything of what follows.

It may offer the following as well.  None as a class attribute withdraws what a base class
offers.

``value_and_gradient(input, target, weight=None)``
    The value (m,) and its gradient (m, n, k) in the predictions, which carry no autograd graph.
    It replaces autograd where the gradient is cheaper to write down.  A subclass that changes
    `forward` must change it as well.

``takes_features = True``
    `forward` takes the output (m, n, h) of the last hidden layer as the keyword argument
    `features`.  Such a loss needs a `validation_loss` and cannot have a `value_and_gradient`.

``validation_loss(input, target, weight=None)``
    Value (m,) that validation rows are scored by, in place of the loss itself.

``pretrains``
    A bool that the training sets: True in the first half of the epochs, False in the second.
    The loss is another one in each of the two stages, so it needs a `validation_loss` that
    compares across both.

``per_member``
    Names of the attributes that hold a setting: a number, or a tensor (m,) with one number for
    each network.

``keep_members(members)``
    Keep only the members at these indices, in this order.  A loss with `per_member` needs it;
    the base class :class:`PerMemberSettings` provides it.

``get_params(deep=True)``, ``set_params(**params)``
    Settings by name.  With them the `set_params` of an estimator and the grid of a search
    reach the settings, as ``loss__delta``.  The base class :class:`SettingsMixin` provides them
    for a loss that stores the parameters of its constructor under their names.

:class:`Criterion` asks all this in one place.  It raises an error for a loss that offers only
half of what goes together.

Examples
--------
A quantile loss, with one quantile for each network:

>>> import torch
>>> from sklearn_gar.losses import PerMemberSettings
>>> class QuantileLoss(PerMemberSettings, torch.nn.Module):
...     per_member = ("quantile",)
...
...     def __init__(self, quantile):
...         super().__init__()
...         self.quantile = quantile
...
...     def forward(self, input, target, weight=None):
...         error = target - input
...         quantile = torch.as_tensor(self.quantile)[..., None, None]
...         losses = torch.maximum(quantile * error, (quantile - 1) * error).mean(-1)
...         if weight is None:
...             return losses.mean(-1)
...         return (weight * losses).sum(-1) / weight.sum(-1)
>>> from sklearn_gar.losses import make_criterion
>>> criterion = make_criterion(QuantileLoss(torch.tensor([0.1, 0.9])), alphas=[1.0, 1.0])
>>> criterion(torch.zeros(2, 5, 1), torch.ones(5, 1))
tensor([0.1000, 0.9000])
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_gar.losses._protocol_checks import check_loss, option, takes_weights
from sklearn_gar.losses.modules import GroupLoss, PlainLoss
from sklearn_gar.losses.names import LOSSES, WITH_ALPHA


class Criterion(nn.Module):
    """A loss as the training asks it.

    Parameters
    ----------
    loss : Module
        A loss that follows the protocol of :mod:`sklearn_gar.losses.protocol`.
    n_members : int
        Number of networks m.

    Attributes
    ----------
    loss : Module
        The loss that is asked: `loss`, or a :class:`~sklearn_gar.losses.PlainLoss` around it
        if its `forward` has no `weight`.
    n_members : int
        Number of networks that are still trained.
    takes_features : bool
        Whether the loss takes the output of the last hidden layer.
    has_stages : bool
        Whether the loss has a `pretrains` attribute, so two stages.
    has_validation_loss : bool
        Whether the loss has a validation loss of its own.

    Raises
    ------
    TypeError
        If the loss is not a module, or offers something of the wrong type.
    ValueError
        If the loss offers only half of what goes together.
    """

    def __init__(self, loss: nn.Module, n_members: int):
        super().__init__()
        if type(loss) not in LOSSES.values():  # the package's own losses follow the protocol
            check_loss(loss)
            loss = loss if takes_weights(loss) else PlainLoss(loss)
        self.loss = loss
        self.n_members = n_members
        self.takes_features = bool(option(loss, "takes_features"))
        self.has_stages = option(loss, "pretrains") is not None
        self.has_validation_loss = option(loss, "validation_loss") is not None
        self._has_gradient = option(loss, "value_and_gradient") is not None
        self._check_member_settings()

    @property
    def pretrains(self) -> bool:
        """Whether the loss is in the first of its two stages; False for a loss of one stage."""
        return self.has_stages and self.loss.pretrains

    @pretrains.setter
    def pretrains(self, value: bool) -> None:
        if self.has_stages:
            self.loss.pretrains = value
        elif value:
            raise ValueError(f"loss={self.loss!r} has one stage, so it cannot pretrain; give it "
                             "an attribute pretrains = True")

    def forward(self, input: Tensor, target: Tensor, weight: Tensor | None = None, **features
                ) -> Tensor:
        """The loss itself."""
        return self.loss(input, target, weight, **features)

    def value_and_gradients(self, input: Tensor, target: Tensor, weight: Tensor | None = None,
                            features: Tensor | None = None
                            ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Value (m,) of each network, and gradients of the values' sum.

        Parameters
        ----------
        input : Tensor of shape (m, n, k)
            Predictions.
        target : Tensor of shape (m, n, k) or (n, k)
            True values.
        weight : Tensor of shape (m, n) or (n,), default=None
            Weights of the rows.
        features : Tensor of shape (m, n, h), default=None
            Output of the last hidden layer, if the loss takes features.

        Returns
        -------
        value : Tensor of shape (m,)
            Value of each network.
        gradient : Tensor of shape (m, n, k) or None
            Gradient in the predictions; None if the loss does not depend on them.
        features_gradient : Tensor of shape (m, n, h) or None
            Gradient in the features; None if the loss does not depend on them.
        """
        if self._has_gradient:
            value, gradient = self.loss.value_and_gradient(input, target, weight)
            self._check_value(value)
            if gradient.shape != input.shape:
                raise ValueError(
                    f"value_and_gradient of {self.loss!r} must return a gradient of the shape of "
                    f"the predictions, {tuple(input.shape)}, got shape {tuple(gradient.shape)}")
            return value, gradient, None
        if self.takes_features:
            value, gradients = self._differentiate(
                lambda input, features: self.loss(input, target, weight, features=features),
                input, features)
            return value, *gradients
        value, (gradient,) = self._differentiate(
            lambda input: self.loss(input, target, weight), input)
        return value, gradient, None

    def _differentiate(self, function, *tensors):
        """Values, and gradients of their sum in the tensors by autograd.

        Of several tensors, one that the values do not depend on has the gradient None.
        """
        tensors = [tensor.detach().requires_grad_() for tensor in tensors]
        with torch.enable_grad():
            value = function(*tensors)
            self._check_value(value)
            if not value.requires_grad:
                raise ValueError(f"{self.loss!r} must be differentiable, got values that do not "
                                 "depend on the predictions by operations of torch")
            gradients = torch.autograd.grad(value.sum(), tensors, allow_unused=len(tensors) > 1)
        return value.detach(), gradients

    def _check_value(self, value):
        if getattr(value, "shape", None) != (self.n_members,):
            got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
            raise ValueError(f"{self.loss!r} must return one value for each network, a tensor of "
                             f"shape ({self.n_members},), got {got}")

    def validation_loss(self, input: Tensor, target: Tensor, weight: Tensor | None = None
                        ) -> Tensor:
        """The loss's own validation loss if it has one, otherwise the loss itself."""
        score = self.loss.validation_loss if self.has_validation_loss else self.loss
        return score(input, target, weight)

    def keep_members(self, members: Tensor) -> None:
        """Keep only the members at these indices, in this order."""
        if option(self.loss, "keep_members") is not None:
            self.loss.keep_members(members)
        self.n_members = len(members)
        self._check_member_settings()

    def _check_member_settings(self):
        for name, values in member_settings(self.loss).items():
            if len(values) != self.n_members:
                raise ValueError(
                    f"loss must have one {name}, or one for each of the {self.n_members} "
                    f"networks, got {len(values)} in {self.loss!r}")


def make_criterion(loss: str | nn.Module, alphas: Sequence[float]) -> Criterion:
    """The criterion for a loss and its networks.

    Parameters
    ----------
    loss : str or Module
        A name of :data:`~sklearn_gar.losses.LOSSES`, or a loss, which is copied.
    alphas : sequence of m floats
        The alpha of each network, for the losses of `WITH_ALPHA`; others use their number.
    """
    if not isinstance(loss, str):
        if isinstance(loss, GroupLoss) and loss.group is not None:
            raise ValueError(f"loss must not have a group, got {loss!r}: the estimators train in "
                             "one process; pass a loss with group=None, or use this one in a "
                             "training loop of your own")
        return Criterion(copy.deepcopy(loss), len(alphas))
    if loss not in LOSSES:
        raise ValueError(f"loss must be a module or one of {sorted(LOSSES)}, got {loss!r}")
    if loss not in WITH_ALPHA:
        return Criterion(LOSSES[loss](), len(alphas))
    all_equal = len(set(alphas)) == 1
    alpha = alphas[0] if all_equal else torch.tensor(alphas, dtype=torch.float64, device="cpu")
    return Criterion(LOSSES[loss](alpha), len(alphas))


def member_settings(loss: str | nn.Module) -> dict[str, Tensor]:
    """Settings of a loss that have one number for each network, by name."""
    settings = {name: getattr(loss, name) for name in option(loss, "per_member") or ()}
    return {name: value for name, value in settings.items()
            if isinstance(value, Tensor) and value.ndim}
