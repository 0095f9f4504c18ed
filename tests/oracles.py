"""The paper's definitions, over all pairs of rows and in plain NumPy.

Every function takes predictions ``f`` and targets ``y`` of shape (n, k) and, optionally,
weights of shape (n,), and returns one number.  Weights are masses: row i has the
probability p_i = w_i / sum(w), the pair (i, j) has p_i p_j.  Terms are averaged over the
targets first and aggregated afterwards.
"""

import numpy as np


def _masses(weight, n):
    weight = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    return weight / weight.sum()


def _row_mean(errors, weight):
    """Mean over rows, then over targets, of errors (n, k)."""
    return np.mean(_masses(weight, len(errors)) @ errors)


def _pair_differences(columns):
    """All c_i - c_j of columns (n, k), shape (n, n, k)."""
    return columns[:, None, :] - columns[None, :, :]


def _pair_mean(errors, weight):
    """Mean over pairs, for each target, of errors (n, n, k)."""
    p = _masses(weight, len(errors))
    return np.einsum("i,j,ijk->k", p, p, errors)


def absolute_error(f, y, weight=None):
    """Eq. 2."""
    return _row_mean(np.abs(f - y), weight)


def squared_error(f, y, weight=None):
    return _row_mean((f - y) ** 2, weight)


def pairwise_difference(f, y, weight=None):
    """Eq. 3-5: the mean over pairs of 1/2 ((f_i - f_j) - (y_i - y_j))^2."""
    errors = (_pair_differences(f) - _pair_differences(y)) ** 2 / 2
    return np.mean(_pair_mean(errors, weight))


def normalized_pairwise_difference(f, y, weight=None):
    """Eq. 6-7: half the squared distance of df / ||df|| and dy / ||dy||."""
    df, dy = _pair_differences(f), _pair_differences(y)
    df = df / np.sqrt(_pair_mean(df**2, weight))
    dy = dy / np.sqrt(_pair_mean(dy**2, weight))
    return np.mean(_pair_mean((df - dy) ** 2, weight)) / 2


def gar_terms(f, y, weight=None):
    terms = absolute_error, pairwise_difference, normalized_pairwise_difference
    return np.array([term(f, y, weight) for term in terms])


def log_power_mean(terms, alpha):
    """Theorem 6: alpha log(mean_i L_i^(1 / alpha)); the mean of logs for infinity."""
    if np.isinf(alpha):
        return np.mean(np.log(terms))
    return alpha * np.log(np.mean(terms ** (1 / alpha)))


def gar(f, y, weight=None, alpha=1.0):
    return log_power_mean(gar_terms(f, y, weight), alpha)


def mae_pearson(f, y, weight=None):
    """The value rho MAE + (1 - rho)(1 - rho)."""
    distance = normalized_pairwise_difference(f, y, weight)
    return (1 - distance) * absolute_error(f, y, weight) + distance**2


def huber(f, y, weight=None, delta=1.0):
    e = np.abs(f - y)
    return _row_mean(np.where(e <= delta, e**2 / 2, delta * (e - delta / 2)), weight)


def _focal_factor(f, y, beta, gamma):
    return (2 / (1 + np.exp(-beta * np.abs(f - y))) - 1) ** gamma


def focal_absolute_error(f, y, weight=None, beta=0.2, gamma=1.0):
    return _row_mean(np.abs(f - y) * _focal_factor(f, y, beta, gamma), weight)


def focal_squared_error(f, y, weight=None, beta=0.2, gamma=1.0):
    return _row_mean((f - y) ** 2 * _focal_factor(f, y, beta, gamma), weight)


def gar_terms_by_moments(f, y, weight=None):
    """Theorem 1 and Corollary 3, in O(n), for batches too large for their pairs."""
    p = _masses(weight, len(f))[:, None]
    d = f - y
    df, dy, dd = (column - np.sum(p * column, axis=0) for column in (f, y, d))
    deviations = np.sqrt(np.sum(p * df**2, axis=0) * np.sum(p * dy**2, axis=0))
    return np.array([
        np.mean(np.sum(p * np.abs(d), axis=0)),
        np.mean(np.sum(p * dd**2, axis=0)),
        np.mean(1 - np.sum(p * df * dy, axis=0) / deviations),
    ])
