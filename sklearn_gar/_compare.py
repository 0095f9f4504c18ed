"""The comparison that `python -m sklearn_gar compare` runs: models, folds, scores, verdict."""

import time
import warnings
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import t as student
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_gar import GARRegressor
from sklearn_gar.metrics import pearson_score, spearman_score

METRICS = {
    "MAE": mean_absolute_error,
    "RMSE": root_mean_squared_error,
    "Pearson": pearson_score,
    "Spearman": spearman_score,
    "R2": r2_score,
}
LOWER_IS_BETTER = {"MAE", "RMSE"}
JUDGED = ("Pearson", "RMSE")
MAX_CATEGORIES = 20
TREES = "HistGradientBoostingRegressor"
# a correlation of two rows is always 1 or -1
MIN_ROWS_IN_FOLD = 3


@dataclass
class Table:
    """Rows to compare on: features (n, d), targets (n,), which columns are categories."""

    X: object
    y: np.ndarray
    categorical: list = field(default_factory=list)

    def rows(self, index):
        X = self.X.iloc[index] if hasattr(self.X, "iloc") else self.X[index]
        return Table(X, self.y[index], self.categorical)


@dataclass
class Result:
    """What one model did: a score per metric and fold, its out-of-fold predictions."""

    scores: dict
    seconds: list
    prediction: np.ndarray
    failure: str | None = None


def loss_label(loss):
    return f"GARRegressor(loss={loss})"


GAR = loss_label("gar")


def build_models(losses, table, seed, epochs=None):
    """Pipelines by label, with the same preprocessing for all."""
    epochs = {} if epochs is None else {"max_iter": epochs}
    models = {loss_label(loss): GARRegressor(loss=loss, random_state=seed, **epochs)
              for loss in losses}
    models[TREES] = HistGradientBoostingRegressor(random_state=seed)
    models["MLPRegressor"] = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), MLPRegressor(random_state=seed, **epochs)),
        transformer=StandardScaler())
    return {label: make_pipeline(preprocessing(table), model)
            for label, model in models.items()}


def preprocessing(table):
    """Medians for missing numbers, indicators for categories."""
    numeric = [column for column in range(table.X.shape[1]) if column not in table.categorical]
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False,
                            max_categories=MAX_CATEGORIES)
    return ColumnTransformer([
        ("numbers", SimpleImputer(strategy="median", keep_empty_features=True), numeric),
        ("categories", encoder, table.categorical)])


def cross_validate(models, table, folds, seed, report):
    """Result of each model on the same shuffled folds; a model that fails stops alone.

    `report` is called with a line after every fold.
    """
    splits = list(KFold(folds, shuffle=True, random_state=seed).split(table.y))
    results = {}
    for n_before, (label, model) in enumerate(models.items()):
        result = Result({metric: [] for metric in METRICS}, [], np.full(len(table.y), np.nan))
        results[label] = result
        for fold, (train, test) in enumerate(splits, start=1):
            place = f"[{n_before * folds + fold}/{len(models) * folds}] {label}, fold {fold}"
            try:
                _run_fold(result, model, table, train, test)
            except Exception as error:
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                result.failure = f"failed in fold {fold}: {reason}"
                report(f"{place}: failed: {reason}")
                break
            report(f"{place}: {result.seconds[-1]:.1f} s")
    return results


def _run_fold(result, model, table, train_rows, test_rows):
    """Fit to the rows of `train_rows` and score on those of `test_rows`."""
    train, test = table.rows(train_rows), table.rows(test_rows)
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
    result.prediction[test_rows] = prediction
    result.seconds.append(seconds)
    for metric, score in scores.items():
        result.scores[metric].append(score)


def format_table(results):
    """Lines of a table: mean and standard deviation over folds, best first, failures last."""
    done = sorted((label for label in results if results[label].failure is None),
                  key=lambda label: np.mean(results[label].scores["RMSE"]))
    columns = [["model", *done]]
    for metric in METRICS:
        columns.append([metric, *_cells(metric, [results[label].scores[metric]
                                                 for label in done])])
    # the median passes over the first fold, which loads libraries
    columns.append(["seconds", *(f"{np.median(results[label].seconds):.2f}" for label in done)])
    widths = [max(map(len, column)) for column in columns]
    widths[0] = max(map(len, results))
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in zip(*columns)]
    failed = [f"{label.ljust(widths[0])}  {result.failure}"
              for label, result in results.items() if result.failure is not None]
    return lines + failed


def _cells(metric, scores):
    """'mean (standard deviation)' of each model's scores, the best marked with a star."""
    if not scores:
        return []
    means, deviations = np.mean(scores, axis=1), np.std(scores, axis=1, ddof=1)
    best = means.min() if metric in LOWER_IS_BETTER else means.max()
    smallest = np.abs(means[means != 0]).min(initial=np.inf)
    if metric not in LOWER_IS_BETTER:
        style = ".3f"
    elif 1e-3 <= smallest < 1e6:
        style = f".{max(0, 3 - int(np.floor(np.log10(smallest))))}f"
    else:
        style = ".3e"
    return [f"{mean:{style}} ({deviation:{style}}){'*' * bool(mean == best)}"
            for mean, deviation in zip(means, deviations)]


def clear_difference(scores, rival_scores):
    """Whether paired scores of folds differ: 1 if `scores` are higher, -1 if lower, else 0.

    A difference is clear when it lies outside the 95% interval of a paired t test, its
    variance corrected for the rows that training sets share [1]_.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003.
    """
    difference = np.subtract(scores, rival_scores)
    folds = len(difference)
    error = difference.std(ddof=1) * np.sqrt(1 / folds + 1 / (folds - 1))
    if abs(difference.mean()) <= student.ppf(0.975, folds - 1) * error:
        return 0
    return int(np.sign(difference.mean()))


def verdict(results):
    """One sentence: whether GAR helped against other losses, and against trees."""
    gar = results[GAR]
    if gar.failure is not None:
        return f"GAR did not help on this table: its training {gar.failure}."
    rivals = other_losses(results)
    if rivals:
        signs, told = _against(gar, rivals)
        sentence = (f"GAR {_summary(signs)} on this table: against the best other loss of the "
                    f"same network, {told}")
    else:
        sentence = "Whether GAR helped on this table is open without another loss beside it"
    if results[TREES].failure is None:
        _, told = _against(gar, {TREES: results[TREES]})
        sentence += f"; against boosted trees, {told}"
    return sentence + "."


def other_losses(results):
    """Results of the same network trained with other losses, as far as they did not fail."""
    return {label: result for label, result in results.items()
            if label.startswith("GARRegressor") and label != GAR and result.failure is None}


def _against(gar, rivals):
    """Sign of each judged metric (1: GAR is better than the best rival) and its words."""
    signs, parts = [], []
    for metric in JUDGED:
        sense = -1 if metric in LOWER_IS_BETTER else 1
        rival = max(rivals, key=lambda label: sense * np.mean(rivals[label].scores[metric]))
        ours, theirs = gar.scores[metric], rivals[rival].scores[metric]
        signs.append(sense * clear_difference(ours, theirs))
        word = {1: "clearly better", 0: "no clear difference", -1: "clearly worse"}[signs[-1]]
        parts.append(f"{metric} is {np.mean(ours):.4g} to its {np.mean(theirs):.4g} ({word})")
    return signs, " and ".join(parts)


def _summary(signs):
    if 1 in signs and -1 in signs:
        return "helped in one way and hurt in another"
    if 1 in signs:
        return "helped"
    return "hurt" if -1 in signs else "made no clear difference"


def draw(figure, y, results):
    """Out-of-fold predictions against targets: GAR, the best other loss and trees."""
    losses = sorted(other_losses(results),
                    key=lambda label: np.mean(results[label].scores["RMSE"]))
    labels = [label for label in (GAR, *losses[:1], TREES) if results[label].failure is None]
    figure.set_size_inches(4 * max(1, len(labels)), 4)
    panels = figure.subplots(1, max(1, len(labels)), sharex=True, sharey=True, squeeze=False)[0]
    for panel, label in zip(panels, labels):
        means = (f"{metric} {np.mean(results[label].scores[metric]):.4g}" for metric in JUDGED)
        panel.scatter(y, results[label].prediction, s=8, alpha=0.4, linewidths=0)
        panel.axline((y.mean(), y.mean()), slope=1, color="black", linewidth=0.8)
        panel.set_title(f"{label}\n{', '.join(means)}", fontsize="medium")
        panel.set_xlabel("true")
    panels[0].set_ylabel("predicted, out of fold")
