"""Frames of pandas and polars, in every place that takes rows."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.estimator.tables import NAMES, X, frames, quick, y


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_equal_arrays(kind):
    frame, series = frames(kind)
    model = quick().fit(frame, series)
    assert_array_equal(model.feature_names_in_, NAMES)
    assert model.feature_names_in_.dtype == object
    assert_array_equal(model.predict(frame), quick().fit(X, y).predict(X))
    assert isinstance(model.predict(frame), np.ndarray)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[NAMES[::-1]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_as_weights_and_validation_data(kind):
    frame, series = frames(kind)
    weight = np.arange(1.0, 91)
    model = quick().fit(frame, series, series * 0 + weight, X_val=frame[:20], y_val=series[:20],
                        sample_weight_val=series[:20] * 0 + 1)
    plain = quick().fit(X, y, weight, X_val=X[:20], y_val=y[:20], sample_weight_val=np.ones(20))
    assert_array_equal(model.predict(frame), plain.predict(X))
    assert_array_equal(model.partial_fit(frame, series).predict(frame),
                       plain.partial_fit(X, y).predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        quick().fit(frame, series, X_val=frame[NAMES[::-1]], y_val=series)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_of_targets(kind):
    frame, series = frames(kind)
    build = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[kind]
    targets = build({"one": series, "two": series * 2})
    model = quick().fit(frame, targets)
    assert_allclose(model.predict(frame),
                    quick().fit(X, np.column_stack([y, 2 * y])).predict(X), rtol=1e-4)


@pytest.mark.parametrize("dtype", ["Float64", "float32", "Int64"])
def test_pandas_extension_types(dtype):
    frame, series = frames("pandas")
    frame, series = frame.round().astype(dtype), series.round().astype(dtype)
    model = quick().fit(frame, series)
    rows = X.round().astype("f4" if dtype == "float32" else "f8")
    assert_array_equal(model.predict(frame), quick().fit(rows, y.round()).predict(rows))


def test_pandas_missing_targets_are_refused():
    frame, series = frames("pandas")
    for bad in ({"y": series.where(series > 40)},
                {"y": series.astype("Float64").where(series > 40)},
                {"y": series.astype(object).where(series > 40)}):
        model = quick()
        with pytest.raises(ValueError, match="NaN"):
            model.fit(**{"X": frame, "y": series, **bad})
        assert not hasattr(model, "net_")


def test_a_failed_fit_keeps_the_feature_names_of_the_last():
    frame, series = frames("pandas")
    model = quick().fit(frame, series)
    expected = model.predict(frame)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(frame.rename(columns=str.upper), series, -np.ones(90))
    assert_array_equal(model.feature_names_in_, NAMES)
    assert_array_equal(model.predict(frame), expected)


def test_pipeline_of_mixed_columns_with_set_output():
    frame, series = frames("pandas")
    frame = frame.assign(kind=np.where(np.arange(90) % 3, "a", "b"))
    columns = make_column_transformer((StandardScaler(), NAMES),
                                      (OneHotEncoder(sparse_output=False), ["kind"]))
    pipeline = make_pipeline(columns, quick()).set_output(transform="pandas").fit(frame, series)
    assert pipeline[-1].n_features_in_ == 5
    assert_array_equal(pipeline[-1].feature_names_in_, columns.get_feature_names_out())
    assert pipeline.predict(frame).shape == (90,)
    assert pipeline.score(frame, series) > 0.5


def test_pipeline_with_a_column_transformer_in_a_search():
    frame, series = frames("pandas")
    pipeline = Pipeline([("columns", ColumnTransformer([("keep", "passthrough", NAMES[:2])])),
                         ("gar", quick())])
    search = GridSearchCV(pipeline, {"gar__alpha": [1.0, 10.0]}, cv=2).fit(frame, series)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
