"""Tables with categories and missing values: what each model is given, and its scores."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor

from sklearn_gar import GARRegressor
from sklearn_gar._command.comparison import GAR, TREES
from sklearn_gar._command.preprocessing import MAX_INDICATORS, MAX_LEVELS
from sklearn_gar._command.program import main
from sklearn_gar.metrics import pearson_score, spearman_score
from tests.command.conftest import LABELS, QUICK

FOLDS = KFold(3, shuffle=True, random_state=7)
METRICS = {"MAE": mean_absolute_error, "RMSE": root_mean_squared_error, "Pearson": pearson_score,
           "Spearman": spearman_score, "R2": r2_score}


def mixed_frame(n_rows=120, n_cities=12):
    """Numbers and categories with gaps; the levels, and where numbers are missing, matter.

    One level of `rare` stands in a single row, so a fold has no training row of it.
    """
    rng = np.random.default_rng(0)
    city = rng.permutation(np.arange(n_rows) % n_cities)
    frame = pd.DataFrame({
        "x": np.where(rng.random(n_rows) < 0.2, np.nan, rng.normal(size=n_rows)),
        "city": pd.Series([f"city {k}" for k in city], dtype=object),
        "kind": pd.Series(rng.choice(["u", "v", None], n_rows), dtype=object),
        "rare": pd.Series(["only"] + [None] * (n_rows - 1), dtype=object),
        "z": rng.normal(size=n_rows)})
    frame["y"] = (rng.normal(size=n_cities)[city] + frame["x"].fillna(2)
                  + frame["kind"].isna() + 0.1 * rng.normal(size=n_rows))
    return frame


def features_of(frame):
    """The features, with the type category for columns of text."""
    X = frame.drop(columns="y")
    return X.astype({name: "category" for name in X.columns if X[name].dtype == object})


def compare(path, folder):
    """The scores of each model, by metric, of folds like those of `FOLDS`."""
    target = folder / "scores.json"
    assert main(["compare", path, "--target", "y", "--folds", "3", "--seed", "7", *QUICK,
                 "--json", str(target)]) == 0
    scores = json.loads(target.read_text())["scores"]
    assert set(scores) == LABELS
    assert {label: one["failure"] for label, one in scores.items()} == dict.fromkeys(LABELS)
    return scores


def cross_validate_by_hand(model, X, y):
    """Scores by metric, one a fold."""
    scores = {metric: [] for metric in METRICS}
    for train, test in FOLDS.split(X):
        prediction = clone(model).fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test])
        for metric, score in METRICS.items():
            scores[metric].append(score(y.iloc[test], prediction))
    return scores


@pytest.fixture
def spy(monkeypatch):
    """The features of every call of a method of a model."""
    def listen(model, method):
        seen, call = [], getattr(model, method)

        def spied(self, X, *args, **kwargs):
            seen.append(X)
            return call(self, X, *args, **kwargs)

        monkeypatch.setattr(model, method, spied)
        return seen
    return listen


def test_frames_reach_gar_as_they_are(csv, tmp_path, spy):
    frame = mixed_frame()
    trained, predicted = spy(GARRegressor, "fit"), spy(GARRegressor, "predict")
    compare(csv(frame), tmp_path)
    X = features_of(frame)
    folds = list(FOLDS.split(X)) * 2  # of two losses
    assert len(trained) == len(predicted) == len(folds)
    for (train, test), X_train, X_test in zip(folds, trained, predicted):
        pd.testing.assert_frame_equal(X_train, X.iloc[train])
        pd.testing.assert_frame_equal(X_test, X.iloc[test])


@pytest.mark.parametrize("label, model", [
    (GAR, GARRegressor(random_state=7, max_iter=3)),
    (TREES, HistGradientBoostingRegressor(random_state=7, categorical_features="from_dtype"))])
def test_scores_are_those_of_cross_validation_by_hand(label, model, csv, tmp_path):
    frame = mixed_frame()
    scores = compare(csv(frame), tmp_path)[label]
    expected = cross_validate_by_hand(model, features_of(frame), frame["y"])
    for metric in METRICS:
        np.testing.assert_allclose(scores[metric], expected[metric], rtol=1e-5)


def test_trees_take_many_levels(csv, tmp_path, spy):
    frame = mixed_frame(2000, n_cities=1000)
    fitted = spy(HistGradientBoostingRegressor, "fit")
    compare(csv(frame), tmp_path)
    for (train, _), X in zip(FOLDS.split(frame), fitted):
        assert frame["city"].iloc[train].nunique() > MAX_LEVELS
        assert len(np.unique(X[:, 0])) == MAX_LEVELS + 1


@pytest.mark.parametrize("column", ["number", "category"])
def test_columns_without_a_value_in_training_rows(column, csv, tmp_path):
    frame = mixed_frame().assign(gap=None)
    frame.loc[0, "gap"] = {"number": 1.5, "category": "once"}[column]
    compare(csv(frame), tmp_path)
    compare(csv(frame[["gap", "y"]]), tmp_path)


def test_mlp_is_given_finite_numbers(csv, tmp_path, spy):
    fitted, predicted = spy(MLPRegressor, "fit"), spy(MLPRegressor, "predict")
    compare(csv(mixed_frame(n_cities=30)), tmp_path)
    assert len(fitted) == 3 and len(predicted) == 3
    for X in fitted + predicted:
        assert np.isfinite(X).all()
    for X in fitted:
        # x, whether it is missing, z; indicators of city, kind and rare
        assert X.shape[1] in (3 + MAX_INDICATORS + 3 + n_rare for n_rare in (1, 2))
