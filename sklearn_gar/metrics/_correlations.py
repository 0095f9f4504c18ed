"""Pearson's and Spearman's correlation as metrics and scorers, by scikit-learn's conventions."""

import warnings

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import make_scorer
from sklearn.utils._param_validation import StrOptions, validate_params
from sklearn.utils.validation import check_array

from sklearn_gar.metrics._columns import check_columns, scaled, standardized

# values that differ by at most so many roundings of the largest are one value
_ROUNDINGS = 10

_PARAMETERS = {
    "y_true": ["array-like"],
    "y_pred": ["array-like"],
    "sample_weight": ["array-like", None],
    "multioutput": [StrOptions({"raw_values", "uniform_average"}), "array-like"],
}


@validate_params(_PARAMETERS, prefer_skip_nested_validation=True)
def pearson_score(y_true: ArrayLike, y_pred: ArrayLike, *,
                  sample_weight: ArrayLike | None = None,
                  multioutput: str | ArrayLike = "uniform_average") -> float | np.ndarray:
    r"""Pearson's correlation of predictions and targets.

    The best value is 1.0.  Shifting the predictions or multiplying them by a positive
    number changes nothing.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, not negative.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        How the scores of several targets are put together: not at all, by their mean, or
        by their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The score, or with "raw_values" the score of each target.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite or weights are negative or all zero.

    Warns
    -----
    UndefinedMetricWarning
        If targets or predictions are constant, up to rounding.  The score is 0.0 then.

    See Also
    --------
    spearman_score : The same of ranks, blind to every increasing transformation.

    Notes
    -----
    With weights :math:`w_i` of sum 1 and weighted means :math:`\bar y`, :math:`\bar f`,

    .. math::

        \rho = \frac{\sum_i w_i (f_i - \bar f)(y_i - \bar y)}
               {\sqrt{\sum_i w_i (f_i - \bar f)^2 \sum_i w_i (y_i - \bar y)^2}}

    Examples
    --------
    >>> from sklearn_gar.metrics import pearson_score
    >>> pearson_score([1, 2, 3, 4], [10, 20, 30, 40])
    1.0
    >>> pearson_score([1, 2, 3, 4], [1, 2, 3, 9])
    0.89...
    >>> pearson_score([[1, 5], [2, 6], [3, 7]], [[2, 4], [4, 3], [6, 2]],
    ...               multioutput="raw_values")
    array([ 1., -1.])
    """
    return _correlation("Pearson", _identity, y_true, y_pred, sample_weight, multioutput)


@validate_params(_PARAMETERS, prefer_skip_nested_validation=True)
def spearman_score(y_true: ArrayLike, y_pred: ArrayLike, *,
                   sample_weight: ArrayLike | None = None,
                   multioutput: str | ArrayLike = "uniform_average") -> float | np.ndarray:
    """Spearman's rank correlation of predictions and targets.

    It is Pearson's correlation of the ranks; ties share the mean of their ranks.  The
    best value is 1.0.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predictions.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, not negative.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_outputs,), \
            default="uniform_average"
        How the scores of several targets are put together: not at all, by their mean, or
        by their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The score, or with "raw_values" the score of each target.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite or weights are negative or all zero.

    Warns
    -----
    UndefinedMetricWarning
        If targets or predictions are constant, up to rounding.  The score is 0.0 then.

    See Also
    --------
    pearson_score : The same of the values themselves.

    Notes
    -----
    The weighted rank of a value is the weight of all smaller ones plus half of the weight
    of those equal to it, so a row of weight two counts as two rows.

    Examples
    --------
    >>> from sklearn_gar.metrics import spearman_score
    >>> spearman_score([1, 2, 3, 4], [1, 20, 300, 4000])
    1.0
    >>> spearman_score([1, 2, 3, 4], [1, 3, 2, 4])
    0.8...
    >>> spearman_score([1, 2, 3, 4], [1, 3, 2, 4], sample_weight=[5, 1, 1, 5])
    0.99...
    """
    return _correlation("Spearman", _mid_ranks, y_true, y_pred, sample_weight, multioutput)


pearson_scorer = make_scorer(pearson_score)
"""Scorer of :func:`pearson_score`, for the `scoring` of scikit-learn's model selection."""

spearman_scorer = make_scorer(spearman_score)
"""Scorer of :func:`spearman_score`, for the `scoring` of scikit-learn's model selection."""


def _correlation(name, transform, y_true, y_pred, sample_weight, multioutput):
    """Weighted correlation of transformed columns."""
    y_true, y_pred, weight = check_columns(y_true, y_pred, sample_weight)
    if not isinstance(multioutput, str):
        multioutput = _check_output_weights(multioutput, y_true.shape[1])
    true_constant, pred_constant = _is_constant(y_true), _is_constant(y_pred)
    true, pred = (standardized(transform(y.astype(np.float64), weight), weight)
                  for y in (y_true, y_pred))
    scores = np.clip(weight @ (true * pred), -1.0, 1.0)
    for argument, constant in (("y_true", true_constant), ("y_pred", pred_constant)):
        if constant.any():
            scores[constant] = 0.0
            warnings.warn(f"{name}'s correlation is not defined for a constant {argument}; "
                          "its score is set to 0.0.", UndefinedMetricWarning, stacklevel=4)
    if isinstance(multioutput, str):
        return scores if multioutput == "raw_values" else float(scores.mean())
    return float(np.average(scores, weights=multioutput))


def _check_output_weights(multioutput, n_outputs):
    weights = check_array(multioutput, ensure_2d=False, input_name="multioutput")
    if n_outputs == 1:
        raise ValueError("multioutput must be a string for a single output, got weights")
    if weights.shape != (n_outputs,):
        raise ValueError(f"multioutput must have one weight for each of {n_outputs} outputs, "
                         f"got shape {weights.shape}")
    return weights


def _is_constant(columns):
    """Whether each column is one value, up to the rounding of its type."""
    spread = np.ptp(scaled(columns), axis=0)
    return spread <= _ROUNDINGS * np.finfo(columns.dtype).eps


def _identity(columns, weight):
    return columns


def _mid_ranks(columns, weight):
    """Weight below each value plus half of the weight of its ties."""
    ranks = np.empty_like(columns)
    for column, rank in zip(columns.T, ranks.T):
        _, group = np.unique(column, return_inverse=True)
        tied = np.bincount(group, weights=weight)
        rank[:] = (np.cumsum(tied) - tied / 2)[group]
    return ranks
