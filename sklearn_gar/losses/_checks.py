"""What the losses demand of their arguments."""

import math
from collections.abc import Sequence
from numbers import Real

import torch


def check_columns(input, target, weight):
    """Predictions and targets as (..., n, k); weights as (..., n) summing to one."""
    for name, value in (("input", input), ("target", target)):
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            got = value.dtype if isinstance(value, torch.Tensor) else type(value).__name__
            raise TypeError(f"{name} must be a tensor of floating-point numbers, got {got}")
    same = input.shape == target.shape
    if not same and not (target.ndim == 2 and input.shape[-2:] == target.shape):
        raise ValueError(
            "input and target must have the same shape, got "
            f"{tuple(input.shape)} and {tuple(target.shape)}")
    if input.ndim == 0 or input.numel() == 0:
        raise ValueError(f"input must have at least one row, got shape {tuple(input.shape)}")
    if input.dtype.itemsize < 4:  # moments overflow in half precision
        input = input.float()
    target = target.to(input.dtype)
    if input.ndim == 1:
        input, target = input[:, None], target[:, None]
    return (input, target), weight if weight is None else _normalise(weight, input)


def _normalise(weight, input):
    rows = input.shape[:-1]
    if not isinstance(weight, torch.Tensor):
        raise TypeError(f"weight must be a tensor, got {type(weight).__name__}")
    if weight.shape not in (rows, rows[-1:]):
        raise ValueError(f"weight must have shape {tuple(rows)} or {tuple(rows[-1:])}, "
                         f"got {tuple(weight.shape)}")
    if weight.requires_grad:
        raise ValueError("weight must not require a gradient; pass weight.detach()")
    unfit = ~(weight >= 0) | weight.isinf()
    if unfit.any():
        raise ValueError(f"weight must be finite and not negative, got {weight[unfit][0].item()}")
    # by the largest first, in their own precision: huge weights and their sum may overflow in
    # that of the predictions, tiny ones vanish
    weight = weight.to(torch.promote_types(weight.dtype, input.dtype))
    largest = weight.amax(-1, keepdim=True)
    if not largest.all():
        raise ValueError("weight must have at least one number above zero for each member, "
                         "got only zeros")
    weight = (weight / largest).to(input.dtype)
    return weight / weight.sum(-1, keepdim=True)


def check_alpha(alpha, input=None):
    """Alpha as a float above zero or a tensor of them, one a member."""
    return check_each("alpha", alpha, input, or_infinite=True)


def check_each(name, value, input=None, or_infinite=False):
    """A setting as a float above zero or a tensor of them, one a member."""
    if not isinstance(value, torch.Tensor):
        return check_positive(name, value, or_infinite)
    if not (value > 0).all() or not (or_infinite or value.isfinite().all()):
        raise ValueError(f"{name} must be above 0{'' if or_infinite else ' and finite'}, "
                         f"got {value.tolist()}")
    if value.requires_grad:
        raise ValueError(f"{name} must not require a gradient; pass {name}.detach()")
    if input is not None and value.ndim and value.shape != input.shape[:-2]:
        raise ValueError(f"{name} must be one number or one a member, {tuple(input.shape[:-2])}, "
                         f"got shape {tuple(value.shape)}")
    return value


def check_positive(name, value, or_infinite=False):
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    if not number > 0 or (math.isinf(number) and not or_infinite):
        raise ValueError(f"{name} must be above 0{'' if or_infinite else ' and finite'}, "
                         f"got {value}")
    return number


def check_features(features, input):
    """Features (..., n, h) of the rows of the predictions."""
    if not isinstance(features, torch.Tensor) or not features.is_floating_point():
        got = features.dtype if isinstance(features, torch.Tensor) else type(features).__name__
        raise TypeError(f"features must be a tensor of floating-point numbers, got {got}")
    rows = input.shape[:1] if input.ndim == 1 else input.shape[:-1]
    if features.ndim != len(rows) + 1 or features.shape[:-1] != rows or not features.shape[-1]:
        raise ValueError(f"features must have shape {(*rows, 'h')} for input of shape "
                         f"{tuple(input.shape)}, got {tuple(features.shape)}")
    return features.float() if features.dtype.itemsize < 4 else features


def check_terms(terms, known):
    """Names of the terms of a loss, each once, as a tuple."""
    if terms is known:
        return known
    names = () if isinstance(terms, str) or not isinstance(terms, Sequence) else tuple(terms)
    if not names or any(name not in known or names.count(name) > 1 for name in names):
        raise ValueError(f"terms must be a sequence of one or more of {tuple(known)}, each once, "
                         f"got {terms!r}")
    return names
