"""The Gradient Aligned Regression loss, its terms and its competitors."""

from sklearn_gar.losses import functional
from sklearn_gar.losses.functional import gar_loss
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
    PlainLoss,
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

__all__ = [
    "AbsoluteErrorLoss",
    "ConRLoss",
    "FocalAbsoluteErrorLoss",
    "FocalSquaredErrorLoss",
    "GARLoss",
    "HuberLoss",
    "LOSSES",
    "MAEPearsonLoss",
    "NormalizedPairwiseDifferenceLoss",
    "PairwiseDifferenceLoss",
    "PlainLoss",
    "RNCLoss",
    "RankSimLoss",
    "SquaredErrorLoss",
    "functional",
    "gar_loss",
]
