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

__all__ = [
    "AbsoluteErrorLoss",
    "FocalAbsoluteErrorLoss",
    "FocalSquaredErrorLoss",
    "GARLoss",
    "HuberLoss",
    "MAEPearsonLoss",
    "NormalizedPairwiseDifferenceLoss",
    "PairwiseDifferenceLoss",
    "PlainLoss",
    "SquaredErrorLoss",
    "functional",
    "gar_loss",
]
