"""The three terms of GAR, what is made of them, and its gradient, in O(n).

With d = f - y and columns centred, every term is algebra on mean abs(d) and a few
moments, and its gradient is a combination of the columns sign(d), d, f and y.  So one
autograd function passes over the rows a handful of times; the rest is arithmetic on
single numbers.  Recorded operation by operation the same formula takes several times as
long, more than the rest of a small training step.

What is made of the three terms is an *aggregate*: a function of a namespace and
the terms that returns one value a member and its slope in each term.

The namespace is there because the algebra is written once and runs on three kinds of
numbers.  A call into NumPy costs a quarter of one into torch, so tensors in main
memory are read as arrays; a few members with a single target go on in Python's own
floats, a tenth again; tensors on other devices stay there and are not waited for.
"""

import math
from functools import reduce
from types import SimpleNamespace

import numpy as np
import torch

ABSOLUTE, DIFFERENCE, SHAPE = range(3)  # the terms
TERMS = ("absolute_error", "pairwise_difference", "normalized_pairwise_difference")

# members up to which one after the other in Python's floats is faster than all in NumPy
_FEW = 12

# rows of a long column taken at once: its pieces stay in the cache
_ROWS_AT_ONCE = 1 << 14

# of the deviation of y: the scale of f is not taken for smaller
_LEAST_RATIO = 1e-5

_FLOAT = SimpleNamespace(
    sqrt=math.sqrt, log=math.log, exp=math.exp, expm1=math.expm1, log1p=math.log1p,
    maximum=max, where=lambda condition, if_true, if_false: if_true if condition else if_false,
)


class Terms(torch.autograd.Function):
    """Aggregate of mean abs(d), Var(d) and 1 - Pearson(f, y), for each member."""

    @staticmethod
    def forward(ctx, input, target, weight, aggregate):
        value, ctx.gradient = value_and_gradient(input.detach(), target, weight, aggregate)
        return value

    @staticmethod
    def backward(ctx, grad_output):
        if torch.is_grad_enabled():
            raise RuntimeError("the losses of sklearn_gar are differentiable once, "
                               "got create_graph=True")
        if grad_output.ndim:
            grad_output = grad_output[..., None, None]
        return ctx.gradient * grad_output, None, None, None


def value_and_gradient(input, target, weight, aggregate):
    """Value (...) and gradient (..., n, k) for predictions without autograd's mark."""
    if input.device.type != "cpu":
        target = target.expand_as(input).mT
        value, gradient = _value_and_gradient(torch, input.mT, target, weight, aggregate)
        return value, gradient.mT
    f, y, w = input.numpy(), target.numpy(), None if weight is None else weight.numpy()
    with np.errstate(all="ignore"):  # members that diverged are the trainer's business
        if f.size == f.shape[-2]:
            w = None if w is None else w.ravel()
            if f.size > _ROWS_AT_ONCE:
                value, gradient = _piece_by_piece(f.ravel(), y.ravel(), w, aggregate)
            else:
                value, gradient = _value_and_gradient(np, f.ravel(), y.ravel(), w, aggregate)
            value = torch.scalar_tensor(value, dtype=input.dtype)
            value = value if f.ndim == 2 else value.view(f.shape[:-2])
            return value, torch.from_numpy(gradient.reshape(f.shape))
        # rows next to each other in memory are summed pairwise, to the last digits
        f, y = (np.ascontiguousarray(one.mT) for one in (f, np.broadcast_to(y, f.shape)))
        value, gradient = _value_and_gradient(np, f, y, w, aggregate)
    return torch.as_tensor(value, dtype=input.dtype), torch.from_numpy(gradient.mT)


def _value_and_gradient(xp, f, y, weight, aggregate):
    """Value of each member, and gradient in f: columns (..., k, n), or (n,) for a single one."""
    single = f.ndim == 1
    d = f - y
    sign = xp.sign(d)
    if weight is not None and not single:
        weight = weight[..., None, :]
    numbers, centred = _moments(xp, d, f, y, sign, weight)
    n_rows = f.shape[-1]
    info = np.finfo(f.dtype) if xp is np else torch.finfo(f.dtype)
    few = xp is np and f.shape[:-1] == f.shape[:1] + (1,) and len(f) <= _FEW
    if single:
        numbers = [float(number) for number in numbers]
        value, coefficients = _arithmetic(_FLOAT, numbers, n_rows, info, aggregate)
    elif few and not getattr(aggregate, "differs", False):
        value, coefficients = _one_by_one(numbers, n_rows, info, aggregate)
    else:
        if xp is np:
            numbers = [number.astype(np.float64) for number in numbers]
        value, coefficients = _arithmetic(xp, numbers, n_rows, info, aggregate)
    if not single:
        value = value[..., 0]
        coefficients = [xp.asarray(c, dtype=f.dtype)[..., None] for c in coefficients]
    return value, _gradient(coefficients, sign, centred, weight, n_rows)


def _gradient(coefficients, sign, centred, weight, n_rows):
    """Gradient in f, for which it takes the columns' memory."""
    if weight is None:
        coefficients = [coefficient * (1 / n_rows) for coefficient in coefficients]
    for coefficient, column in zip(coefficients, (sign, *centred)):
        column *= coefficient
    for column in centred:
        sign += column
    if weight is not None:
        sign *= weight
    return sign


def _piece_by_piece(f, y, weight, aggregate):
    """As :func:`_value_and_gradient` for one long column (n,)."""
    n_rows = len(f)
    pieces = [slice(first, first + _ROWS_AT_ONCE) for first in range(0, n_rows, _ROWS_AT_ONCE)]
    shares, moments = [], []
    for piece in pieces:
        d = f[piece] - y[piece]
        w = None if weight is None else weight[piece]
        shares.append(len(d) / n_rows if w is None else float(w.sum()))
        if w is not None and shares[-1]:
            w = w / w.dtype.type(shares[-1])
        moments.append(_moments(np, d, f[piece], y[piece], np.sign(d), w)[0])
    numbers = _moments_of_all(np.array(shares), np.array(moments, dtype=np.float64))
    value, coefficients = _arithmetic(_FLOAT, numbers, n_rows, np.finfo(f.dtype), aggregate)
    gradient = np.empty_like(f)
    for piece in pieces:
        d = f[piece] - y[piece]
        sign = np.sign(d, out=gradient[piece])
        centred = [column - f.dtype.type(mean)
                   for column, mean in zip((d, f[piece], y[piece]), numbers[1:4])]
        w = None if weight is None else weight[piece]
        _gradient(coefficients, sign, centred, w, n_rows)
    return value, gradient


def _moments_of_all(shares, moments):
    """Moments of a column, given each piece's share of it and its moments (pieces, 9)."""
    absolute, *means = (shares @ moments[:, :4]).tolist()
    d, f, y = moments[:, 1:4].T - np.reshape(means, (3, 1))
    between = np.stack([d * d, f * f, y * y, d * f, f * y], axis=1)
    return [absolute, *means, *(shares @ (moments[:, 4:] + between)).tolist()]


def _moments(xp, d, f, y, sign, weight):
    """Mean abs(d), means, variances of d, f, y, Cov(d, f), Cov(f, y); d, f, y centred."""
    vecdot = np.vecdot if xp is np else torch.linalg.vecdot
    if weight is None:
        share = 1 / d.shape[-1]

        def mean(column):
            return column.sum(-1) * share

        def mean_product(left, right):
            return vecdot(left, right) * share
    else:
        def mean(column):
            return vecdot(column, weight)

        def mean_product(left, right):
            return vecdot(left, right * weight)
    absolute = mean_product(sign, d)
    means = mean(d), mean(f), mean(y)
    d, f, y = (column - m[..., None] for column, m in zip((d, f, y), means))
    products = [mean_product(left, right)
                for left, right in ((d, d), (f, f), (y, y), (d, f), (f, y))]
    return (absolute, *means, *products), (d, f, y)


def _one_by_one(numbers, n_rows, info, aggregate):
    """As :func:`_arithmetic` for a few members (m, 1), each in Python's floats."""
    results = [_arithmetic(_FLOAT, each, n_rows, info, aggregate)
               for each in zip(*(number.ravel().tolist() for number in numbers))]
    values, coefficients = zip(*results)
    return np.array(values)[:, None], np.array(coefficients).T[..., None]


def _arithmetic(xp, numbers, n_rows, info, aggregate):
    """Value of each member; its gradient's coefficients of sign(d), centred d, f and y."""
    terms, along_variance, along_pearson = _terms(xp, *numbers, n_rows, info)
    n_targets = 1
    if xp is not _FLOAT:
        # each term is averaged over the targets, then aggregated
        n_targets = terms[0].shape[-1]
        terms = [term.sum(-1)[..., None] / n_targets for term in terms]
    value, slopes = aggregate(xp, [xp.maximum(term, 0 * term + info.tiny) for term in terms])
    absolute, difference, shape = [slope / n_targets for slope in slopes]
    along_d, along_f, along_y = [shape * along for along in along_pearson]
    coefficients = (absolute + 0 * along_d, difference * along_variance + along_d,
                    along_f, along_y)
    limit = float(info.max)
    return value, [xp.where(abs(c) > limit, 0 * c + limit, c) for c in coefficients]


def _terms(xp, absolute, mean_d, mean_f, mean_y, var_d, var_f, var_y, cov_df, cov_fy,
           n_rows, info):
    """Terms; coefficient of Var(d)'s gradient in d, and of 1 - Pearson's in d, f and y.

    A column whose deviation is within the rounding of its mean is constant: it has no
    direction, and standardised it is zero.  The scale of f has a floor relative to that
    of y, since dividing by the deviation of a nearly constant prediction gives gradients
    without bound; on the floor the scale does not move with f.

    1 - Cov / (std std) loses its digits near a perfect fit.  There half the squared
    distance of the standardised columns is taken, zf - zy = (1/sf - 1/sy) f + d / sy,
    which in turn loses its digits where f varies much more than y.
    """
    eps, least = float(info.eps), math.sqrt(info.tiny)
    rounding = (8 + math.sqrt(n_rows)) * eps
    std_d, std_f, std_y = xp.sqrt(var_d), xp.sqrt(var_f), xp.sqrt(var_y)
    zero = 0 * var_d
    floor = _LEAST_RATIO * std_y
    scale_f = xp.where(std_f <= abs(mean_f) * rounding + least, zero + math.inf,
                       xp.maximum(std_f, floor))
    scale_y = xp.where(std_y <= abs(mean_y) * rounding + least, zero + math.inf, std_y)
    inverse_f, inverse_y = 1 / scale_f, 1 / scale_y
    near = std_d < std_y
    gap = inverse_f - inverse_y
    distance = gap * (gap * var_f + 2 * inverse_y * cov_df) + var_d * inverse_y * inverse_y
    lacking = 2 - var_f * inverse_f * inverse_f - var_y * inverse_y * inverse_y
    pearson = xp.where(near, (distance + lacking) / 2, 1 - cov_fy * inverse_f * inverse_y)
    moving = xp.where(std_f < floor, zero + 1, pearson) * inverse_f
    # below the rounding of the moments no direction is left
    slope = xp.where(pearson <= eps, zero, inverse_f)
    along_pearson = (slope * xp.where(near, inverse_y, zero),
                     slope * (xp.where(near, gap, inverse_f) - moving),
                     slope * xp.where(near, zero, -inverse_y))
    along_variance = xp.where(std_d <= abs(mean_d) * rounding, zero, zero + 2)
    terms = absolute, var_d, xp.maximum(pearson, zero + eps)
    return terms, along_variance, along_pearson


def log_mean_power(alpha, names=TERMS):
    """Aggregate of Theorem 6: alpha log(mean_i L_i^(1/alpha)), for every alpha > 0.

    With m the largest log L_i it is m + alpha log1p(mean_i expm1((log L_i - m) / alpha)),
    which neither overflows for a small alpha nor cancels for a large one.
    """
    n_terms, chosen = len(names), None
    if n_terms < len(TERMS):
        chosen = [index for index, name in enumerate(TERMS) if name in names]

    def aggregate(xp, terms):
        if chosen:
            terms = [terms[index] for index in chosen]
        logs = [xp.log(term) for term in terms]
        alphas = _each_member(xp, alpha, logs[0])
        mean = sum(logs) / n_terms
        largest = reduce(xp.maximum, logs)
        powers = [(log - largest) / alphas for log in logs]
        value = largest + alphas * xp.log1p(sum(map(xp.expm1, powers)) / n_terms)
        value = xp.where(alphas == math.inf, mean, value)
        shares = [xp.exp(power) for power in powers]
        total = sum(shares)
        slopes = [share / (total * term) for share, term in zip(shares, terms)]
        if chosen:
            slopes = dict(zip(chosen, slopes))
            slopes = [slopes.get(index, 0 * total) for index in range(len(TERMS))]
        return value, slopes
    aggregate.differs = isinstance(alpha, torch.Tensor) and alpha.ndim > 0
    return aggregate


def one_term(index):
    """Aggregate that is one of the three terms."""
    def aggregate(xp, terms):
        return terms[index], [0 * term + (i == index) for i, term in enumerate(terms)]
    return aggregate


def mae_pearson(xp, terms):
    """Aggregate rho MAE + (1 - rho)(1 - rho), the factors rho and 1 - rho held constant."""
    slopes = 1 - terms[2], 0 * terms[1], terms[2]
    return slopes[0] * terms[0] + slopes[2] * terms[2], slopes


def _each_member(xp, alpha, like):
    """Alpha in the namespace; one a member stands before the dimension of the targets."""
    if xp is _FLOAT or not isinstance(alpha, torch.Tensor):
        alpha = float(alpha)
        return alpha if xp is _FLOAT else 0 * like + alpha
    return (alpha.cpu().double().numpy() if xp is np else alpha.to(like))[..., None]
