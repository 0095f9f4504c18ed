"""The methods that are compared; each library is imported only when it is used."""

from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import train_test_split

from benchmarks.datasets import Split
from benchmarks.peers.contenders import GAR, SEED, Contender, gar_contender
from benchmarks.peers.intervals.scores import LEVELS, scores_of
from benchmarks.peers.trial import Trial
from sklearn_gar import GARRegressor


class CrossConformal(BaseEstimator):
    """MAPIE's cross-conformal intervals, CV+, around an estimator.

    Parameters
    ----------
    estimator : GARRegressor
        What is fitted on all rows, and on the others of each fold.
    coverage : tuple of float
        The coverages of its intervals.
    cv : int
        Number of folds.
    """

    def __init__(self, estimator, coverage=LEVELS, cv=5):
        self.estimator = estimator
        self.coverage = coverage
        self.cv = cv

    def fit(self, X, y):
        from mapie.regression import CrossConformalRegressor
        self.model_ = CrossConformalRegressor(
            self.estimator, confidence_level=self.coverage, method="plus", cv=self.cv,
            random_state=None)
        self.model_.fit_conformalize(X, y)
        return self

    def predict_interval(self, X, coverage):
        check_same(coverage, self.coverage)
        return self.model_.predict_interval(X)[1]


class ConformalisedQuantiles(BaseEstimator):
    """Quantile regressions by boosted trees, conformalised on rows held out.

    Y. Romano, E. Patterson, E. J. Candes, "Conformalized Quantile Regression", NeurIPS 2019.
    With many coverages, bounds that crossed are put in order.

    Parameters
    ----------
    estimator : LGBMRegressor
        With `objective="quantile"`; its `alpha` is set to each quantile.
    coverage : tuple of float
        The coverages of its intervals.
    calibration_share : float
        Share of the rows that are held out.
    random_state : int
        Seed of the choice of these rows.
    """

    def __init__(self, estimator, coverage=LEVELS, calibration_share=0.25, random_state=SEED):
        self.estimator = estimator
        self.coverage = coverage
        self.calibration_share = calibration_share
        self.random_state = random_state

    def fit(self, X, y):
        X, X_held_out, y, y_held_out = train_test_split(
            X, y, test_size=self.calibration_share, random_state=self.random_state)
        self.models_ = [
            [clone(self.estimator).set_params(alpha=quantile).fit(X, y)
             for quantile in ((1 - level) / 2, (1 + level) / 2)] for level in self.coverage]
        bounds = self._quantiles(X_held_out)
        errors = np.maximum(bounds[:, 0] - y_held_out[:, None], y_held_out[:, None] - bounds[:, 1])
        self.margins_ = [conformal_quantile(column, level)
                         for column, level in zip(errors.T, self.coverage)]
        return self

    def predict_interval(self, X, coverage):
        check_same(coverage, self.coverage)
        return np.sort(self._quantiles(X) + np.multiply.outer([-1, 1], self.margins_), axis=1)

    def _quantiles(self, X):
        """Bounds (n, 2, c) as the trees predict them."""
        return np.stack([np.column_stack([model.predict(X) for model in pair])
                         for pair in self.models_], axis=-1)


def check_same(coverage: tuple, fitted: tuple) -> None:
    """Raise if other coverages are asked for than those of the fit."""
    if tuple(coverage) != tuple(fitted):
        raise ValueError(f"coverage must be that of the fit, {fitted}, got {coverage}")


def conformal_quantile(errors: np.ndarray, level: float) -> float:
    """The error whose rank among n is the least whole number of at least (n + 1) times a level.

    If there are too few errors, it is the largest.
    """
    rank = int(np.ceil((len(errors) + 1) * level - 1e-9))
    return float(np.sort(errors)[min(rank, len(errors)) - 1])


def fit_and_cover(model: BaseEstimator, split: Split, clock: Callable[[], float]) -> Trial:
    """Scores of intervals of the test rows, and seconds."""
    start = clock()
    model.fit(split.X, split.y)
    fit_seconds = clock() - start
    start = clock()
    bounds = np.asarray(model.predict_interval(split.X_test, LEVELS), dtype=np.float64)
    predict_seconds = clock() - start
    wanted = (len(split.y_test), 2, len(LEVELS))
    if bounds.shape != wanted or not np.isfinite(bounds).all():
        raise ValueError(f"bounds must be finite and of shape {wanted}, got {bounds.shape}")
    return {"scores": scores_of(split.y_test, bounds, 2 * float(np.std(split.y))),
            "fit_seconds": fit_seconds, "predict_seconds": predict_seconds}


def _cross_conformal(n_threads):
    import mapie  # noqa: F401  so that a missing library is reported before anything runs
    return CrossConformal(GARRegressor(random_state=SEED))


def _conformalised_trees(n_threads):
    from lightgbm import LGBMRegressor
    return ConformalisedQuantiles(LGBMRegressor(
        objective="quantile", random_state=SEED, n_jobs=n_threads, verbose=-1))


INTERVALS = {contender.name: contender for contender in (
    gar_contender(GAR),
    Contender("MAPIE_GARRegressor", "mapie", _cross_conformal, {"estimator__max_iter": 2}),
    Contender("CQR_LightGBM", "lightgbm", _conformalised_trees, {"estimator__n_estimators": 2}),
)}
"""Methods by name, in the order of runs and tables."""
