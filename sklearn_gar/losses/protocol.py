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
import inspect
from collections.abc import Sequence
from numbers import Real

import torch
from torch import Tensor, nn

from sklearn_gar.losses.modules import GARLoss, PlainLoss
from sklearn_gar.losses.names import LOSSES

_OPTIONS = ("value_and_gradient", "takes_features", "validation_loss", "pretrains", "per_member")


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
    has_member_settings : bool
        Whether a setting of the loss has one number for each network.
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
            _check_loss(loss)
            loss = loss if takes_weights(loss) else PlainLoss(loss)
        self.loss = loss
        self.n_members = n_members
        self.takes_features = bool(_option(loss, "takes_features"))
        self.has_stages = _option(loss, "pretrains") is not None
        self.has_validation_loss = _option(loss, "validation_loss") is not None
        self.has_member_settings = bool(member_settings(loss))
        self._has_gradient = _option(loss, "value_and_gradient") is not None
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
        if _option(self.loss, "keep_members") is not None:
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
        The alpha of each network, which ``loss="gar"`` uses; other losses use their number.
    """
    if not isinstance(loss, str):
        return Criterion(copy.deepcopy(loss), len(alphas))
    if loss not in LOSSES:
        raise ValueError(f"loss must be a module or one of {sorted(LOSSES)}, got {loss!r}")
    if loss != "gar":
        return Criterion(LOSSES[loss](), len(alphas))
    all_equal = len(set(alphas)) == 1
    alpha = alphas[0] if all_equal else torch.tensor(alphas, dtype=torch.float64, device="cpu")
    return Criterion(GARLoss(alpha), len(alphas))


def takes_weights(loss: str | nn.Module) -> bool:
    """Whether a loss, by name or as a module, takes weights of the rows."""
    return isinstance(loss, str) or "weight" in inspect.signature(loss.forward).parameters


def member_settings(loss: str | nn.Module) -> dict[str, Tensor]:
    """Settings of a loss that have one number for each network, by name."""
    settings = {name: getattr(loss, name) for name in _option(loss, "per_member") or ()}
    return {name: value for name, value in settings.items()
            if isinstance(value, Tensor) and value.ndim}


def _option(loss, name):
    """What a loss offers under this name, or None."""
    return getattr(loss, name, None)


def _check_loss(loss):
    """Raise if the loss does not follow the protocol."""
    if not isinstance(loss, nn.Module):
        remedy = f"; pass an instance, {loss.__name__}(...)" if isinstance(loss, type) else ""
        raise TypeError(f"loss must be a torch.nn.Module, got {loss!r}{remedy}")
    _check_forward(loss)
    _check_gradient(loss)
    _check_features(loss)
    _check_validation_loss(loss)
    _check_stages(loss)
    _check_per_member(loss)


def _check_forward(loss):
    if type(loss).forward is nn.Module.forward:
        raise TypeError(f"loss={loss!r} must have a method forward(input, target, weight=None), "
                        "got none")
    if takes_weights(loss):
        features = ("features",) if _option(loss, "takes_features") else ()
        _check_call(loss, "forward", ("input", "target", "weight"), features)
        return
    _check_call(loss, "forward", ("input", "target"))
    for name in _OPTIONS:
        option = _option(loss, name)
        # a second stage, pretrains = False, is offered as well
        if option is not None and (option is not False or name == "pretrains"):
            raise ValueError(
                f"loss={loss!r} has {name}, so its forward must take weights as well, got "
                f"forward{inspect.signature(loss.forward)}; write "
                "forward(self, input, target, weight=None)")


def _check_gradient(loss):
    method = _option(loss, "value_and_gradient")
    if method is None:
        return
    _check_call(loss, "value_and_gradient", ("input", "target", "weight"))
    for kind in type(loss).__mro__:
        # the losses of this package define the two together
        if "value_and_gradient" in vars(kind) or kind in LOSSES.values():
            return
        if "forward" in vars(kind):
            raise ValueError(
                f"loss={loss!r} has a forward of its own but the value_and_gradient of a base "
                f"class, which would be trained; define value_and_gradient in {kind.__name__} "
                "too, or set value_and_gradient = None there to use autograd")


def _check_features(loss):
    takes_features = _option(loss, "takes_features")
    if takes_features is None:
        return
    if not isinstance(takes_features, bool):
        raise TypeError(f"takes_features must be a bool, got {takes_features!r} in {loss!r}")
    if takes_features and _option(loss, "value_and_gradient") is not None:
        raise ValueError(f"loss={loss!r} takes features, so it cannot have value_and_gradient, "
                         "which is not given any; set value_and_gradient = None")


def _check_validation_loss(loss):
    if _option(loss, "validation_loss") is not None:
        _check_call(loss, "validation_loss", ("input", "target", "weight"))
        return
    if _option(loss, "takes_features"):
        reason = "takes features"
    elif _option(loss, "pretrains") is not None:
        reason = "has two stages"
    else:
        return
    raise ValueError(f"loss={loss!r} {reason}, so it must have a method "
                     "validation_loss(input, target, weight=None), which scores predictions alone")


def _check_stages(loss):
    pretrains = _option(loss, "pretrains")
    if pretrains is None:
        return
    if not isinstance(pretrains, bool):
        raise TypeError(f"pretrains must be a bool, got {pretrains!r} in {loss!r}; set it to "
                        "True in the constructor")
    try:
        loss.pretrains = pretrains
    except AttributeError:
        raise ValueError(f"pretrains of loss={loss!r} cannot be set, but the training sets it "
                         "for each stage; make it an attribute or give the property a setter"
                         ) from None


def _check_per_member(loss):
    names = _option(loss, "per_member")
    if names is None:
        return
    if not isinstance(names, (tuple, list)) or not all(isinstance(name, str) for name in names):
        raise TypeError("per_member must be a tuple of names of attributes, "
                        f"got {names!r} in {loss!r}")
    for name in names:
        if not hasattr(loss, name):
            raise ValueError(f"per_member names {name!r}, but {loss!r} has no attribute {name!r}; "
                             "set it in the constructor")
        value = getattr(loss, name)
        if not isinstance(value, (Real, Tensor)):
            raise TypeError(f"{name} must be a number or a tensor with one number for each "
                            f"network, got {value!r} in {loss!r}")
        if isinstance(value, Tensor) and value.ndim > 1:
            raise ValueError(f"{name} must be a number or a tensor of shape (n_networks,), "
                             f"got shape {tuple(value.shape)} in {loss!r}")
    if names:
        if _option(loss, "keep_members") is None:
            raise ValueError(f"loss={loss!r} has per_member, so it must have a method "
                             "keep_members(members); inherit from PerMemberSettings")
        _check_call(loss, "keep_members", ("members",))


def _check_call(loss, name, positional, keywords=()):
    """Raise if the method is missing, or cannot be called with these arguments."""
    method = getattr(loss, name)
    if not callable(method):
        raise TypeError(f"{name} must be a method, got {method!r} in {loss!r}")
    signature = inspect.signature(method)
    try:
        bound = signature.bind(*positional, **dict.fromkeys(keywords))
    except TypeError:
        fits = False
    else:
        # weights are passed by position
        fits = "weight" not in signature.parameters or bound.arguments.get("weight") == "weight"
    if not fits:
        remedy = ""
        if "features" in signature.parameters and "features" not in keywords:
            remedy = "; set takes_features = True"
        call = ", ".join([*positional, *(f"{word}={word}" for word in keywords)])
        raise ValueError(f"{name} of {loss!r} must allow the call {name}({call}), "
                         f"got {name}{signature}{remedy}")
