"""The models that are compared, cross-validated on the same folds."""

import time
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor
from sklearn_gar._command.messages import one_line
from sklearn_gar._command.preprocessing import build_indicator_encoder, build_level_encoder
from sklearn_gar.metrics import pearson_score, spearman_score

METRICS = {
    "MAE": mean_absolute_error,
    "RMSE": root_mean_squared_error,
    "Pearson": pearson_score,
    "Spearman": spearman_score,
    "R2": r2_score,
}
LOWER_IS_BETTER = {"MAE", "RMSE"}
TREES = "HistGradientBoostingRegressor"
# a correlation of two rows is always 1 or -1
MIN_ROWS_IN_FOLD = 3


@dataclass
class Result:
    """Scores of one model by metric, one a fold, and what it predicts out of fold.

    Where a model has prediction intervals and they are asked for, `intervals` (n, 2) holds their
    bounds, or `interval_failure` says why there are none.
    """

    scores: dict
    seconds: list
    prediction: np.ndarray
    failure: str | None = None
    intervals: np.ndarray | None = None
    interval_failure: str | None = None

    def mean(self, metric):
        """The mean score over folds."""
        return np.mean(self.scores[metric])


def loss_label(loss):
    """The name in the results of the network trained with this loss."""
    return f"GARRegressor(loss={loss})"


GAR = loss_label("gar")


def build_models(losses, dataset, seed, epochs=None):
    """Models by label, each with the encoder that it needs; GARRegressor needs none."""
    epochs = {} if epochs is None else {"max_iter": epochs}
    models = {loss_label(loss): GARRegressor(loss=loss, random_state=seed, **epochs)
              for loss in losses}
    # the encoder puts the categories first
    categorical = list(range(len(dataset.categorical)))
    trees = HistGradientBoostingRegressor(categorical_features=categorical, random_state=seed)
    models[TREES] = make_pipeline(build_level_encoder(dataset), trees)
    network = make_pipeline(build_indicator_encoder(dataset), StandardScaler(),
                            MLPRegressor(random_state=seed, **epochs))
    models["MLPRegressor"] = TransformedTargetRegressor(network, transformer=StandardScaler())
    return models


def cross_validate(models, dataset, folds, seed, report, coverage=None):
    """Result of each model on the same shuffled folds; other models go on if one fails.

    `report` is called with a line after every fold.  `coverage` asks for prediction intervals of
    the models that have some.
    """
    splits = list(KFold(folds, shuffle=True, random_state=seed).split(dataset.y))
    results = {}
    for n_before, (label, model) in enumerate(models.items()):
        result = Result({metric: [] for metric in METRICS}, [], np.full(len(dataset.y), np.nan))
        results[label] = result
        for fold, (train, test) in enumerate(splits, start=1):
            place = f"[{n_before * folds + fold}/{len(models) * folds}] {label}, fold {fold}"
            try:
                _run_fold(result, model, dataset, train, test, coverage)
            except Exception as error:
                reason = one_line(str(error).strip().partition("\n")[0] or type(error).__name__)
                result.failure = f"failed in fold {fold}: {reason}"
                report(f"{place}: failed: {reason}")
                break
            report(f"{place}: {result.seconds[-1]:.1f} s")
    return results


def _run_fold(result, model, dataset, train_index, test_index, coverage):
    """Fit to the training rows, score on the test rows, and add to `result`."""
    train, test = dataset.rows(train_index), dataset.rows(test_index)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # networks answer Ctrl-C with a warning and half-trained weights
        warnings.filterwarnings("error", "Training interrupted by user", UserWarning)
        start = time.perf_counter()
        try:
            fitted = clone(model).fit(train.X, train.y)
        except UserWarning:
            raise KeyboardInterrupt from None
        prediction = fitted.predict(test.X)
        seconds = time.perf_counter() - start
        scores = {metric: score(test.y, prediction) for metric, score in METRICS.items()}
        if coverage is not None and hasattr(fitted, "predict_interval"):
            _predict_intervals(result, fitted, test.X, test_index, coverage)
    result.prediction[test_index] = prediction
    result.seconds.append(seconds)
    for metric, score in scores.items():
        result.scores[metric].append(score)


def _predict_intervals(result, fitted, X, test_index, coverage):
    """Add the intervals of the test rows, or why there are none, to `result`."""
    if result.intervals is None:
        result.intervals = np.full((len(result.prediction), 2), np.nan)
    try:
        result.intervals[test_index] = fitted.predict_interval(X, coverage)
    except ValueError as error:  # too few rows were held out, or none
        result.interval_failure = one_line(error)
