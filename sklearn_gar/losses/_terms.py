"""The terms of GAR and the gradient of their aggregate.

Every term is algebra on the moments of a batch, and its gradient is a combination of four
columns and a constant (see :mod:`sklearn_gar.losses._moments`).  So one autograd function
passes over the rows a handful of times, and the rest is arithmetic on single numbers.  If
autograd recorded every operation of the same formula, it would take several times as long, more
than the rest of a small training step.

The algebra runs on two kinds of numbers, because calls differ in cost.  A call into NumPy takes
a quarter of the time of one into torch, so tensors in main memory are read as arrays.  An
operation on Python floats takes a tenth of that again, so they hold the moments of a few members
with a single target.  The rows of a tensor on another device stay there, and only their moments
are read: a device takes longer to begin the hundred operations of the algebra than to wait for a
few numbers.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from sklearn_gar.losses import _moments as rows
from sklearn_gar.losses._aggregates import FLOAT
from sklearn_gar.losses._moments import Moments
from sklearn_gar.losses._parts import Part

# up to so many members, Python floats one by one are faster than arrays of all members
_MOST_MEMBERS_AS_FLOATS = 12

# the deviation of f is taken for at least this part of the deviation of y
_LEAST_RATIO = 1e-5


class Terms(torch.autograd.Function):
    """Aggregate of mean abs(d), Var(d), 1 - Pearson(f, y) and mean d^2, for each member."""

    @staticmethod
    def forward(ctx, input, target, weight, aggregate, group):
        value, ctx.gradient = value_and_gradient(input.detach(), target, weight, aggregate, group)
        return value

    @staticmethod
    def backward(ctx, grad_output):
        if torch.is_grad_enabled():
            raise RuntimeError("the losses of sklearn_gar are differentiable once, "
                               "got create_graph=True")
        if grad_output.ndim:
            grad_output = grad_output[..., None, None]
        return ctx.gradient * grad_output, None, None, None, None


def value_and_gradient(input, target, weight, aggregate, group=None):
    """Value (...) and gradient (..., n, k) for predictions that carry no autograd graph.

    Weights sum to one.  Given a process group, the rows are a part of a batch that its processes
    hold, weights need not sum to one, and the value is that of the whole batch.
    """
    if group is not None:
        xp = np if input.device.type == "cpu" else torch
        return _of_part(xp, Part(input, weight, group), input, target, aggregate)
    if input.device.type != "cpu":
        return _on_device(input, target, weight, aggregate)
    f, y, w = input.numpy(), target.numpy(), None if weight is None else weight.numpy()
    with np.errstate(all="ignore"):  # a diverged member has a value that is not finite
        if f.size == f.shape[-2]:
            one_column = _piece_by_piece if f.size > rows.ROWS_AT_ONCE else _single
            value, gradient = one_column(f.ravel(), y.ravel(), None if w is None else w.ravel(),
                                         aggregate)
            value = torch.scalar_tensor(value, dtype=input.dtype, device="cpu")
            value = value if f.ndim == 2 else value.view(f.shape[:-2])
            return value, torch.from_numpy(gradient).view(f.shape)
        y = y if y.shape == f.shape else np.broadcast_to(y, f.shape)
        w = None if w is None else w[..., None, :]
        centred = rows.columns(np, f.mT, y.mT)
        value, coefficients = _of_moments(*rows.centre(np, centred, w), f.shape[-2], aggregate)
        gradient = rows.combine(centred, coefficients.astype(f.dtype), w)
    value = torch.as_tensor(value, dtype=input.dtype, device="cpu")
    return value, torch.from_numpy(gradient.mT)


def _on_device(input, target, weight, aggregate):
    """As :func:`value_and_gradient`; the rows stay on their device."""
    weight = None if weight is None else weight[..., None, :]
    centred = rows.columns(torch, input.mT, target.expand_as(input).mT)
    means, products = rows.centre(torch, centred, weight)
    numbers = torch.cat((means[..., None, :], products), -2).numpy(force=True)
    with np.errstate(all="ignore"):
        value, coefficients = _of_moments(
            numbers[..., 0, :], numbers[..., 1:, :], input.shape[-2], aggregate)
        value, coefficients = (torch.as_tensor(part.astype(numbers.dtype), device=input.device)
                               for part in (value, coefficients))
    return value, rows.combine(centred, coefficients, weight).mT


def _of_moments(means, products, n_rows, aggregate):
    """Value (...) of each member and coefficients (..., k, 5) of its gradient's columns."""
    precision = _precision(means.dtype, n_rows)
    if (means.shape[:-1] == means.shape[:1] + (1,) and len(means) <= _MOST_MEMBERS_AS_FLOATS
            and not getattr(aggregate, "per_member", False)):
        results = [_arithmetic(FLOAT, rows.moments(*each), precision, aggregate)
                   for each in zip(means[:, 0], products[:, 0])]
        values, coefficients = zip(*results)
        return np.array(values), np.array(coefficients)[:, None]
    moments = rows.moments(means.astype(np.float64), products.astype(np.float64))
    value, coefficients = _arithmetic(np, moments, precision, aggregate)
    return value[..., 0], np.stack(coefficients, -1)


def _single(f, y, weight, aggregate):
    """As :func:`value_and_gradient` for one column (n,), with moments as Python floats."""
    centred = rows.columns(np, f, y)
    moments = rows.moments(*rows.centre(np, centred, weight))
    value, coefficients = _arithmetic(FLOAT, moments, _precision(f.dtype, len(f)), aggregate)
    return value, rows.combine(centred, np.array(coefficients, f.dtype), weight)


def _piece_by_piece(f, y, weight, aggregate):
    """As :func:`_single` for a column that is longer than the cache."""
    moments = rows.moments_by_pieces(f, y, weight)
    value, coefficients = _arithmetic(FLOAT, moments, _precision(f.dtype, len(f)), aggregate)
    return value, rows.combine_pieces(f, y, weight, moments, np.array(coefficients, f.dtype))


def _of_part(xp, part, input, target, aggregate):
    """As :func:`value_and_gradient`, for the part of a batch that this process holds."""
    f, y, weight = input.mT, target.expand_as(input).mT, part.weight[..., None, :]
    if xp is np:
        f, y, weight = f.numpy(), y.numpy(), weight.numpy()
    with np.errstate(all="ignore"):
        centred = rows.columns(xp, f, y)
        own = xp.stack(rows.moments(*rows.centre(xp, centred, weight)), -1)
        shares, moments_of_parts = part.gather(torch.as_tensor(own))
        value, coefficients = _of_all_parts(shares.numpy(), moments_of_parts.numpy(), part,
                                            input.dtype, aggregate)
        share = shares[part.rank].to(input)[..., None, None]
        coefficients = torch.as_tensor(coefficients).to(input)
        if xp is np:
            share, coefficients = share.numpy(), coefficients.numpy()
        gradient = rows.combine(centred, coefficients, weight * share)
    return torch.as_tensor(value).to(input), torch.as_tensor(gradient).mT


def _of_all_parts(shares, moments_of_parts, part, dtype, aggregate):
    """Value (...), and coefficients (..., k, 5) of this part's columns, about its own means.

    The moments (p, ..., k, 10) of all parts are in main memory, whatever the device of the rows.
    """
    moments = rows.merge(np.moveaxis(shares[..., None], 0, -1),
                         np.moveaxis(moments_of_parts, 0, -2))
    precision = _precision(torch.empty(0, dtype=dtype).numpy().dtype, part.n_rows)
    value, coefficients = _arithmetic(
        np, Moments(*np.moveaxis(moments, -1, 0)), precision, aggregate)
    coefficients = np.stack(coefficients, -1)
    shift = moments_of_parts[part.rank, ..., 2:5] - moments[..., 2:5]  # of the means of d, f, y
    coefficients[..., 4] += (coefficients[..., 1:4] * shift).sum(-1)
    return value[..., 0], coefficients


class _Precision(NamedTuple):
    """What numbers of one type and moments of that many of them can hold."""

    eps: float          # spacing of the numbers at 1
    tiny: float         # smallest normal number
    max: float          # largest number
    least_std: float    # smallest deviation whose square is a normal number
    rounding: float     # of the mean of a column, relative to the mean
    least_shape: float  # 1 - Pearson up to which its gradient is rounding


@lru_cache(maxsize=256)
def _precision(dtype, n_rows):
    info = np.finfo(dtype)
    eps, tiny = float(info.eps), float(info.tiny)
    # the algebra on the moments rounds each of the two standardised variances by up to 3 eps of
    # double precision
    algebra = float(np.finfo(np.float64).eps)
    return _Precision(eps=eps, tiny=tiny, max=float(info.max), least_std=math.sqrt(tiny),
                      rounding=(8 + math.sqrt(n_rows)) * eps, least_shape=max(eps, 4 * algebra))


def _arithmetic(xp, moments, precision, aggregate):
    """Value of each member; its gradient's coefficients of sign(d), centred d, f and y, and 1."""
    terms, along_variance, along_shape = _terms(xp, moments, precision)
    tiny, largest = precision.tiny, precision.max
    if xp is FLOAT:
        value, slopes = aggregate(xp, [max(term, tiny) for term in terms])
    else:
        # each term is averaged over the targets, then aggregated
        n_targets = terms[0].shape[-1]
        terms = [term.sum(-1)[..., None] / n_targets for term in terms]
        value, slopes = aggregate(xp, [xp.maximum(term, 0 * term + tiny) for term in terms])
        slopes = [slope / n_targets for slope in slopes]
    absolute, difference, shape, squared = slopes
    along_d, along_f, along_y = along_shape
    coefficients = (absolute + 0 * along_d,
                    difference * along_variance + shape * along_d + 2 * squared,
                    shape * along_f, shape * along_y, 2 * squared * moments.mean_d)
    return value, [xp.clip(c, -largest, largest) for c in coefficients]


def _terms(xp, moments: Moments, precision):
    """Terms; coefficient of Var(d)'s gradient in d, and of 1 - Pearson's in d, f and y.

    A column whose deviation is within the rounding of its mean counts as constant: its
    standardised column is zero.  The scale of f has a floor relative to that of y, because
    division by the deviation of a nearly constant prediction gives unbounded gradients.

    1 - Cov / (std std) loses its digits near a perfect fit.  There half the squared
    distance of the standardised columns is taken, zf - zy = (1/sf - 1/sy) f + d / sy,
    which in turn loses its digits where f varies much more than y.  At a perfect fit both
    are rounding alone, and so is the direction of their gradient: it is set to zero there.
    """
    absolute, _, mean_d, mean_f, mean_y, var_d, var_f, var_y, cov_df, cov_fy = moments
    eps, least, rounding = precision.eps, precision.least_std, precision.rounding
    std_d, std_f, std_y = xp.sqrt(var_d), xp.sqrt(var_f), xp.sqrt(var_y)
    zero = 0 * var_d
    floor = _LEAST_RATIO * std_y
    infinite = zero + math.inf
    scale_f = xp.where(std_f <= abs(mean_f) * rounding + least, infinite,
                       xp.maximum(std_f, floor))
    scale_y = xp.where(std_y <= abs(mean_y) * rounding + least, infinite, std_y)
    inverse_f, inverse_y = 1 / scale_f, 1 / scale_y
    # d of a constant f may have lost the digits of y
    near = (std_d < std_y) & (inverse_f > 0)
    gap = inverse_f - inverse_y
    distance = gap * (gap * var_f + 2 * inverse_y * cov_df) + var_d * inverse_y * inverse_y
    shortfall = 2 - var_f * inverse_f * inverse_f - var_y * inverse_y * inverse_y
    shape = xp.where(near, (distance + shortfall) / 2, 1 - cov_fy * inverse_f * inverse_y)
    # how the scale of f moves with f; on the floor it does not
    along_scale = xp.where(std_f < floor, zero + 1, shape) * inverse_f
    slope = xp.where(shape <= precision.least_shape, zero, inverse_f)
    along_shape = (slope * xp.where(near, inverse_y, zero),
                   slope * (xp.where(near, gap, inverse_f) - along_scale),
                   slope * xp.where(near, zero, -inverse_y))
    along_variance = xp.where(std_d <= abs(mean_d) * rounding, zero, zero + 2)
    terms = absolute, var_d, xp.maximum(shape, zero + eps), var_d + mean_d * mean_d
    return terms, along_variance, along_shape
