"""A search over candidates: its fits, trained in blocks of one stack each, and their scores."""

from sklearn_gar._selection.candidates import ENSEMBLE_GRID, make_candidates, make_estimators
from sklearn_gar._selection.ensemble import fit_members, greedy_weights
from sklearn_gar._selection.fits import make_bagged_fits, make_fits
from sklearn_gar._selection.fitted import FittedSearchMixin
from sklearn_gar._selection.halving import rounds, train_in_rounds
from sklearn_gar._selection.scores import Folds, Scoring, cv_results, rank_first

__all__ = ["ENSEMBLE_GRID", "FittedSearchMixin", "Folds", "Scoring", "cv_results", "fit_members",
           "greedy_weights", "make_bagged_fits", "make_candidates", "make_estimators", "make_fits",
           "rank_first", "rounds", "train_in_rounds"]
