"""Whether a loss follows the protocol of :mod:`sklearn_gar.losses.protocol`."""

import inspect
from numbers import Real

from torch import Tensor, nn

from sklearn_gar.losses.names import LOSSES

_OPTIONS = ("value_and_gradient", "takes_features", "validation_loss", "pretrains", "per_member")


def option(loss, name):
    """What a loss offers under this name, or None."""
    return getattr(loss, name, None)


def takes_weights(loss: str | nn.Module) -> bool:
    """Whether a loss, by name or as a module, takes weights of the rows."""
    return isinstance(loss, str) or "weight" in inspect.signature(loss.forward).parameters


def check_loss(loss):
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
        features = ("features",) if option(loss, "takes_features") else ()
        _check_call(loss, "forward", ("input", "target", "weight"), features)
        return
    _check_call(loss, "forward", ("input", "target"))
    for name in _OPTIONS:
        offered = option(loss, name)
        # a second stage, pretrains = False, is offered as well
        if offered is not None and (offered is not False or name == "pretrains"):
            raise ValueError(
                f"loss={loss!r} has {name}, so its forward must take weights as well, got "
                f"forward{inspect.signature(loss.forward)}; write "
                "forward(self, input, target, weight=None)")


def _check_gradient(loss):
    method = option(loss, "value_and_gradient")
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
    takes_features = option(loss, "takes_features")
    if takes_features is None:
        return
    if not isinstance(takes_features, bool):
        raise TypeError(f"takes_features must be a bool, got {takes_features!r} in {loss!r}")
    if takes_features and option(loss, "value_and_gradient") is not None:
        raise ValueError(f"loss={loss!r} takes features, so it cannot have value_and_gradient, "
                         "which is not given any; set value_and_gradient = None")


def _check_validation_loss(loss):
    if option(loss, "validation_loss") is not None:
        _check_call(loss, "validation_loss", ("input", "target", "weight"))
        return
    if option(loss, "takes_features"):
        reason = "takes features"
    elif option(loss, "pretrains") is not None:
        reason = "has two stages"
    else:
        return
    raise ValueError(f"loss={loss!r} {reason}, so it must have a method "
                     "validation_loss(input, target, weight=None), which scores predictions alone")


def _check_stages(loss):
    pretrains = option(loss, "pretrains")
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
    names = option(loss, "per_member")
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
        if option(loss, "keep_members") is None:
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
