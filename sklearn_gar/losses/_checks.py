"""Checks of the arguments of losses."""

import math
from collections.abc import Sequence
from numbers import Real

import torch

from sklearn_gar.losses._group import MOST_DIMENSIONS


def check_columns(input, target, weight, group=None):
    """Predictions and targets as (..., n, k), and weights (..., n) that sum to one, or None.

    Given a process group, they are a part of a batch: it may have no rows, and its weights are
    checked but do not sum to one.
    """
    for name, value in (("input", input), ("target", target)):
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            got = value.dtype if isinstance(value, torch.Tensor) else type(value).__name__
            raise TypeError(f"{name} must be a tensor of floating-point numbers, got {got}")
    same = input.shape == target.shape
    if not same and not (target.ndim == 2 and input.shape[-2:] == target.shape):
        raise ValueError(
            "input and target must have the same shape, got "
            f"{tuple(input.shape)} and {tuple(target.shape)}")
    lengths = input.shape if group is None else _without_rows(input.shape)
    if input.ndim == 0 or 0 in lengths:
        raise ValueError(f"input must have at least one row, got shape {tuple(input.shape)}")
    if group is not None and input.ndim > MOST_DIMENSIONS:
        raise ValueError(f"input must have at most {MOST_DIMENSIONS} dimensions for a group of "
                         f"processes, got {input.ndim}")
    if input.dtype.itemsize < 4:  # moments overflow in half precision
        input = input.float()
    target = target.to(input.dtype)
    if input.ndim == 1:
        input, target = input[:, None], target[:, None]
    if weight is not None:
        _check_weight(weight, input.shape[:-1])
        weight = _normalised(weight, input) if group is None else weight
    return (input, target), weight


def _without_rows(shape):
    """The shape of predictions but for the number of rows."""
    return shape[:-2] + shape[-1:] if len(shape) > 1 else ()


def _check_weight(weight, rows):
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


def _normalised(weight, input):
    """Weights that sum to one for each member, in the precision of the predictions."""
    # divided by the largest first: the sum of huge weights overflows and that of tiny weights
    # vanishes, as do the weights themselves if the predictions have a lower precision
    weight = weight.to(torch.promote_types(weight.dtype, input.dtype))
    largest = weight.amax(-1, keepdim=True)
    if not largest.all():
        raise ValueError("weight must have at least one number above zero for each member, "
                         "got only zeros")
    weight = (weight / largest).to(input.dtype)
    return weight / weight.sum(-1, keepdim=True)


def check_alpha(alpha, input=None):
    """Alpha as a float above 0 or a tensor with one number per member."""
    return check_setting("alpha", alpha, input, or_infinite=True)


def check_setting(name, value, input=None, or_infinite=False):
    """A setting as a float above 0 or a tensor with one number per member."""
    if not isinstance(value, torch.Tensor):
        return check_positive(name, value, or_infinite)
    if not (value > 0).all() or not (or_infinite or value.isfinite().all()):
        raise ValueError(f"{name} must be above 0{'' if or_infinite else ' and finite'}, "
                         f"got {value.tolist()}")
    if value.requires_grad:
        raise ValueError(f"{name} must not require a gradient; pass {name}.detach()")
    if input is not None and value.ndim and value.shape != input.shape[:-2]:
        raise ValueError(f"{name} must be one number, or one per member in a tensor of shape "
                         f"{tuple(input.shape[:-2])}, got shape {tuple(value.shape)}")
    return value


def check_positive(name, value, or_infinite=False):
    """A number above 0 as a float."""
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    if not number > 0 or (math.isinf(number) and not or_infinite):
        raise ValueError(f"{name} must be above 0{'' if or_infinite else ' and finite'}, "
                         f"got {value}")
    return number


def check_features(features, input):
    """Features (..., n, h) with the rows of the predictions."""
    if not isinstance(features, torch.Tensor) or not features.is_floating_point():
        got = features.dtype if isinstance(features, torch.Tensor) else type(features).__name__
        raise TypeError(f"features must be a tensor of floating-point numbers, got {got}")
    rows = input.shape[:1] if input.ndim == 1 else input.shape[:-1]
    if features.ndim != len(rows) + 1 or features.shape[:-1] != rows or not features.shape[-1]:
        raise ValueError(f"features must have shape {(*rows, 'h')} for input of shape "
                         f"{tuple(input.shape)}, got {tuple(features.shape)}")
    return features.float() if features.dtype.itemsize < 4 else features


def check_terms(terms, known):
    """Names of the terms of a loss as a tuple, without repetition."""
    if terms is known:
        return known
    names = () if isinstance(terms, str) or not isinstance(terms, Sequence) else tuple(terms)
    if not names or any(name not in known or names.count(name) > 1 for name in names):
        raise ValueError(f"terms must be a sequence of one or more of {tuple(known)}, each once, "
                         f"got {terms!r}")
    return names
