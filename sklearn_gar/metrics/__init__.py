"""Pearson's and Spearman's correlation, and GAR's loss, as metrics by scikit-learn's conventions.

`_columns` checks targets, predictions and weights, and standardises their columns for the others.
"""

from sklearn_gar.metrics._correlations import (
    pearson_score,
    pearson_scorer,
    spearman_score,
    spearman_scorer,
)
from sklearn_gar.metrics._gar_loss import gar_loss

__all__ = ["gar_loss", "pearson_score", "pearson_scorer", "spearman_score", "spearman_scorer"]
