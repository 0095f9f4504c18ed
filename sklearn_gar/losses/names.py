"""The losses of this package by name."""

from sklearn_gar.losses.latent import ConRLoss, RankSimLoss, RNCLoss
from sklearn_gar.losses.modules import (
    AbsoluteErrorLoss,
    FocalAbsoluteErrorLoss,
    FocalSquaredErrorLoss,
    GARLoss,
    GARSquaredErrorLoss,
    HuberLoss,
    MAEPearsonLoss,
    NormalizedPairwiseDifferenceLoss,
    PairwiseDifferenceLoss,
    SquaredErrorLoss,
)

LOSSES = {
    "absolute_error": AbsoluteErrorLoss,
    "conr": ConRLoss,
    "focal_absolute_error": FocalAbsoluteErrorLoss,
    "focal_squared_error": FocalSquaredErrorLoss,
    "gar": GARLoss,
    "gar_squared_error": GARSquaredErrorLoss,
    "huber": HuberLoss,
    "mae_pearson": MAEPearsonLoss,
    "normalized_pairwise_difference": NormalizedPairwiseDifferenceLoss,
    "pairwise_difference": PairwiseDifferenceLoss,
    "ranksim": RankSimLoss,
    "rnc": RNCLoss,
    "squared_error": SquaredErrorLoss,
}
"""Classes by name."""

WITH_ALPHA = tuple(name for name, kind in LOSSES.items() if issubclass(kind, GARLoss))
"""Names of the losses that :class:`~sklearn_gar.GARRegressor` gives its `alpha`."""
