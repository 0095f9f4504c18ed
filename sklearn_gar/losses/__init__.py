"""The Gradient Aligned Regression loss, its terms and its pointwise competitors."""

from sklearn_gar.losses import functional
from sklearn_gar.losses.functional import gar_loss
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
    "focal_absolute_error": FocalAbsoluteErrorLoss,
    "focal_squared_error": FocalSquaredErrorLoss,
    "gar": GARLoss,
    "huber": HuberLoss,
    "mae_pearson": MAEPearsonLoss,
    "normalized_pairwise_difference": NormalizedPairwiseDifferenceLoss,
    "pairwise_difference": PairwiseDifferenceLoss,
    "squared_error": SquaredErrorLoss,
}

__all__ = [
    "AbsoluteErrorLoss",
    "FocalAbsoluteErrorLoss",
    "FocalSquaredErrorLoss",
    "GARLoss",
    "HuberLoss",
    "LOSSES",
    "MAEPearsonLoss",
    "NormalizedPairwiseDifferenceLoss",
    "PairwiseDifferenceLoss",
    "PlainLoss",
    "SquaredErrorLoss",
    "functional",
    "gar_loss",
]
