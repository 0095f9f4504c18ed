"""From the rows of a batch to the moments of its columns, and back to a gradient, in O(n).

With d = f - y, all that GAR needs of n rows are the sums and the inner products of four
columns: sign(d), and d, f and y less their means.  Its gradient is a combination of the
same four columns and a constant.  So a handful of passes over the rows is enough for every
function of the moments.  The columns lie one after another, so that one product of matrices
gives all inner products.

d is a column of its own, although its moments follow from those of f and y: near a perfect
fit, the difference of their moments has no digits left.
"""

from typing import Any, NamedTuple

import numpy as np

# rows in one piece of a long column, small enough for the cache
ROWS_AT_ONCE = 1 << 13


class Moments(NamedTuple):
    """Population moments: mean abs(d), mean sign(d), means, variances and covariances."""

    absolute: Any
    mean_sign: Any
    mean_d: Any
    mean_f: Any
    mean_y: Any
    var_d: Any
    var_f: Any
    var_y: Any
    cov_df: Any
    cov_fy: Any


def columns(xp, f, y):
    """sign(d), d, f and y (..., 4, n), given f and y (..., n)."""
    shape = *f.shape[:-1], 4, f.shape[-1]
    filled = np.empty(shape, f.dtype) if xp is np else f.new_empty(shape)
    filled[..., 2, :], filled[..., 3, :] = f, y
    d = xp.subtract(f, y, out=filled[..., 1, :])
    xp.sign(d, out=filled[..., 0, :])
    return filled


def centre(xp, filled, weight):
    """Means (..., 4) of the columns, and (..., 4, 4) of the products of centred columns.

    The columns d, f and y are centred in place.  Weights (..., n) sum to one.
    """
    if weight is None:
        share = 1 / filled.shape[-1]
        means = filled.sum(-1) * share
    else:
        means = xp.matmul(filled, weight[..., None])[..., 0]
    not_sign = filled[..., 1:, :]
    not_sign -= means[..., 1:, None]
    if weight is None:
        return means, xp.matmul(filled, filled.mT) * share
    return means, xp.matmul(filled * weight[..., None, :], filled.mT)


def moments(means, products):
    """Moments (...) of columns; those of a single batch (4,), (4, 4) are Python floats."""
    if products.ndim == 2:
        sign, d, f, y = means.tolist()
        (_, s, _, _), (_, dd, df, _), (_, _, ff, fy), (_, _, _, yy) = products.tolist()
        return Moments(s + sign * d, sign, d, f, y, dd, ff, yy, df, fy)
    sign, d, f, y = (means[..., i] for i in range(4))
    s, dd, df, ff, fy, yy = (products[..., i, j] for i, j in
                             ((0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)))
    return Moments(s + sign * d, sign, d, f, y, dd, ff, yy, df, fy)


def combine(centred, coefficients, weight):
    """Gradient (..., n) in f: a combination of the centred columns and 1, times row weights.

    `coefficients` (..., 5) are those of the columns and of 1.  The columns are overwritten.
    """
    if weight is None:
        coefficients = coefficients * (1 / centred.shape[-1])
    centred *= coefficients[..., :4, None]
    gradient = centred.sum(-2)
    gradient += coefficients[..., 4:]
    return gradient if weight is None else gradient * weight


def moments_by_pieces(f, y, weight):
    """Moments of a long column (n,), computed piece by piece."""
    shares, piece_moments = [], []
    for piece, w in _pieces(len(f), weight):
        share = (piece.stop - piece.start) / len(f) if w is None else float(w.sum())
        if w is not None and share:
            w = w / w.dtype.type(share)
        shares.append(share)
        piece_moments.append(moments(*centre(np, columns(np, f[piece], y[piece]), w)))
    return Moments(*merge(np.array(shares), np.array(piece_moments)).tolist())


def merge(shares, moments):
    """Moments (..., 10) of rows in p parts, from the shares (..., p) and moments (..., p, 10).

    The moments of a part are about its own means.  The variance between the parts is added.
    """
    shares = shares[..., None, :]
    means = np.matmul(shares, moments[..., :5])
    d, f, y = np.moveaxis(moments[..., 2:5] - means[..., 2:5], -1, 0)
    between = np.stack([d * d, f * f, y * y, d * f, f * y], axis=-1)
    within = np.matmul(shares, moments[..., 5:] + between)
    return np.concatenate([means, within], axis=-1)[..., 0, :]


def combine_pieces(f, y, weight, moments, coefficients):
    """As :func:`combine`, for a long column (n,) with these moments."""
    gradient, n_rows = np.empty_like(f), len(f)
    means = np.array([moments.mean_d, moments.mean_f, moments.mean_y], f.dtype)
    for piece, w in _pieces(n_rows, weight):
        centred = columns(np, f[piece], y[piece])
        not_sign = centred[1:]
        not_sign -= means[:, None]
        part = combine(centred, coefficients, w)
        gradient[piece] = part if w is not None else part * (len(part) / n_rows)
    return gradient


def _pieces(n_rows, weight):
    """Slices of the rows, and their weights."""
    for first in range(0, n_rows, ROWS_AT_ONCE):
        piece = slice(first, min(first + ROWS_AT_ONCE, n_rows))
        yield piece, None if weight is None else weight[piece]
