"""The three terms of GAR, what is made of them, and its gradient, in O(n).

With d = f - y and columns centred, every term is algebra on mean abs(d) and four
moments (Var d, Var f, Var y, Cov(d, f)), and its gradient is a combination of three
columns: d, f and sign(d).  So one autograd function passes over the rows a handful
of times; the rest is arithmetic on single numbers.  Recorded operation by operation
the same formula takes several times as long, more than the rest of a small
training step.

What is made of the three terms is an *aggregate*: a function of a namespace and
the terms that returns one value a member and its slope in each term.

The namespace is there because the algebra is written once and runs on three kinds of
numbers.  A call into NumPy costs a quarter of one into torch, so tensors in main
memory are read as arrays; a single member with a single target goes on in Python's
own floats, a tenth again; tensors on other devices stay there and are not waited for.
"""

import math
from types import SimpleNamespace

import numpy as np
import torch

_FLOAT = SimpleNamespace(
    sqrt=math.sqrt, log=math.log, exp=math.exp, expm1=math.expm1, log1p=math.log1p,
    maximum=max, where=lambda condition, if_true, if_false: if_true if condition else if_false,
)


class Terms(torch.autograd.Function):
    """Aggregate of mean abs(d), Var(d) and 1 - Pearson(f, y), for each member."""

    @staticmethod
    def forward(ctx, input, target, weight, aggregate):
        f, y = input.detach(), target.detach()
        if f.device.type != "cpu":
            y = y.expand_as(f).mT
            value, gradient = _value_and_gradient(torch, f.mT, y, weight, aggregate)
            ctx.gradient = gradient.mT
            return value
        f, y, w = f.numpy(), y.numpy(), None if weight is None else weight.numpy()
        if f.size == f.shape[-2]:
            w = None if w is None else w.ravel()
            value, gradient = _value_and_gradient(np, f.ravel(), y.ravel(), w, aggregate)
            ctx.gradient = torch.from_numpy(gradient.reshape(f.shape))
            value = torch.scalar_tensor(value, dtype=input.dtype)
            return value if f.ndim == 2 else value.view(f.shape[:-2])
        y = np.broadcast_to(y, f.shape)
        value, gradient = _value_and_gradient(np, f.mT, y.mT, w, aggregate)
        ctx.gradient = torch.from_numpy(gradient.mT)
        return torch.as_tensor(value, dtype=input.dtype)

    @staticmethod
    def backward(ctx, grad_output):
        if torch.is_grad_enabled():
            raise RuntimeError("the losses of sklearn_gar are differentiable once, "
                               "got create_graph=True")
        if grad_output.ndim:
            grad_output = grad_output[..., None, None]
        return ctx.gradient * grad_output, None, None, None


def _value_and_gradient(xp, f, y, weight, aggregate):
    """Value of each member, and gradient in f: columns (..., k, n), or (n,) for a single one."""
    single = f.ndim == 1
    d = f - y
    sign = xp.sign(d)
    if weight is not None and not single:
        weight = weight[..., None, :]
    numbers, (d, f) = _moments(xp, d, f, y, sign, weight)
    if single:
        xp, numbers = _FLOAT, [float(number) for number in numbers]
    info = np.finfo(f.dtype) if isinstance(f, np.ndarray) else torch.finfo(f.dtype)
    with np.errstate(all="ignore"):  # members that diverged are the trainer's business
        value, coefficients = _arithmetic(xp, numbers, info, aggregate)
    if weight is None:
        coefficients = [coefficient * (1 / f.shape[-1]) for coefficient in coefficients]
    if not single:
        value = value[..., 0]
        coefficients = [xp.asarray(c, dtype=f.dtype)[..., None] for c in coefficients]
    gradient = sign
    for coefficient, column in zip(coefficients, (sign, d, f)):
        column *= coefficient
    gradient += d
    gradient += f
    if weight is not None:
        gradient *= weight
    return value, gradient


def _moments(xp, d, f, y, sign, weight):
    """Mean abs(d), means of f and y, Var d, Var f, Var y, Cov(d, f); d and f centred."""
    vecdot = np.vecdot if xp is np else torch.linalg.vecdot
    if weight is None:
        def mean(column):
            return column.sum(-1) * (1 / column.shape[-1])

        def mean_product(left, right):
            return vecdot(left, right) * (1 / left.shape[-1])
    else:
        def mean(column):
            return vecdot(column, weight)

        def mean_product(left, right):
            return vecdot(left, right * weight)
    absolute = mean_product(sign, d)
    mean_f, mean_y = mean(f), mean(y)
    d, f, y = (column - m[..., None]
               for column, m in ((d, mean(d)), (f, mean_f), (y, mean_y)))
    products = mean_product(d, d), mean_product(f, f), mean_product(y, y), mean_product(d, f)
    return (absolute, mean_f, mean_y, *products), (d, f)


def _arithmetic(xp, numbers, info, aggregate):
    """Value of each member; its gradient's coefficients of sign(d), centred d, centred f."""
    terms, along_d, along_f = _terms(xp, *numbers, info)
    n_targets = 1
    if xp is not _FLOAT:
        # each term is averaged over the targets, then aggregated
        n_targets = terms[0].shape[-1]
        terms = [term.sum(-1)[..., None] / n_targets for term in terms]
    value, slopes = aggregate(xp, [xp.maximum(term, 0 * term + info.tiny) for term in terms])
    absolute, difference, shape = [slope / n_targets for slope in slopes]
    coefficients = absolute + 0 * along_d, 2 * difference + shape * along_d, shape * along_f
    limit = float(info.max)
    return value, [xp.where(abs(c) > limit, 0 * c + limit, c) for c in coefficients]


def _terms(xp, absolute, mean_f, mean_y, var_d, var_f, var_y, covariance, info):
    """Terms, and the coefficients of 1 - Pearson's gradient in centred d and centred f.

    Half the squared distance of two standardised columns is 1 - Pearson, and unlike
    1 - Cov / (std std) it keeps its digits near a perfect fit.  A column whose
    deviation is within the rounding of its mean is constant: it is standardised to
    zeros, and the variance it lacks is added back.  The scale of f has a floor
    relative to that of y, since dividing by the deviation of a nearly constant
    prediction gives gradients without bound; on the floor the scale does not move
    with f.
    """
    eps, least = float(info.eps), math.sqrt(info.tiny)
    std_f, std_y = xp.sqrt(var_f), xp.sqrt(var_y)
    floor = math.sqrt(eps) * std_y
    scale_f = xp.where(std_f <= abs(mean_f) * (8 * eps) + least, 0 * std_f + math.inf,
                       xp.maximum(std_f, floor))
    scale_y = xp.where(std_y <= abs(mean_y) * (8 * eps) + least, 0 * std_y + math.inf, std_y)
    inverse_f, inverse_y = 1 / scale_f, 1 / scale_y
    gap = inverse_f - inverse_y  # zf - zy = gap f + inverse_y d, all centred
    distance = gap * (gap * var_f + 2 * inverse_y * covariance) + var_d * inverse_y * inverse_y
    lacking = 2 - var_f * inverse_f * inverse_f - var_y * inverse_y * inverse_y
    pearson = (distance + lacking) / 2
    moving = xp.where(std_f < floor, 0 * pearson + 1, pearson) * inverse_f
    # below the rounding of the moments no direction is left
    slope = xp.where(pearson <= eps, 0 * inverse_f, inverse_f)
    terms = absolute, var_d, xp.maximum(pearson, 0 * pearson + eps)
    return terms, slope * inverse_y, slope * (gap - moving)


def log_mean_power(alpha):
    """Aggregate of Theorem 6: alpha log(mean_i L_i^(1/alpha)), for every alpha > 0.

    With m the largest log L_i it is m + alpha log1p(mean_i expm1((log L_i - m) / alpha)),
    which neither overflows for a small alpha nor cancels for a large one.
    """
    def aggregate(xp, terms):
        logs = [xp.log(term) for term in terms]
        alphas = _each_member(xp, alpha, logs[0])
        largest = xp.maximum(xp.maximum(logs[0], logs[1]), logs[2])
        powers = [(log - largest) / alphas for log in logs]
        value = largest + alphas * xp.log1p(sum(map(xp.expm1, powers)) / 3)
        value = xp.where(alphas == math.inf, sum(logs) / 3, value)
        shares = [xp.exp(power) for power in powers]
        total = sum(shares)
        return value, [share / (total * term) for share, term in zip(shares, terms)]
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
    if not isinstance(alpha, torch.Tensor):
        return alpha
    if xp is _FLOAT:
        return alpha.item()
    return (alpha.detach().cpu().double().numpy() if xp is np else alpha.to(like))[..., None]
