"""Losses over features as pure functions.

They share the calling convention of :mod:`sklearn_gar.losses.functional`, with one argument
more:

- ``features``, the output of the last hidden layer: ``(..., n, h)`` for predictions
  ``(..., n, k)``, or ``(n, h)`` for ``(n,)`` and ``(n, k)``.

The distance of two labels is the Euclidean distance of their k targets.  Each result is
differentiable once, in predictions and features.
"""

from functools import partial

from torch import Tensor

from sklearn_gar.losses._checks import (
    check_columns,
    check_features,
    check_positive,
    check_setting,
)
from sklearn_gar.losses.functional import absolute_error
from sklearn_gar.losses.latent._comparison import Comparison
from sklearn_gar.losses.latent._conr import Contrast
from sklearn_gar.losses.latent._ranksim import RankSimilarity
from sklearn_gar.losses.latent._rnc import RankContrast


def ranksim_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
                 features: Tensor, gamma: float | Tensor = 100.0,
                 interpolation: float | Tensor = 2.0) -> Tensor:
    r"""Mean absolute error and RankSim, the ranking similarity regulariser.

    Parameters
    ----------
    input : Tensor of shape (n,), (n, k) or (..., n, k)
        Predictions of n rows and k targets, for each member of a stack.
    target : Tensor of the shape of `input`, or (n, k)
        True values.
    weight : Tensor of shape (n,) or (..., n), default=None
        Weights of the rows, not negative; None gives all rows the same weight.
    features : Tensor of shape (n, h) or (..., n, h)
        Output of the last hidden layer.
    gamma : float or Tensor of shape (...), default=100.0
        Weight of the regulariser, above 0; the default is that of its authors.  A tensor
        holds one value per member.
    interpolation : float or Tensor of shape (...), default=2.0
        The :math:`\lambda` of the gradient, above 0.  Towards 0 the gradient is that of the
        ranks, which is zero almost everywhere.  A larger value takes more neighbours in rank
        into account.

    Returns
    -------
    Tensor of shape (...)
        The loss of each member.

    Raises
    ------
    ValueError
        If the shapes do not fit, a weight is negative, all weights of a member are zero, or
        `gamma` or `interpolation` is not above 0 and finite.
    TypeError
        If `input`, `target` or `features` is not a tensor of floating-point numbers.

    Notes
    -----
    Over M rows with one row for each distinct label the loss is

    .. math:: \frac{1}{n} \sum_i |f_i - y_i| + \gamma \sum_{i=1}^{M} \frac{1}{M} \sum_{j=1}^M
        \left(\mathrm{rk}(S^y_{i \cdot})_j - \mathrm{rk}(S^z_{i \cdot})_j\right)^2

    with :math:`S^y_{ij} = -\|y_i - y_j\|`, :math:`S^z_{ij}` the cosine of the features and
    ranks from :math:`1 / M` for the largest to 1 for the smallest (Section 3 of [1]_).  The
    gradient in a row :math:`a` of :math:`S^z` is that of the linear interpolation of the
    ranks, :math:`-\frac{1}{\lambda} (\mathrm{rk}(a) - \mathrm{rk}(a + \lambda g))`, where
    :math:`g` is the gradient of :math:`\gamma` times the regulariser in the ranks [2]_.

    The papers leave some points open.  The row that represents a label is the first of the
    batch, which is a random one where batches are shuffled.  The order of the other rows does
    not matter.  Equal similarities rank in the order of the labels, smallest first.
    Similarities are ranked in single precision.  A row of zeros in the features has cosine
    zero with every row and no gradient.

    Weights apply to the absolute error.  The regulariser does not use them, because it
    depends on which labels there are and not on how many rows have them.  So a row of weight
    two is the row twice, and a row of weight zero is ignored.

    References
    ----------
    .. [1] Y. Gong, G. Mori, F. Tung, "RankSim: Ranking Similarity Regularization for Deep
       Imbalanced Regression", ICML 2022, arXiv 2205.15236.
    .. [2] M. Vlastelica, A. Paulus, V. Musil, G. Martius, M. Rolinek, "Differentiation of
       Blackbox Combinatorial Solvers", ICLR 2020.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.latent.functional import ranksim_loss
    >>> y = torch.tensor([0.0, 1.0, 3.0])
    >>> features = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    >>> ranksim_loss(y + 0.5, y, features=features).item()
    0.5
    """
    settings = (check_setting("gamma", gamma, input),
                check_setting("interpolation", interpolation, input))
    regulariser = _compare(RankSimilarity, input, target, weight, features, settings=settings)
    return absolute_error(input, target, weight) + regulariser


def rnc_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
             features: Tensor, temperature: float | Tensor = 2.0) -> Tensor:
    r"""Rank-N-Contrast, which orders features as the labels and ignores predictions.

    Parameters
    ----------
    input : Tensor of shape (n,), (n, k) or (..., n, k)
        Predictions; only their shape matters, because the loss does not depend on them.
    target : Tensor of the shape of `input`, or (n, k)
        True values.
    weight : Tensor of shape (n,) or (..., n), default=None
        Weights of the rows, not negative; None gives all rows the same weight.
    features : Tensor of shape (n, h) or (..., n, h)
        Output of the last hidden layer.
    temperature : float or Tensor of shape (...), default=2.0
        The divisor :math:`\tau` of the distances of features, above 0.  A tensor holds one
        value per member.

    Returns
    -------
    Tensor of shape (...)
        The loss of each member.

    Raises
    ------
    ValueError
        If the shapes do not fit, a weight is negative, all weights of a member are zero, or
        `temperature` is not above 0 and finite.
    TypeError
        If `input`, `target` or `features` is not a tensor of floating-point numbers.

    Notes
    -----
    With features :math:`v` and :math:`S_{ij} = \{k \neq i : \|y_i - y_k\| \geq
    \|y_i - y_j\|\}` the loss (Equations 1 and 2 of [1]_, with one view of each row) is

    .. math:: \frac{1}{n} \sum_i \frac{1}{n - 1} \sum_{j \neq i} -\log
        \frac{\exp(-\|v_i - v_j\| / \tau)}{\sum_{k \in S_{ij}} \exp(-\|v_i - v_k\| / \tau)}.

    The sum includes all k at the distance of j, and j itself.  Two distances of labels are
    equal if they have the same bits in the precision of `target`.  The loss takes
    :math:`O(n^2 (h + \log n))` operations.

    A weight counts as that many rows which are not contrasted with each other: anchor i
    has the share :math:`w_i`, its pair with j the share :math:`w_j / \sum_{l \neq i} w_l`,
    and the term of k in a denominator is multiplied by :math:`w_k`, in units of the mean
    weight.  A single row has nothing to be contrasted with, so its loss is zero.  The paper
    mentions neither weights nor features that coincide.  Here the distance of features is at
    least its rounding error, about 1e-3 of the largest deviation in single precision.

    References
    ----------
    .. [1] K. Zha, P. Cao, J. Son, Y. Yang, D. Katabi, "Rank-N-Contrast: Learning Continuous
       Representations for Regression", NeurIPS 2023, arXiv 2210.01189.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.latent.functional import rnc_loss
    >>> y = torch.tensor([0.0, 1.0, 3.0])
    >>> in_order, out_of_order = torch.tensor([[0.0, 5.0, 9.0], [0.0, 9.0, 5.0]])[..., None]
    >>> bool(rnc_loss(y, y, features=in_order) < rnc_loss(y, y, features=out_of_order))
    True
    """
    settings = (check_setting("temperature", temperature, input),)
    return _compare(RankContrast, input, target, weight, features, settings=settings)


def conr_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *,
              features: Tensor, beta: float | Tensor = 1.0, window: float = 1.0,
              temperature: float = 0.07) -> Tensor:
    r"""Mean absolute error and ConR, the contrastive regulariser.

    Parameters
    ----------
    input : Tensor of shape (n,), (n, k) or (..., n, k)
        Predictions of n rows and k targets, for each member of a stack.
    target : Tensor of the shape of `input`, or (n, k)
        True values.
    weight : Tensor of shape (n,) or (..., n), default=None
        Weights of the rows, not negative; None gives all rows the same weight.
    features : Tensor of shape (n, h) or (..., n, h)
        Output of the last hidden layer.
    beta : float or Tensor of shape (...), default=1.0
        Weight of the regulariser, above 0.  A tensor holds one value per member.
    window : float, default=1.0
        Distance, in units of the target, up to which labels or predictions are alike.
    temperature : float, default=0.07
        The divisor :math:`\tau` of the cosines, above 0.

    Returns
    -------
    Tensor of shape (...)
        The loss of each member.

    Raises
    ------
    ValueError
        If the shapes do not fit, a weight is negative, all weights of a member are zero, or
        `beta`, `window` or `temperature` is not above 0 and finite.
    TypeError
        If `input`, `target` or `features` is not a tensor of floating-point numbers.

    Notes
    -----
    Row i is a positive of the anchor j if their labels are at most `window` apart.  Row q is
    a negative if their labels are farther apart but their predictions are not.  With
    normalised features :math:`z` the loss [1]_ is :math:`\frac{1}{n} \sum_i |f_i - y_i| +
    \beta \frac{1}{n} \sum_j L_j` with

    .. math:: L_j = -\log \frac{1}{N_j^+} \sum_{i \in K_j^+}
        \frac{\exp(z_j \cdot z_i / \tau)}{\sum_{p \in K_j^+} \exp(z_j \cdot z_p / \tau) +
        \sum_{q \in K_j^-} S_{jq} \exp(z_j \cdot z_q / \tau)}

    and the pushing weight :math:`S_{jq} = \exp(0.01 \|y_j - y_q\|)`, without a density of
    the labels.  An anchor without negatives contributes nothing.  Which rows are negatives
    is constant in the gradient.

    The paper has two augmented views of each row, each of which is a positive of the other.
    Here each row has one view.  An anchor is not its own positive, and an anchor without
    positives contributes nothing.  A row of zeros in the features has cosine zero with every
    row and no gradient.

    A weight counts as that many rows which are not contrasted with each other: the share of
    anchor j is :math:`w_j`, and the term of each row in sums and in :math:`N_j^+` is
    multiplied by its weight in units of the mean weight.  In the absolute error a weight of
    two is the row twice.

    References
    ----------
    .. [1] M. Keramati, L. Meng, R. D. Evans, "ConR: Contrastive Regularizer for Deep
       Imbalanced Regression", ICLR 2024, arXiv 2309.06651.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.losses.latent.functional import conr_loss
    >>> y = torch.tensor([0.0, 0.0, 4.0, 4.0])
    >>> confused, apart = torch.full((4,), 2.0), y
    >>> features = torch.tensor([[1.0, 0.1], [1.0, 0.0], [0.9, 0.0], [1.0, 0.2]])
    >>> bool(conr_loss(confused, y, features=features) > 2.5)
    True
    >>> conr_loss(apart, y, features=features).item()
    0.0
    """
    beta = check_setting("beta", beta, input)
    kind = partial(Contrast, window=check_positive("window", window),
                   temperature=check_positive("temperature", temperature))
    regulariser = _compare(kind, input, target, weight, features, takes_predictions=True)
    if isinstance(beta, Tensor):
        beta = beta.to(regulariser)
    return absolute_error(input, target, weight) + beta * regulariser


def _compare(kind, input, target, weight, features, takes_predictions=False, settings=()):
    """Value of each member, its dimensions as those of the predictions."""
    features = check_features(features, input)
    (input, target), weight = check_columns(input, target, weight)
    if target.requires_grad:
        raise ValueError("target must not require a gradient; pass target.detach()")
    members = input.shape[:-2]
    flat = features.reshape(-1, *features.shape[-2:])
    if target.ndim > 2:
        target = target.reshape(-1, *target.shape[-2:])
    if weight is not None and weight.ndim > 1:
        weight = weight.reshape(-1, weight.shape[-1])
    columns = (input.detach().reshape(-1, *input.shape[-2:]),) if takes_predictions else ()
    value = Comparison.apply(flat, kind, target, weight, columns, settings)
    return value.view(members)
