"""Correlations against scipy, repeated rows, extremes of scale, and as scorers."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.datasets import load_linnerud, make_regression
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklearn_gar.metrics import pearson_score, pearson_scorer, spearman_score, spearman_scorer

SCORES = {"pearson": (pearson_score, pearsonr), "spearman": (spearman_score, spearmanr)}
both = pytest.mark.parametrize("score, scipy_score", SCORES.values(), ids=SCORES)
each = pytest.mark.parametrize("score", [pearson_score, spearman_score])


def _pairs(n_samples=60, n_outputs=None, seed=0):
    rng = np.random.default_rng(seed)
    shape = n_samples if n_outputs is None else (n_samples, n_outputs)
    y_true = rng.normal(size=shape)
    return y_true, y_true + rng.normal(size=shape)


@both
@pytest.mark.parametrize("n_ties", [1, 7, 1000])
def test_equals_scipy(score, scipy_score, n_ties):
    y_true, y_pred = (np.round(y * n_ties) / n_ties for y in _pairs())
    assert score(y_true, y_pred) == pytest.approx(scipy_score(y_true, y_pred).statistic, abs=1e-13)


@both
def test_score_of_each_target(score, scipy_score):
    y_true, y_pred = _pairs(n_outputs=3)
    expected = [scipy_score(y_true[:, k], y_pred[:, k]).statistic for k in range(3)]
    np.testing.assert_allclose(score(y_true, y_pred, multioutput="raw_values"), expected)
    assert score(y_true, y_pred) == pytest.approx(np.mean(expected))
    weighted = score(y_true, y_pred, multioutput=[1, 2, 5])
    assert weighted == pytest.approx(np.average(expected, weights=[1, 2, 5]))


@each
def test_one_column_is_one_target(score):
    y_true, y_pred = _pairs()
    expected = score(y_true, y_pred)
    assert type(expected) is float
    assert score(y_true[:, None], y_pred) == expected
    assert score(y_true[:, None], y_pred, multioutput="raw_values").shape == (1,)


@each
@pytest.mark.parametrize("decimals", [0, 8])
def test_whole_weights_are_repeated_rows(score, decimals):
    y_true, y_pred = (y.round(decimals) for y in _pairs(n_outputs=2))
    weight = np.random.default_rng(1).integers(0, 5, size=60)
    weighted = score(y_true, y_pred, sample_weight=weight, multioutput="raw_values")
    repeated = score(y_true.repeat(weight, axis=0), y_pred.repeat(weight, axis=0),
                     multioutput="raw_values")
    np.testing.assert_allclose(weighted, repeated, rtol=1e-13)


def test_weighted_pearson_by_its_formula():
    y_true, y_pred = _pairs()
    weight = np.random.default_rng(1).uniform(size=60)
    cov = np.cov(y_true, y_pred, aweights=weight)
    expected = cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])
    assert pearson_score(y_true, y_pred, sample_weight=weight) == pytest.approx(expected)


@each
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e-15, 1e15, 1e150, 1e300])
def test_scale_changes_nothing(score, scale):
    y_true, y_pred = _pairs()
    expected = score(y_true, y_pred)
    assert score(y_true * scale, y_pred) == pytest.approx(expected, abs=1e-13)
    assert score(y_true, y_pred * scale) == pytest.approx(expected, abs=1e-13)
    weight = np.full(60, scale)
    assert score(y_true, y_pred, sample_weight=weight) == pytest.approx(expected, abs=1e-13)


@both
def test_an_offset_changes_only_the_rounding(score, scipy_score):
    y_true, y_pred = (np.round(y * 1024) / 1024 for y in _pairs())
    expected = scipy_score(y_true, y_pred).statistic
    # 2 ** 40 + y is exact for y in steps of 1 / 1024
    assert score(y_true + 2.0 ** 40, y_pred - 2.0 ** 40) == pytest.approx(expected, abs=1e-11)


def test_spearman_ignores_increasing_transformations():
    y_true, y_pred = _pairs()
    expected = spearman_score(y_true, y_pred)
    assert spearman_score(y_true, np.exp(5 * y_pred)) == expected
    assert spearman_score(y_true ** 3, y_pred) == expected


@each
@pytest.mark.parametrize("sign", [1, -1])
def test_scores_are_within_minus_one_and_one(score, sign):
    for seed in range(50):
        y_true = np.random.default_rng(seed).normal(size=7)
        value = score(y_true, sign * (0.1 * y_true + 3))
        assert abs(value) <= 1
        assert value == pytest.approx(sign)


@each
@pytest.mark.parametrize("constant", [
    np.zeros(4), np.full(4, -3), np.full(4, 1e300),
    0.1 * 3 + np.spacing(0.3) * np.array([0, 1, -1, 2]),
    np.float32(0.3) + np.spacing(np.float32(0.3)) * np.array([0, 1, -1, 0], dtype=np.float32),
])
def test_constant_up_to_rounding_scores_zero_and_warns(score, constant):
    varied = np.array([1.0, 3.0, 2.0, 5.0])
    with pytest.warns(UndefinedMetricWarning, match="constant y_pred.*set to 0.0") as record:
        assert score(varied, constant) == 0.0
    assert record[0].filename == __file__
    with pytest.warns(UndefinedMetricWarning, match="constant y_true"):
        assert score(constant, varied) == 0.0


@each
def test_constant_target_among_others(score):
    y_true, y_pred = _pairs(n_outputs=2)
    y_pred[:, 0] = 1
    with pytest.warns(UndefinedMetricWarning):
        first, second = score(y_true, y_pred, multioutput="raw_values")
    assert first == 0.0
    assert second == pytest.approx(score(y_true[:, 1], y_pred[:, 1]))


@each
def test_constant_where_weights_are_positive(score):
    with pytest.warns(UndefinedMetricWarning, match="y_pred"):
        assert score([1, 2, 3], [5, 5, 1e9], sample_weight=[1, 2, 0]) == 0.0


@each
def test_a_single_row_is_constant(score):
    with pytest.warns(UndefinedMetricWarning):
        assert score([1], [2]) == 0.0


@each
@pytest.mark.parametrize("y_true, y_pred, kwargs, message", [
    ([1, 2, 3], [1, 2], {}, "inconsistent numbers of samples"),
    ([1, 2, np.nan], [1, 2, 3], {}, "y_true contains NaN"),
    ([1, 2, 3], [1, np.inf, 3], {}, "y_pred contains infinity"),
    ([1, 2, 3], np.ones((3, 2)), {}, "same number of outputs, got 1 and 2"),
    ([], [], {}, "0 sample"),
    ([1, 2, 3], np.array([1, 2j, 3]), {}, "[Cc]omplex"),
    ([1, 2, 3], [1, 2, 3], {"sample_weight": [1, 1]}, "inconsistent numbers of samples"),
    ([1, 2, 3], [1, 2, 3], {"sample_weight": [1, -1, 1]}, "at least 0 .* -1.0 to 1.0"),
    ([1, 2, 3], [1, 2, 3], {"sample_weight": [0, 0, 0]}, "non-zero|at least 0"),
    ([1, 2, 3], [1, 2, 3], {"multioutput": "median"}, "'multioutput' parameter"),
    ([1, 2, 3], [1, 2, 3], {"multioutput": [1.0]}, "must be a string for a single output"),
    (np.eye(3), np.eye(3), {"multioutput": [1, 2]}, "one weight for each of 3 outputs"),
])
def test_bad_input(score, y_true, y_pred, kwargs, message):
    with pytest.raises(ValueError, match=message):
        score(y_true, y_pred, **kwargs)


@pytest.mark.parametrize("scorer, score", [(pearson_scorer, pearson_score),
                                           (spearman_scorer, spearman_score)])
def test_scorers_in_a_grid_search(scorer, score):
    X, y = make_regression(n_samples=60, n_features=5, noise=20, random_state=0)
    search = GridSearchCV(Ridge(), {"alpha": [1e-3, 1e4]}, scoring=scorer, cv=3).fit(X, y)
    assert search.score(X, y) == score(y, search.predict(X))
    assert 0.9 < search.best_score_ <= 1


def test_scorers_by_name_weights_and_targets():
    X, y = load_linnerud(return_X_y=True)
    scoring = {"pearson": pearson_scorer, "spearman": spearman_scorer}
    search = GridSearchCV(Ridge(), {"alpha": [1.0, 10.0]}, scoring=scoring, refit="pearson", cv=2)
    assert {"mean_test_pearson", "mean_test_spearman"} <= set(search.fit(X, y).cv_results_)
    model, weight = Ridge().fit(X, y), np.arange(len(y))
    assert pearson_scorer(model, X, y, sample_weight=weight) == pearson_score(
        y, model.predict(X), sample_weight=weight)


def test_scorer_survives_a_constant_model():
    X, y = make_regression(n_samples=30, random_state=0)
    with pytest.warns(UndefinedMetricWarning):
        scores = cross_val_score(DummyRegressor(), X, y, scoring=pearson_scorer, cv=3)
    np.testing.assert_array_equal(scores, 0)
