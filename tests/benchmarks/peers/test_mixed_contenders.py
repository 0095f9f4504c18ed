"""The regressors that are compared on tables with categories and missing values."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from benchmarks.datasets import Split
from benchmarks.peers.contenders import GAR, Contender
from benchmarks.peers.mixed_contenders import MIXED_PEERS
from benchmarks.peers.trial import run_trial, settings, silence
from sklearn_gar import GARRegressor
from tests.benchmarks.peers.made_up import Shift, table
from tests.benchmarks.peers.made_up_frames import mixed_table

ON_GAPS = [name for name, one in MIXED_PEERS.items() if one.takes_missing]


def model_of(name, quick=False):
    """The estimator of a contender; a skipped test if its library is not installed."""
    try:
        return MIXED_PEERS[name].model(1, quick)
    except ImportError as error:
        pytest.skip(f"{name} needs a package: {error}")


def test_defaults_are_compared_as_they_are():
    plain = MIXED_PEERS[GAR].model(1).set_params(random_state=None)
    one_hot = MIXED_PEERS["GARRegressor_one_hot"].model(1)[-1].set_params(random_state=None)
    assert plain.get_params() == one_hot.get_params() == GARRegressor().get_params()


@pytest.mark.parametrize("name", ON_GAPS)
def test_peers_take_gaps_and_levels_that_training_never_saw(name):
    X, y = mixed_table()
    X_test, y_test = mixed_table(40, tuple("bcdefgh"), seed=1)
    X_test.loc[3, "count"] = np.nan  # it never missed before
    assert set(X_test["text"].dropna()) - set(X["text"].dropna()) == {"g", "h"}
    result = run_trial(model_of(name, quick=True), Split(X, y, X_test, y_test), 1)
    assert result["failure"] is None and np.isfinite(result["scores"]["RMSE"])


@pytest.mark.parametrize("name", ON_GAPS)
def test_peers_use_numbers_and_levels(name):
    X, y = mixed_table(600)
    X_test, y_test = mixed_table(200, seed=1)
    known = X_test[["number", "text"]].notna().all(axis=1).to_numpy()
    columns = ["number", "count", "text", "flag", "empty"]
    model = model_of(name)
    with silence():
        predicted = model.fit(X[columns], y).predict(X_test[columns])
    # numbers alone leave the deviation of the levels, 1.7; levels alone that of the numbers, 1
    assert np.sqrt(np.mean((predicted - y_test)[known] ** 2)) < 0.5


@pytest.mark.parametrize("name", ON_GAPS)
def test_prediction_of_a_row_does_not_depend_on_the_other_test_rows(name):
    X, y = mixed_table()
    X_test, _ = mixed_table(40, seed=1)
    model = model_of(name, quick=True)
    with silence():
        model.fit(X, y)
        whole, part = model.predict(X_test), model.predict(X_test.iloc[7:9])
    np.testing.assert_allclose(part, whole[7:9], rtol=1e-5)


@pytest.mark.parametrize("name", MIXED_PEERS)
def test_settings_are_the_same_for_every_model(name):
    one, other = settings(model_of(name)), settings(model_of(name))
    assert one == other and " at 0x" not in repr(one)
    assert settings(model_of(name, quick=True)) != one or name == "Ridge"


def test_boosted_histograms_have_the_categories_of_scikit_learn():
    X, y = mixed_table(400)
    X["code"] = X["code"].cat.set_categories(range(100))
    plain = HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=0)
    model = model_of("HistGradientBoosting").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), plain.fit(X, y).predict(X))


def test_boosted_histograms_join_levels_beyond_the_most_frequent_200():
    X, y = mixed_table(3000)
    counts = X["code"].value_counts()
    assert len(counts) == 300
    model = model_of("HistGradientBoosting").fit(X, y)
    coded = model[0].transform(X)["code"]
    assert coded.nunique() == 201 and coded.value_counts()[200] == counts.iloc[200:].sum()


def test_xgboost_has_its_own_categories():
    xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    X, y = mixed_table(400)
    X = X.drop(columns=["flag", "empty"])  # which it refuses
    plain = xgboost.XGBRegressor(random_state=0, n_jobs=1, enable_categorical=True)
    model = model_of("XGBoost").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), plain.fit(X, y).predict(X))


def test_contender_may_refuse_missing_values():
    X, y = table()
    one, other = Split(X, y, X, y), Split(X, y, np.where(X > 1, np.nan, X), y)
    frame, target = mixed_table()
    full = frame[["count", "code"]]
    gaps = [(one, False), (other, True), (Split(frame, target, frame, target), True),
            (Split(full, target, full, target), False),
            (Split(full, target, full.mask(full["count"] > 3), target), True)]
    for split, has_gaps in gaps:
        for takes in (False, True):
            contender = Contender("a", "sklearn", lambda n_threads: Shift(), takes_missing=takes)
            refused = contender.refusal(split) == "it refuses missing values"
            assert refused == (has_gaps and not takes)
    assert [name for name in MIXED_PEERS if not MIXED_PEERS[name].takes_missing] == ["RealMLP_TD"]
