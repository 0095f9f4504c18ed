"""Missing numbers are taken at fit and at predict, and what is missing may inform."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal

from sklearn_gar import GARRegressorCV
from tests.categories.tables import (
    assert_differ,
    assert_finite,
    assert_same_predictions,
    blended_or_not,
    one_or_many_batches,
    quick,
    r2_of,
)
from tests.data import smooth_table

NAN = float("nan")


def table_with_gaps(n_rows=100, n_features=3):
    """Features of which a fifth are missing in the first two columns, and targets."""
    X, y = smooth_table(n_rows, n_features)
    X[:, :2][np.random.RandomState(2).uniform(size=(n_rows, 2)) < 0.2] = NAN
    return X, y


def _pandas(kind):
    return lambda X: pd.DataFrame(X, columns=list("abc")).astype(kind)


def _with_NA(X):
    return pd.DataFrame({name: pd.Series([pd.NA if np.isnan(one) else one for one in values],
                                         dtype="Float64")
                         for name, values in zip("abc", X.T)})


def _polars(X):
    return pl.DataFrame({name: pl.Series([None if np.isnan(one) else one for one in values],
                                         dtype=pl.Float64)
                         for name, values in zip("abc", X.T)})


CONTAINERS = {
    "pandas": _pandas("float64"), "nullable": _pandas("Float64"), "NA": _with_NA,
    "Arrow": _pandas(pd.ArrowDtype(pa.float64())), "polars": _polars,
    "polars with NaN": lambda X: pl.DataFrame(dict(zip("abc", X.T))),
    "lists": lambda X: X.tolist(), "columns first": np.asfortranarray,
}
each_container = pytest.mark.parametrize("make", CONTAINERS.values(), ids=list(CONTAINERS))


@each_container
@one_or_many_batches
def test_gaps_of_all_containers_are_those_of_an_array(make, n_rows):
    X, y = table_with_gaps(n_rows)
    expected = quick(blend=None).fit(X, y).predict(X)
    assert_finite(expected, n_rows)
    assert_same_predictions(quick(blend=None).fit(make(X), y).predict(make(X)), expected, y)


@pytest.mark.parametrize("kind", ["Int64", "Int8", "UInt16", pd.ArrowDtype(pa.int64()), "polars"],
                         ids=str)
def test_missing_integers(kind):
    X, y = table_with_gaps()
    X = np.abs(X).round()
    if kind == "polars":
        frame = _polars(X).cast(pl.Int32)
    else:
        frame = pd.DataFrame(X, columns=list("abc")).astype("Int64").astype(kind)
    model = quick().fit(frame, y)
    assert_same_predictions(model.predict(frame), quick().fit(X, y).predict(X), y)


def test_gaps_in_single_precision():
    X, y = table_with_gaps(600)
    assert_same_predictions(quick().fit(X.astype("f4"), y).predict(X.astype("f4")),
                            quick().fit(X.astype("f4").astype("f8"), y).predict(X.astype("f4")),
                            y)


@pytest.mark.parametrize("n_rows", [100, 600])
def test_gaps_in_a_mapped_array(n_rows, tmp_path):
    X, y = table_with_gaps(n_rows)
    np.save(tmp_path / "features.npy", X)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    for settings in ({}, {"categorical_features": [0]}):
        expected = quick(**settings).fit(X, y).predict(X)
        found = quick(**settings).fit(mapped, y).predict(mapped)
        assert_same_predictions(found, expected, y)


@pytest.mark.parametrize("settings", [
    {}, {"blend": None}, {"embedding": None}, {"scale_features": "standard"},
    {"scale_features": False}, {"early_stopping": False}, {"solver": "sgd"}, {"loss": "huber"},
    {"hidden_layer_sizes": ()}, {"activation": "tanh"}, {"scale_target": False}], ids=str)
def test_gaps_at_fit_and_at_predict_for_all_settings(settings):
    X, y = table_with_gaps()
    model = quick(**settings).fit(X, y)
    assert_finite(model.predict(X), 100)
    assert_finite(model.predict(np.full((2, 3), NAN)), 2)
    assert np.isfinite(model.loss_curve_).all()


@blended_or_not
@pytest.mark.parametrize("embedding", ["periodic", None])
@one_or_many_batches
def test_gaps_at_predict_alone(n_rows, embedding, blend):
    X, y = smooth_table(n_rows)
    model = quick(embedding=embedding, blend=blend, max_iter=30).fit(X, y)
    complete = model.predict(X)
    assert_array_equal(complete, quick(embedding=embedding, blend=blend, max_iter=30).fit(
        pd.DataFrame(X), y).predict(pd.DataFrame(X)))
    span = np.ptp(y)
    for column in range(3):
        rows = X.copy()
        rows[::2, column] = NAN
        prediction = model.predict(rows)
        assert_finite(prediction, n_rows)
        assert_same_predictions(prediction[1::2], complete[1::2], y)
        assert y.min() - span < prediction.min() and prediction.max() < y.max() + span
    assert_finite(model.predict(np.full((3, 3), NAN)), 3)


def test_a_gap_is_no_number_that_could_be_in_its_place():
    X, y = table_with_gaps()
    model = quick(blend=None).fit(X, y)
    missing = np.isnan(X)
    for value in (0.0, -1.0, np.nanmean(X), np.nanmedian(X), -999.0):
        filled = np.where(missing, value, X)
        assert_differ(quick(blend=None).fit(filled, y).predict(filled), model.predict(X), y)


@pytest.mark.parametrize("gaps", [[0, 1, 2, 3], [0], range(1, 100), range(100)],
                         ids=["few", "one", "all but one", "all"])
@pytest.mark.parametrize("settings", [{}, {"blend": None}, {"embedding": None},
                                      {"scale_features": "standard"}], ids=str)
def test_few_or_no_numbers_in_a_column(gaps, settings):
    X, y = smooth_table(100)
    full = X.copy()
    X[list(gaps), 1] = NAN
    model = quick(**settings).fit(X, y)
    for rows in (X, full):
        assert_finite(model.predict(rows), 100)


@pytest.mark.parametrize("empty", [
    pd.Series([NAN] * 100), pd.Series([None] * 100, dtype=object),
    pd.Series([pd.NA] * 100, dtype="Int64"), pd.Series([pd.NA] * 100, dtype="string"),
    pd.Series([None] * 100, dtype="category"), pd.Series([pd.NA] * 100, dtype="boolean"),
    pd.Series([None] * 100, dtype=pd.ArrowDtype(pa.null()))],
    ids=["floats", "objects", "integers", "text", "category", "flags", "nulls"])
def test_columns_of_pandas_without_a_value_do_not_matter(empty):
    X, y = smooth_table(100)
    frame = pd.DataFrame(X, columns=list("abc")).assign(empty=empty)
    prediction = quick(max_iter=30).fit(frame, y).predict(frame)
    assert r2_of(prediction, y) > r2_of(quick(max_iter=30).fit(X, y).predict(X), y) - 0.1


@pytest.mark.parametrize("kind", [pl.Null, pl.Float64, pl.Int64, pl.String, pl.Boolean,
                                  pl.Categorical], ids=str)
def test_columns_of_polars_without_a_value(kind):
    X, y = smooth_table(100)
    frame = pl.DataFrame({"a": X[:, 0], "empty": pl.Series([None] * 100, dtype=kind)})
    assert_finite(quick().fit(frame, y).predict(frame), 100)


@pytest.mark.parametrize("constant", ["a", True, 3.5, ""], ids=str)
@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "gaps"])
def test_columns_of_one_value(constant, gaps):
    X, y = smooth_table(100)
    values = [None if gaps and row % 3 == 0 else constant for row in range(100)]
    frame = pd.DataFrame(X, columns=list("abc")).assign(one=values)
    model = quick().fit(frame, y)
    assert_finite(model.predict(frame), 100)
    other = {str: "b", bool: False, float: 7.0}[type(constant)]
    assert_finite(model.predict(frame.assign(one=[other, None] * 50)), 100)


def test_a_row_without_a_value_and_a_table_without_one():
    X, y = smooth_table(100)
    X[7] = NAN
    assert_finite(quick().fit(X, y).predict(X), 100)
    X[:] = NAN
    prediction = quick().fit(X, y).predict(X)
    assert_finite(prediction, 100)
    assert np.ptp(prediction) <= 1e-6 * np.std(y)
    assert y.min() < prediction[0] < y.max()


@pytest.mark.parametrize("with_gaps", [False, True], ids=["complete", "gaps"])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("make", [np.asarray, CONTAINERS["pandas"], CONTAINERS["nullable"],
                                  CONTAINERS["Arrow"], CONTAINERS["polars"]],
                         ids=["array", "pandas", "nullable", "Arrow", "polars"])
def test_infinity_stays_an_error(make, value, with_gaps):
    X, y = table_with_gaps() if with_gaps else smooth_table(100)
    infinite = X.copy()
    infinite[4, 2] = value
    model = quick()
    with pytest.raises(ValueError, match="(?i)inf"):
        model.fit(make(infinite), y)
    assert not hasattr(model, "net_")
    with pytest.raises(ValueError, match="(?i)inf"):
        model.fit(make(X), y).predict(make(infinite))


@pytest.mark.parametrize("target", [
    lambda y: np.where(np.arange(100) == 3, NAN, y),
    lambda y: pd.Series(y).astype("Float64").where(y > y.min()),
    lambda y: pl.Series([None, *y[1:]]),
    lambda y: np.column_stack([y, np.where(np.arange(100) == 3, NAN, y)]),
], ids=["array", "nullable", "polars", "two targets"])
def test_missing_targets_stay_an_error(target):
    X, y = table_with_gaps()
    for model in (quick(), GARRegressorCV(cv=2, max_iter=1)):
        with pytest.raises(ValueError, match="NaN"):
            model.fit(X, target(y))


def test_missing_weights_stay_an_error():
    X, y = table_with_gaps()
    with pytest.raises(ValueError, match="sample_weight.*NaN"):
        quick().fit(X, y, np.where(np.arange(100) == 3, NAN, 1.0))


def informative(n_rows, seed):
    """Targets that depend on whether one number is missing, and on another number."""
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n_rows, 2))
    missing = rng.uniform(size=n_rows) < 0.4
    X[missing, 0] = NAN
    return X, np.where(missing, 6.0, -2.0) + X[:, 1] + 0.3 * rng.normal(size=n_rows)


@blended_or_not
@pytest.mark.parametrize("make", [np.asarray, lambda X: pd.DataFrame(X, columns=["a", "b"])],
                         ids=["array", "frame"])
def test_what_is_missing_is_learned(make, blend):
    (X, y), (X_test, y_test) = informative(600, 0), informative(600, 1)
    model = quick(max_iter=40, blend=blend, hidden_layer_sizes=(32,)).fit(make(X), y)
    assert r2_of(model.predict(make(X_test)), y_test) > 0.95


def test_what_is_missing_and_what_is_there_are_learned_together():
    """The number counts where it is there, and the gap has a level that no number has."""
    def table(seed):
        rng = np.random.RandomState(seed)
        x, missing = rng.normal(size=800), rng.uniform(size=800) < 0.3
        y = np.where(missing, 4.0, np.sin(2 * x)) + 0.1 * rng.normal(size=800)
        return np.where(missing, NAN, x)[:, None], y

    model = quick(max_iter=60, hidden_layer_sizes=(32, 32)).fit(*table(0))
    X, y = table(1)
    assert r2_of(model.predict(X), y) > 0.95
    present = ~np.isnan(X[:, 0])
    assert r2_of(model.predict(X[present]), y[present]) > 0.7
