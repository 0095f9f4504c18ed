"""The losses of this package by name."""

from sklearn_gar.losses.latent import ConRLoss, RankSimLoss, RNCLoss
from sklearn_gar.losses.modules import (
    AbsoluteErrorLoss,
    FocalAbsoluteErrorLoss,
    FocalSquaredErrorLoss,
    GARLoss,
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
    "huber": HuberLoss,
    "mae_pearson": MAEPearsonLoss,
    "normalized_pairwise_difference": NormalizedPairwiseDifferenceLoss,
    "pairwise_difference": PairwiseDifferenceLoss,
    "ranksim": RankSimLoss,
    "rnc": RNCLoss,
    "squared_error": SquaredErrorLoss,
}
