"""GAR's loss of arrays: the value alone, for tools that need no gradient."""

import math
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_gar.metrics._columns import check_columns, scaled, standardized

_PRECISION = np.finfo(np.float64)

# the deviation of f is taken for at least this part of the deviation of y, as in training
_LEAST_RATIO = 1e-5


@validate_params({
    "y_true": ["array-like"],
    "y_pred": ["array-like"],
    "sample_weight": ["array-like", None],
    "alpha": [Interval(Real, 0, np.inf, closed="right")],
}, prefer_skip_nested_validation=True)
def gar_loss(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None,
             alpha: float = 1.0) -> float:
    r"""Gradient Aligned Regression loss of predictions.

    It is the value of :func:`sklearn_gar.losses.gar_loss`, computed by NumPy in float64.  Tools
    that need no gradient, such as symbolic regression, can minimise it.  Lower is better.  It may
    be negative.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions.  If one is not finite, the loss is infinite: a search over formulas tries
        such formulas too.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, not negative.
    alpha : float, default=1.0
        Balance of the three terms, above 0.  Towards 0 only the largest term counts, 1 is the
        arithmetic mean, and infinity the geometric mean.

    Returns
    -------
    float
        The logarithm of the power mean of the three terms.

    Raises
    ------
    ValueError
        If shapes do not match, targets are not finite, weights are negative or all zero, or
        alpha is not above 0.

    See Also
    --------
    sklearn_gar.losses.gar_loss : The same of tensors, with its gradient.
    pearson_score : One minus the third term.

    Notes
    -----
    With :math:`d = f - y`, weights :math:`w_i` of sum 1 and weighted moments, the terms are
    :math:`L_1 = \sum_i w_i |d_i|` (Eq. 2), :math:`L_2 = \mathrm{Var}(d)` (Theorem 1) and
    :math:`L_3 = 1 - \rho(f, y)` (Corollary 3), and the loss is
    :math:`\alpha \log \frac{1}{3} \sum_j L_j^{1 / \alpha}` (Theorem 6) [1]_.  Terms are averaged
    over the targets.

    :math:`L_3` is 1 for a constant column.  In it the deviation of f is at least 1e-5 times the
    deviation of y.  Terms are at least the smallest normal number, and :math:`L_3` is at least
    2.2e-16.  So the loss of perfect predictions is finite, -37.1 with alpha 1.

    The first two terms depend on the unit of y.  With standardised targets all three have the
    same order of magnitude.

    The fitness functions of gplearn have three positional arguments::

        def fitness(y, y_pred, w):
            return gar_loss(y, y_pred, sample_weight=w)

        gplearn.fitness.make_fitness(function=fitness, greater_is_better=False)

    References
    ----------
    .. [1] D. Zhu, T. Yang, L. Jerby, "Gradient Aligned Regression via Pairwise Losses",
       ICML 2025.

    Examples
    --------
    >>> from sklearn_gar.metrics import gar_loss
    >>> gar_loss([0, 1, 2, 4], [0.1, 0.9, 2.2, 4.0])
    -3.258...
    >>> gar_loss([0, 1, 2, 4], [0, 1, 2, float("inf")])
    inf
    """
    y, f, weight = check_columns(y_true, y_pred, sample_weight, finite_predictions=False)
    y, f = y.astype(np.float64), f.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        d = f - y
    if not np.isfinite(d).all():
        return math.inf
    # terms are averaged over the targets first
    logs = np.logaddexp.reduce(_log_terms(d, f, y, weight), axis=1) - math.log(y.shape[1])
    return _log_mean_power(logs, float(alpha))


def _log_terms(d, f, y, weight):
    """Logarithms (3, k) of the terms of each target."""
    with np.errstate(divide="ignore"):  # the logarithm of 0 is replaced
        logs = [np.log(weight @ np.abs(d)), 2 * np.log(_deviation(d, weight))]
    shape = np.maximum(_shape_terms(f, y, weight), _PRECISION.eps)
    return np.stack([*np.maximum(logs, math.log(_PRECISION.tiny)), np.log(shape)])


def _shape_terms(f, y, weight):
    """1 - Pearson of each target, with a floor of the deviation of f.

    Half the mean squared distance of the standardised columns (Corollary 3) keeps its digits near
    a perfect fit.
    """
    deviation_f, deviation_y = (_deviation(columns, weight) for columns in (f, y))
    constant = [deviation <= _rounding(columns, weight)
                for columns, deviation in ((f, deviation_f), (y, deviation_y))]
    z_f, z_y = standardized(f, weight), standardized(y, weight)
    floor = _LEAST_RATIO * deviation_y
    ratio = np.where(deviation_f < floor, deviation_f / np.where(floor > 0, floor, 1), 1)
    shape = np.where(ratio < 1, 1 - ratio * (weight @ (z_f * z_y)),
                     weight @ (z_f - z_y) ** 2 / 2)
    return np.where(constant[0] | constant[1], 1, shape)


def _rounding(columns, weight):
    """Deviation up to which columns count as constant: the rounding of their means."""
    relative = (8 + math.sqrt(len(columns))) * _PRECISION.eps
    return np.abs(weight @ columns) * relative + math.sqrt(_PRECISION.tiny)


def _deviation(columns, weight):
    """Standard deviation of each column; no square leaves the float range."""
    largest = np.abs(columns).max(axis=0)
    columns = scaled(columns)
    columns = columns - weight @ columns
    return np.sqrt(weight @ columns ** 2) * largest


def _log_mean_power(logs, alpha):
    """alpha log(mean_i L_i^(1 / alpha)) of Theorem 6, without overflow or cancellation."""
    if math.isinf(alpha):
        return float(logs.mean())
    largest = logs.max()
    return float(largest + alpha * np.log1p(np.expm1((logs - largest) / alpha).mean()))
