"""Names of the terms of GAR, and aggregates of the terms.

An *aggregate* is a function of a namespace and the terms.  It returns one value per member, and
its slope in each term.  The namespace has the functions of NumPy, for arrays of all members or,
in `FLOAT`, for the Python floats of one.
"""

import math
from types import SimpleNamespace

import torch

ABSOLUTE, DIFFERENCE, SHAPE, SQUARED = range(4)  # the terms
TERMS = ("absolute_error", "pairwise_difference", "normalized_pairwise_difference")
SQUARED_TERMS = ("squared_error", *TERMS[1:])
ALL_TERMS = (*TERMS, "squared_error")

# the functions of NumPy that the algebra calls, for Python floats
FLOAT = SimpleNamespace(
    sqrt=math.sqrt, log=math.log, expm1=math.expm1, log1p=math.log1p,
    maximum=max, where=lambda condition, if_true, if_false: if_true if condition else if_false,
    # max and min return their first argument if a comparison is with NaN, so NaN stays NaN
    clip=lambda number, low, high: (
        number if low <= number <= high else min(max(number, low), high)),
)


def log_mean_power(alpha, names=TERMS):
    """Aggregate of Theorem 6: alpha log(mean_i L_i^(1/alpha)), for every alpha > 0.

    With m the largest log L_i it is m + alpha log1p(mean_i expm1((log L_i - m) / alpha)),
    which neither overflows for a small alpha nor cancels for a large one.
    """
    chosen = [index for index, name in enumerate(ALL_TERMS) if name in names]
    n_terms = len(chosen)

    def aggregate(xp, terms):
        terms = [terms[index] for index in chosen]
        logs = [xp.log(term) for term in terms]
        alphas = _alphas(xp, alpha, logs[0])
        largest = logs[0]
        for log in logs[1:]:
            largest = xp.maximum(largest, log)
        powers = [xp.expm1((log - largest) / alphas) for log in logs]  # less 1
        value = xp.where(alphas == math.inf, sum(logs) / n_terms,
                         largest + alphas * xp.log1p(sum(powers) / n_terms))
        total = sum(powers) + n_terms
        slopes = [0 * total] * len(ALL_TERMS)
        for index, power, term in zip(chosen, powers, terms):
            slopes[index] = (1 + power) / (total * term)
        return value, slopes
    aggregate.per_member = isinstance(alpha, torch.Tensor) and alpha.ndim > 0
    return aggregate


def one_term(index):
    """Aggregate that is one of the terms."""
    def aggregate(xp, terms):
        return terms[index], [0 * term + (i == index) for i, term in enumerate(terms)]
    return aggregate


def mae_pearson(xp, terms):
    """Aggregate abs(rho) MAE + (1 - rho)(1 - rho), both factors held constant."""
    slopes = abs(1 - terms[2]), 0 * terms[1], terms[2], 0 * terms[3]
    return slopes[0] * terms[0] + slopes[2] * terms[2], slopes


def _alphas(xp, alpha, like):
    """Alpha in the namespace; alphas of members stand before the dimension of the targets."""
    if xp is FLOAT or not isinstance(alpha, torch.Tensor):
        alpha = float(alpha)
        return alpha if xp is FLOAT else 0 * like + alpha
    return alpha.cpu().double().numpy()[..., None]
