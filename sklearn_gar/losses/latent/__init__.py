"""Losses that also compare rows by the output of the network's last hidden layer.

They take this output as `features`.  They compare every row with every other, so they cost
O(n^2 h) for n rows and h features.  The losses of :mod:`sklearn_gar.losses.functional` cost
O(n).
"""

from sklearn_gar.losses.latent import functional
from sklearn_gar.losses.latent.functional import conr_loss, ranksim_loss, rnc_loss
from sklearn_gar.losses.latent.modules import ConRLoss, RankSimLoss, RNCLoss

__all__ = [
    "ConRLoss",
    "RNCLoss",
    "RankSimLoss",
    "conr_loss",
    "functional",
    "ranksim_loss",
    "rnc_loss",
]
