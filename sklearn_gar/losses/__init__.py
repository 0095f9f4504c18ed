"""The Gradient Aligned Regression loss, its terms and its competitors."""

from sklearn_gar.losses import functional
from sklearn_gar.losses._settings import SettingsMixin
from sklearn_gar.losses.functional import gar_loss
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
    PerMemberSettings,
    PlainLoss,
    SquaredErrorLoss,
)
from sklearn_gar.losses.names import LOSSES, WITH_ALPHA
from sklearn_gar.losses.protocol import (
    Criterion,
    make_criterion,
    member_settings,
    takes_weights,
)

__all__ = [
    "AbsoluteErrorLoss",
    "ConRLoss",
    "Criterion",
    "FocalAbsoluteErrorLoss",
    "FocalSquaredErrorLoss",
    "GARLoss",
    "GARSquaredErrorLoss",
    "HuberLoss",
    "LOSSES",
    "MAEPearsonLoss",
    "NormalizedPairwiseDifferenceLoss",
    "PairwiseDifferenceLoss",
    "PerMemberSettings",
    "PlainLoss",
    "RNCLoss",
    "RankSimLoss",
    "SettingsMixin",
    "SquaredErrorLoss",
    "WITH_ALPHA",
    "functional",
    "gar_loss",
    "make_criterion",
    "member_settings",
    "takes_weights",
]
