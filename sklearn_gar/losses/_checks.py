"""What the losses demand of their arguments."""

import math
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
    weight = weight.to(input.dtype)
    # by the largest first: the sum of huge weights overflows, that of tiny ones vanishes
    largest = weight.amax(-1, keepdim=True)
    if not largest.all():
        raise ValueError("weight must have at least one number above zero for each member, "
                         "got only zeros")
    weight = weight / largest
    return weight / weight.sum(-1, keepdim=True)


def check_alpha(alpha, input=None):
    """Alpha as a float above zero or a tensor of them, one a member."""
    if not isinstance(alpha, torch.Tensor):
        return check_positive("alpha", alpha, or_infinite=True)
    if not (alpha > 0).all():
        raise ValueError(f"alpha must be above 0, got {alpha.tolist()}")
    if alpha.requires_grad:
        raise ValueError("alpha must not require a gradient; pass alpha.detach()")
    if input is not None and alpha.ndim and alpha.shape != input.shape[:-2]:
        raise ValueError(f"alpha must be one number or one a member, {tuple(input.shape[:-2])}, "
                         f"got shape {tuple(alpha.shape)}")
    return alpha


def check_positive(name, value, or_infinite=False):
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    if not number > 0 or (math.isinf(number) and not or_infinite):
        raise ValueError(f"{name} must be above 0{'' if or_infinite else ' and finite'}, "
                         f"got {value}")
    return number
