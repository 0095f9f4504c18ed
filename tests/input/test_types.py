"""Values that are not numbers are refused, with the remedy."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
import torch
from numpy.testing import assert_array_equal

from sklearn_gar import GARRegressorCV
from tests.data import smooth_table
from tests.processes import run_python
from tests.regressors import quick

X, y = smooth_table(40)
DATES = np.datetime64("2024-02-25", "D") + np.arange(40)
SPANS = np.arange(40).astype("timedelta64[s]")
MISSING = np.where(np.arange(40) == 3, np.datetime64("NaT"), DATES)

TIMES_IN_X = {
    "days": np.column_stack((DATES, DATES)),
    "nanoseconds": DATES[:, None].astype("datetime64[ns]"),
    "spans": SPANS[:, None],
    "missing": MISSING[:, None],
    "pandas": pd.DataFrame({"when": DATES.astype("datetime64[ns]")}),
    "pandas, with a number": pd.DataFrame({"a": y, "when": DATES.astype("datetime64[ns]")}),
    "pandas, with a time zone": pd.DataFrame(
        {"when": pd.Series(DATES.astype("datetime64[ns]")).dt.tz_localize("UTC")}),
    "pandas, spans": pd.DataFrame({"took": SPANS}),
    "polars": pl.DataFrame({"when": DATES.astype("datetime64[us]")}),
    "polars, with a number": pl.DataFrame({"a": y, "when": DATES.astype("datetime64[us]")}),
    "objects": np.array([[pd.Timestamp(date)] for date in DATES], dtype=object),
}
TIMES_IN_Y = {
    "days": DATES, "spans": SPANS, "missing": MISSING,
    "two targets": np.column_stack((SPANS, SPANS)),
    "pandas": pd.Series(DATES.astype("datetime64[ns]")), "pandas, spans": pd.Series(SPANS),
    "pandas, frame": pd.DataFrame({"took": SPANS}),
    "polars": pl.Series(DATES.astype("datetime64[us]")),
    "polars, spans": pl.Series(SPANS.astype("timedelta64[us]")),
}
each_method = pytest.mark.parametrize("method", ["fit", "partial_fit"])


def assert_refuses_times(call, name):
    with pytest.raises((TypeError, ValueError), match=rf"(?s)\b{name}\b.*(date|time).*;"):
        call()


@each_method
@pytest.mark.parametrize("features", TIMES_IN_X.values(), ids=list(TIMES_IN_X))
def test_dates_and_times_in_X_are_refused(features, method):
    model = quick()
    assert_refuses_times(lambda: getattr(model, method)(features, y), "X")
    assert not hasattr(model, "net_")


@each_method
@pytest.mark.parametrize("target", TIMES_IN_Y.values(), ids=list(TIMES_IN_Y))
def test_dates_and_times_in_y_are_refused(target, method):
    model = quick()
    assert_refuses_times(lambda: getattr(model, method)(X, target), "y")
    assert not hasattr(model, "net_")


def test_dates_and_times_are_refused_by_predict_and_as_validation_data():
    model = quick().fit(X, y)
    assert_refuses_times(lambda: model.predict(np.column_stack((DATES,) * 3)), "X")
    assert_refuses_times(lambda: model.fit(X, y, X_val=np.column_stack((DATES,) * 3), y_val=y),
                         "X_val")
    assert_refuses_times(lambda: model.fit(X, y, X_val=X, y_val=SPANS), "y_val")


def test_dates_and_times_are_refused_by_a_search():
    search = GARRegressorCV(cv=2, max_iter=1)
    assert_refuses_times(lambda: search.fit(np.column_stack((DATES,) * 3), y), "X")
    assert_refuses_times(lambda: search.fit(X, SPANS), "y")


@pytest.mark.parametrize("where, value", [
    ("X", np.inf), ("y", np.nan), ("y", np.inf), ("sample_weight", np.nan),
    ("sample_weight", np.inf)])
@each_method
def test_values_that_are_not_finite_are_named_where_scikit_learn_does_not_check(
        where, value, method):
    arguments = {"X": X.copy(), "y": y.copy(), "sample_weight": np.ones(40)}
    arguments[where].flat[3] = value
    model = quick()
    with sklearn.config_context(assume_finite=True), pytest.raises(ValueError) as raised:
        getattr(model, method)(**arguments)
    assert ("NaN" if np.isnan(value) else "inf") in str(raised.value)
    assert "learning rate" not in str(raised.value)


WITH_ARRAY_API = """
import numpy as np, sklearn, torch
from sklearn_gar import GARRegressor
from tests.data import smooth_table
X, y = smooth_table(40)
model = GARRegressor(hidden_layer_sizes=(3,), max_iter=2, random_state=0)
expected = model.fit(X, y).predict(X)
with sklearn.config_context(array_api_dispatch=True):
    try:
        prediction = model.fit(torch.tensor(X), torch.tensor(y)).predict(torch.tensor(X))
    except (TypeError, ValueError) as error:
        print("refused:", error)
    else:
        print("same" if np.array_equal(np.asarray(prediction), expected) else "other numbers")
"""


def test_tensors_under_array_api_dispatch_are_learned_or_refused_with_the_remedy():
    done = run_python(WITH_ARRAY_API, SCIPY_ARRAY_API="1")
    assert done.stderr == ""
    answer = done.stdout.strip()
    assert answer == "same" or (answer.startswith("refused") and "numpy" in answer.lower()
                                and "dense" not in answer)


def test_tensors_are_learned_as_arrays_without_dispatch():
    found = quick().fit(torch.tensor(X), torch.tensor(y)).predict(torch.tensor(X))
    assert_array_equal(found, quick().fit(X, y).predict(X))


MORE_TIMES = {
    "Arrow table": pa.table({"when": pa.array(DATES)}),
    "Arrow batch": pa.record_batch({"when": pa.array(SPANS.astype("timedelta64[us]"))}),
    "categories": pd.DataFrame({"when": pd.Categorical(pd.to_datetime(DATES))}),
    "list of arrays": list(DATES.astype("datetime64[ns]")[:, None]),
    "periods": pd.DataFrame({"when": pd.Series(pd.period_range("2024", periods=40)),
                             "a": y}).astype({"when": object}),
    "repeated names": pd.DataFrame(np.c_[y, y], columns=["a", "a"]).assign(when=DATES),
}


@pytest.mark.parametrize("features", MORE_TIMES.values(), ids=list(MORE_TIMES))
def test_dates_and_times_in_other_containers_are_refused(features):
    assert_refuses_times(lambda: quick().fit(features, y), "X")


@pytest.mark.parametrize("target", [
    pa.array(DATES), pa.chunked_array([pa.array(DATES)]), pd.Series(pd.Categorical(DATES))],
    ids=["Arrow", "chunks", "categories"])
def test_dates_and_times_in_other_targets_are_refused(target):
    assert_refuses_times(lambda: quick().fit(X, target), "y")


@pytest.mark.parametrize("weight", [
    DATES, SPANS, pd.Series(DATES), pl.Series(list(DATES.tolist())), list(DATES)],
    ids=["dates", "spans", "pandas", "polars", "list"])
@each_method
def test_dates_and_times_as_weights_are_refused(weight, method):
    assert_refuses_times(lambda: getattr(quick(), method)(X, y, weight), "sample_weight")
