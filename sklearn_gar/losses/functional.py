"""Losses as pure functions of predictions and targets.

All share one calling convention: ``loss(input, target, weight=None, **parameters)``.

- ``input``, the predictions: ``(n,)``, ``(n, k)`` for k targets, or ``(..., n, k)`` for
  a stack of members.
- ``target``: the shape of ``input``, or ``(n, k)`` when all members share it.
- ``weight``, one number per row: ``(n,)``, or ``(..., n)`` when members differ.
- ``group``, a keyword: the processes that each hold a part of the rows, if there are several
  (see :class:`~sklearn_gar.losses.GARLoss`).
- The result has one value per member, shape ``(...)``: a single number for ``(n,)`` and
  ``(n, k)``.  Moments are weighted population moments over the rows.  Terms are averaged
  over the targets.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from sklearn_gar.losses._aggregates import (
    ALL_TERMS,
    DIFFERENCE,
    SHAPE,
    TERMS,
    log_mean_power,
    mae_pearson,
    one_term,
)
from sklearn_gar.losses._checks import check_alpha, check_columns, check_positive, check_terms
from sklearn_gar.losses._group import Group, announce_error, find_group
from sklearn_gar.losses._parts import mean_over_parts
from sklearn_gar.losses._terms import Terms


def gar_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
             alpha: float | Tensor = 1.0, terms: Sequence[str] = TERMS,
             group: Group = None) -> Tensor:
    r"""Gradient Aligned Regression loss.

    Parameters
    ----------
    input : Tensor of shape (n,), (n, k) or (..., n, k)
        Predictions of n rows and k targets, for each member of a stack.
    target : Tensor of the shape of `input`, or (n, k)
        True values.
    weight : Tensor of shape (n,) or (..., n), default=None
        Weights of the rows, not negative; None gives all rows the same weight.
    alpha : float or Tensor of shape (...), default=1.0
        Balance of the three terms, above 0.  Towards 0 only the largest term counts, 1 is
        the arithmetic mean, and infinity the geometric mean.  A tensor holds one value per
        member.
    terms : sequence of str, default=the three of the paper
        Names of the terms to take the power mean of, each once, in any order.  The three are
        "absolute_error", "pairwise_difference" and "normalized_pairwise_difference".
        "squared_error" may replace the first or stand beside it: the paper leaves open which
        conventional loss the pairwise terms are added to.
    group : torch.distributed.ProcessGroup, "world" or None, default=None
        Processes that each hold a part of the batch, which is described in
        :class:`~sklearn_gar.losses.GARLoss`.

    Returns
    -------
    Tensor of shape (...)
        The logarithm of the power mean of the terms; it may be negative.

    Raises
    ------
    ValueError
        If the shapes do not fit, a weight is negative, all weights of a member are
        zero, alpha is not above 0, or a term is unknown.
    TypeError
        If `input` or `target` is not a tensor of floating-point numbers.
    RuntimeError
        If torch.distributed is not initialized, or another process of the group fails.

    Notes
    -----
    With :math:`d = f - y` and population moments of the batch, the terms are
    :math:`L_1 = \frac{1}{n} \sum |d_i|` (Eq. 2), :math:`L_2 = \mathrm{Var}(d)`
    (Theorem 1) and :math:`L_3 = 1 - \rho(f, y)` (Corollary 3), and the loss is
    :math:`\alpha \log \frac{1}{3} \sum_j L_j^{1 / \alpha}` (Theorem 6).  Over a subset of
    the terms, as in the ablation of Table 5, their number takes the place of the 3.
    "squared_error" is :math:`\frac{1}{n} \sum d_i^2`.

    A column that is constant up to rounding correlates with nothing, so its
    :math:`L_3` is 1.  In :math:`\rho` the deviation of f is at least 1e-5 times the
    deviation of y, which bounds the gradient of a nearly constant prediction.  Terms are
    bounded below by the smallest normal number (:math:`L_3` by the machine precision),
    where their gradient is zero.  The gradient is computed with the value and can be
    differentiated once.

    References
    ----------
    D. Zhu, T. Yang, L. Jerby, "Gradient Aligned Regression via Pairwise Losses",
    ICML 2025.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import gar_loss
    >>> y = torch.tensor([0.0, 1.0, 2.0, 4.0])
    >>> round(gar_loss(y + torch.tensor([0.1, -0.1, 0.2, 0.0]), y).item(), 3)
    -3.258
    """
    group = find_group(group)
    try:
        aggregate = log_mean_power(check_alpha(alpha, input), check_terms(terms, ALL_TERMS))
    except (TypeError, ValueError):
        announce_error(input, group)
        raise
    return _terms(input, target, weight, aggregate, group)


def pairwise_difference(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                        group: Group = None) -> Tensor:
    r"""Pairwise difference loss, the variance of the errors.

    The mean of :math:`\frac{1}{2} ((f_i - f_j) - (y_i - y_j))^2` over all pairs of rows
    equals :math:`\mathrm{Var}(f - y)` (Theorem 1 of "Gradient Aligned Regression via
    Pairwise Losses").  Parameters and result are those of :func:`gar_loss`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import pairwise_difference
    >>> pairwise_difference(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.0])).item()
    1.0
    """
    return _terms(input, target, weight, one_term(DIFFERENCE), find_group(group))


def normalized_pairwise_difference(input: Tensor, target: Tensor,
                                   weight: Tensor | None = None, *,
                                   group: Group = None) -> Tensor:
    r"""Normalised pairwise difference loss, one minus the Pearson correlation.

    Half the squared distance of the normalised vectors of pairwise differences,
    :math:`\frac{1}{2} \| df / \|df\| - dy / \|dy\| \|^2`, equals :math:`1 - \rho(f, y)`
    (Corollary 3 of "Gradient Aligned Regression via Pairwise Losses").  Parameters and
    result are those of :func:`gar_loss`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import normalized_pairwise_difference
    >>> y = torch.tensor([0.0, 1.0, 2.0])
    >>> round(normalized_pairwise_difference(-3 * y + 1, y).item(), 6)
    2.0
    """
    return _terms(input, target, weight, one_term(SHAPE), find_group(group))


def mae_pearson_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                     group: Group = None) -> Tensor:
    r"""Mean absolute error and Pearson correlation, balanced by the correlation itself.

    :math:`|\rho| \, \mathrm{MAE} + (1 - \rho)(1 - \rho)` with the factors :math:`|\rho|` and
    :math:`1 - \rho` held constant in the gradient: the competitor "MAE-Pearson" of
    "Gradient Aligned Regression via Pairwise Losses".  Parameters and result are those of
    :func:`gar_loss`.

    In the paper the factor of the MAE is :math:`\rho` itself.  It is negative where
    predictions and targets correlate negatively, as in half of all batches of two rows at
    first, so the loss falls without bound as the errors grow.  Its absolute value, which is in
    [0, 1], makes larger errors cost more in every batch.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import mae_pearson_loss
    >>> y = torch.tensor([0.0, 1.0, 2.0])
    >>> round(mae_pearson_loss(y + 0.5, y).item(), 6)
    0.5
    """
    return _terms(input, target, weight, mae_pearson, find_group(group))


def absolute_error(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                   group: Group = None) -> Tensor:
    """Mean absolute error; parameters and result are those of :func:`gar_loss`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import absolute_error
    >>> absolute_error(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.0])).item()
    2.0
    """
    return _pointwise(input, target, weight, torch.abs, group)


def squared_error(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                  group: Group = None) -> Tensor:
    """Mean squared error; parameters and result are those of :func:`gar_loss`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import squared_error
    >>> squared_error(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 0.0])).item()
    5.0
    """
    return _pointwise(input, target, weight, torch.square, group)


def huber(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
          delta: float = 1.0, group: Group = None) -> Tensor:
    r"""Huber loss: :math:`d^2 / 2` up to `delta`, :math:`\delta (|d| - \delta / 2)` beyond.

    Parameters and result are those of :func:`gar_loss`, and `delta`, above 0, in the
    units of the target.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import huber
    >>> huber(torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0])).item()
    1.3125
    """
    check_positive("delta", delta)
    return _pointwise(input, target, weight, lambda d: torch.nn.functional.huber_loss(
        d, torch.zeros_like(d), reduction="none", delta=delta), group)


def focal_absolute_error(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                         beta: float = 0.2, gamma: float = 1.0,
                         group: Group = None) -> Tensor:
    r"""Focal loss of the absolute error, which counts hard rows for more.

    The mean of :math:`e (2 \sigma(\beta |d|) - 1)^\gamma` with :math:`e = |d|` (Yang et
    al., "Delving into Deep Imbalanced Regression", ICML 2021).  Parameters and result are
    those of :func:`gar_loss`, and `beta` and `gamma`, both above 0.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import focal_absolute_error
    >>> y = torch.zeros(2)
    >>> round(focal_absolute_error(torch.tensor([0.0, 100.0]), y, beta=1.0).item(), 6)
    50.0
    """
    return _focal(input, target, weight, torch.abs, beta, gamma, group)


def focal_squared_error(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                        beta: float = 0.2, gamma: float = 1.0, group: Group = None) -> Tensor:
    r"""Focal loss of the squared error, which counts hard rows for more.

    As :func:`focal_absolute_error`, with :math:`e = d^2`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.functional import focal_squared_error
    >>> y = torch.zeros(2)
    >>> round(focal_squared_error(torch.tensor([0.0, 100.0]), y, beta=1.0).item(), 3)
    5000.0
    """
    return _focal(input, target, weight, torch.square, beta, gamma, group)


def _terms(input, target, weight, aggregate, group):
    try:
        (input, target), weight = check_columns(input, target, weight, group)
        if target.requires_grad:
            raise ValueError("target must not require a gradient; pass target.detach()")
    except (TypeError, ValueError):
        announce_error(input, group)
        raise
    return Terms.apply(input, target, weight, aggregate, group)


def _pointwise(input, target, weight, error, group):
    """Mean of the errors over rows, then over targets."""
    group = find_group(group)
    try:
        (input, target), weight = check_columns(input, target, weight, group)
    except (TypeError, ValueError):
        announce_error(input, group)
        raise
    errors = error(input - target)
    if group is not None:
        return mean_over_parts(errors, weight, group)
    if weight is None:
        return errors.mean((-2, -1))
    return (errors * weight[..., None]).sum(-2).mean(-1)


def _focal(input, target, weight, error, beta, gamma, group):
    check_positive("beta", beta)
    check_positive("gamma", gamma)

    def focal(d):
        # 2 sigmoid(x) - 1 is tanh(x / 2); the slope of its power is infinite at 0 for gamma < 1
        factor = torch.tanh(d.abs() * (beta / 2))
        return error(d) * factor.clamp_min(torch.finfo(d.dtype).tiny) ** gamma
    return _pointwise(input, target, weight, focal, group)
