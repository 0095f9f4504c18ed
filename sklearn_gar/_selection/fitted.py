"""What a search does once it is fitted: predict, score and export."""

from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_gar._selection.scores import takes_weight


def _refits(search):
    """Whether there is a best estimator to predict with."""
    if not search.refit:
        raise AttributeError("predict needs the best candidate fitted to all rows, "
                             f"got refit={search.refit!r}; set refit and fit again")
    return True


class FittedSearchMixin:
    """Methods of a search that pass on to its best estimator, or to its ensemble."""

    @available_if(_refits)
    def predict(self, X: Any) -> np.ndarray:
        """Prediction of the best estimator or of the ensemble; only with `refit`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions in the units of the targets, float64.
        """
        check_is_fitted(self, "best_estimator_")
        return self._mean_over_members(lambda one: one.predict(X))

    @available_if(_refits)
    def predict_interval(self, X: Any, coverage: Any = 0.9) -> np.ndarray:
        """Intervals that hold the targets of this share of new rows; only with `refit`.

        The bounds of an ensemble are the weighted means of the bounds of its members.  Since
        the ensemble errs less than its members, they tend to hold somewhat more targets.  That
        candidates were chosen by their scores is not accounted for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.
        coverage : float or array-like of shape (n_coverages,), default=0.9
            Share of the targets that lie in their intervals, above 0 and below 1.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper bounds, as of :meth:`GARRegressor.predict_interval`.  If `coverage`
            is array-like, with a last axis of length n_coverages.
        """
        check_is_fitted(self, "best_estimator_")
        return self._mean_over_members(lambda one: one.predict_interval(X, coverage))

    def _mean_over_members(self, method):
        """What the best estimator returns, or the weighted mean over the ensemble."""
        if not hasattr(self, "estimators_"):
            return method(self.best_estimator_)
        weights = self.ensemble_weights_[self.ensemble_weights_ > 0]
        return sum(weight * method(one) for weight, one in zip(weights, self.estimators_))

    @available_if(_refits)
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score of the predictions by the scorer that decided; only with `refit`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, with the columns of `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, for scorers that take some.

        Returns
        -------
        float
            Score by `scorer_`, or by the one that `refit` names.
        """
        check_is_fitted(self, "best_estimator_")
        if self.multimetric_ and callable(self.refit):
            raise ValueError("score needs refit to name one of the scores, got "
                             f"{self.refit!r}; call a scorer of scorer_ with best_estimator_")
        scorer = self.scorer_[self.refit] if isinstance(self.scorer_, dict) else self.scorer_
        weighs = sample_weight is not None and takes_weight(scorer)
        weight = {"sample_weight": sample_weight} if weighs else {}
        is_ensemble = hasattr(self, "estimators_")
        score = scorer(self if is_ensemble else self.best_estimator_, X, y, **weight)
        return score[self.refit] if isinstance(score, dict) else score

    @available_if(_refits)
    def to_onnx(self, path: Any = None, *, dtype: str = "float64") -> Any:
        """The best estimator as an ONNX model; only with `refit`.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write the model to; None writes none.
        dtype : {"float64", "float32"}, default="float64"
            Type of the numbers that the model takes.

        Returns
        -------
        onnx.ModelProto
            The model, as of :meth:`GARRegressor.to_onnx`.

        Raises
        ------
        ValueError
            If this is an ensemble of several estimators.
        """
        check_is_fitted(self, "best_estimator_")
        members = getattr(self, "estimators_", [self.best_estimator_])
        if len(members) > 1:
            raise ValueError("to_onnx exports a single estimator, but this is an ensemble of "
                             f"{len(members)}; export those of estimators_ one by one, and weight "
                             "their predictions by ensemble_weights_[ensemble_weights_ > 0]")
        return self.best_estimator_.to_onnx(path, dtype=dtype)
