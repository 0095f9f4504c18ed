"""A search over candidates: its fits, trained in blocks of one stack each, and their scores."""

from sklearn_gar._selection.blocks import make_fits, train_fits
from sklearn_gar._selection.halving import best_third
from sklearn_gar._selection.scores import Scoring, cv_results, takes_weight

__all__ = ["Scoring", "best_third", "cv_results", "make_fits", "takes_weight",
           "train_fits"]
