"""Which columns are categories, and in which container they may come."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sklearn_gar import GARRegressor, GARRegressorCV
from tests.categories.tables import (
    FRAMES,
    TOWNS,
    assert_differ,
    assert_finite,
    assert_same_predictions,
    blended_or_not,
    each_frame,
    mixed_columns,
    mixed_frame,
    one_or_many_batches,
    pandas_or_polars,
    quick,
)
from tests.data import smooth_table
from tests.processes import run_python

NAMES = ["town", "member", "size", "age"]
ways_to_name_categories = pytest.mark.parametrize("categories", [
    ["town", "member"], ("town", "member"), np.array(["town", "member"]),
    pd.Index(["town", "member"]), [0, 1], np.array([0, 1]), (1, 0),
    [True, True, False, False], np.array([True, True, False, False]),
], ids=["names", "tuple", "array of names", "index", "indices", "array", "other order", "mask",
        "array of flags"])


def codes_of(columns, levels=TOWNS[::-1]):
    """The same table as an array: a number for each level, NaN where a value is missing."""
    codes = {None: np.nan, **{level: 10.0 * code + 3 for code, level in enumerate(levels)}}
    return np.column_stack([
        [codes[town] for town in columns["town"]],
        np.array(columns["member"], dtype=float), np.array(columns["size"], dtype=float),
        np.array(columns["age"], dtype=float)])


@each_frame
@pytest.mark.parametrize("gaps", [True, False], ids=["gaps", "complete"])
def test_all_frames_give_the_same_model_as_an_array_of_codes(build, gaps):
    columns, y = mixed_columns(gaps=gaps)
    codes = codes_of(columns)
    expected = quick(blend=None, categorical_features=[0, 1]).fit(codes, y).predict(codes)
    frame = build(columns)
    model = quick(blend=None).fit(frame, y)
    assert_same_predictions(model.predict(frame), expected, y)
    assert_array_equal(model.feature_names_in_, NAMES)
    assert model.n_features_in_ == 4


@pandas_or_polars
@one_or_many_batches
@blended_or_not
def test_frames_of_any_size_give_the_same_model_as_an_array_of_codes(build, n_rows, blend):
    columns, y = mixed_columns(n_rows)
    codes, frame = codes_of(columns), build(columns)
    expected = quick(blend=blend, categorical_features=[0, 1]).fit(codes, y).predict(codes)
    assert_same_predictions(quick(blend=blend).fit(frame, y).predict(frame), expected, y)


@ways_to_name_categories
@pandas_or_polars
def test_categories_may_be_named_numbered_or_marked(build, categories):
    columns, y = mixed_columns()
    frame = build(columns)
    model = quick(categorical_features=categories)
    assert clone(model).categorical_features is not None
    assert model.fit(frame, y).categorical_features is categories
    assert_same_predictions(model.predict(frame), quick().fit(frame, y).predict(frame), y)


def test_from_dtype_is_the_default_of_the_regressor_and_of_the_search():
    assert GARRegressor().categorical_features == "from_dtype"
    assert GARRegressorCV().categorical_features == "from_dtype"


@pytest.mark.parametrize("flags", ["bool", object, "boolean", "category"])
def test_complete_flags_are_categories(flags):
    columns, y = mixed_columns(gaps=False)
    frame = FRAMES["pandas inferred"](columns).astype({"member": flags})
    model = quick().fit(frame, y)
    expected = quick(categorical_features=[0, 1]).fit(codes_of(columns), y)
    assert_same_predictions(model.predict(frame), expected.predict(codes_of(columns)), y)


@each_frame
def test_a_fitted_model_takes_the_same_values_in_another_container(build):
    columns, y = mixed_columns()
    frame = FRAMES["pandas inferred"](columns)
    model = quick().fit(frame, y)
    assert_same_predictions(model.predict(build(columns)), model.predict(frame), y)
    of_this = quick().fit(build(columns), y)
    assert_same_predictions(of_this.predict(frame), model.predict(frame), y)


def test_a_fitted_model_takes_a_frame_of_few_rows_whose_inferred_types_differ():
    columns, y = mixed_columns()
    frame = FRAMES["pandas inferred"](columns)
    model = quick().fit(frame, y)
    expected = model.predict(frame)
    for row in range(20):  # a gap makes a whole column of objects, of floats or of nothing
        one = pd.DataFrame({name: [values[row]] for name, values in columns.items()})
        assert_same_predictions(model.predict(one), expected[[row]], y)
        one = pl.DataFrame({name: [values[row]] for name, values in columns.items()})
        assert_same_predictions(model.predict(one), expected[[row]], y)


def test_numbers_held_as_objects_at_predict_are_numbers():
    frame, y = mixed_frame()
    model = quick().fit(frame, y)
    assert_same_predictions(model.predict(frame.astype({"size": object, "age": object})),
                            model.predict(frame), y)


@pytest.mark.parametrize("categories", [[0, 1], [True, True, False, False], np.array([1, 0])],
                         ids=["indices", "mask", "array"])
@blended_or_not
def test_arrays_of_objects_need_indices_or_a_mask(categories, blend):
    columns, y = mixed_columns()
    objects = np.array(list(zip(*columns.values())), dtype=object)
    frame = FRAMES["pandas objects"](columns)
    model = quick(blend=blend, categorical_features=categories).fit(objects, y)
    assert_same_predictions(model.predict(objects),
                            quick(blend=blend).fit(frame, y).predict(frame), y)
    for unaware in ("from_dtype", None):
        with pytest.raises((ValueError, TypeError)):
            quick(categorical_features=unaware).fit(objects, y)


@pytest.mark.parametrize("make", [
    lambda columns: list(map(list, zip(*columns.values()))),
    lambda columns: np.array(list(zip(*columns.values())), dtype=object),
], ids=["lists", "objects"])
def test_lists_of_rows_are_read_as_objects(make):
    columns, y = mixed_columns()
    model = quick(categorical_features=[0, 1]).fit(make(columns), y)
    frame = FRAMES["pandas objects"](columns)
    assert_same_predictions(model.predict(make(columns)), quick().fit(frame, y).predict(frame), y)


WITHOUT_FRAMES = """
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] not in ("pandas", "polars", "pyarrow"):
            return PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Finder if one is PathFinder else one for one in sys.meta_path]
import numpy as np
from sklearn_gar import GARRegressor
X = np.array([["a", 1.0], ["b", None], [None, 3.0], ["a", 4.0]] * 5, dtype=object)
model = GARRegressor(max_iter=1, hidden_layer_sizes=(4,), categorical_features=[0])
print(np.isfinite(model.fit(X, np.arange(20.0)).predict(X)).all(), "pandas" in sys.modules)
"""


def test_arrays_of_objects_need_no_pandas():
    done = run_python(WITHOUT_FRAMES)
    assert done.stderr == ""
    assert done.stdout == "True False\n"


def test_arrays_of_text_alone():
    columns, y = mixed_columns(gaps=False)
    text = np.array(columns["town"])[:, None]
    model = quick(categorical_features=[0]).fit(text, y)
    frame = pd.DataFrame({"town": columns["town"]})
    assert_same_predictions(model.predict(text), quick().fit(frame, y).predict(frame), y)


@pytest.mark.parametrize("categories", [None, "from_dtype", [], [False] * 3],
                         ids=["None", "from dtype", "empty", "mask of none"])
def test_arrays_of_numbers_have_no_categories_unless_asked(categories):
    X, y = smooth_table(90)
    X[:, 1] = np.round(X[:, 1])
    expected = quick(categorical_features=None).fit(X, y).predict(X)
    found = quick(categorical_features=categories).fit(X, y).predict(X)
    assert_array_equal(found, expected)
    frame = pd.DataFrame(X, columns=list("abc"))
    assert_array_equal(quick(categorical_features=categories).fit(frame, y).predict(frame),
                       expected)


def test_None_takes_flags_and_categories_of_numbers_as_numbers():
    X, y = smooth_table(90)
    X = np.column_stack([X[:, :2].round(), X[:, 2] > 0])
    frame = pd.DataFrame({"a": pd.Categorical(X[:, 0]), "b": X[:, 1], "c": X[:, 2] > 0})
    model = quick(categorical_features=None).fit(frame, y)
    assert_same_predictions(model.predict(frame), quick().fit(X, y).predict(X), y)


def test_numbers_that_are_not_named_stay_numbers():
    frame, y = mixed_frame()
    named = quick(categorical_features=["town", "member"]).fit(frame, y)
    assert_same_predictions(named.predict(frame), quick().fit(frame, y).predict(frame), y)
    more = quick(categorical_features=["town", "member", "size"]).fit(frame, y)
    assert_differ(more.predict(frame), named.predict(frame), y)
    shifted = frame.assign(size=frame["size"] + 1e-3)  # levels that training never saw
    assert np.ptp(more.predict(shifted.assign(town="Zug", member=True, age=40.0))) == 0


def test_numbers_in_single_precision_beside_categories():
    frame, y = mixed_frame(200)
    single = frame.astype({"size": "float32", "age": "float32"})
    double = single.astype({"size": "float64", "age": "float64"})
    assert_same_predictions(quick().fit(single, y).predict(single),
                            quick().fit(double, y).predict(double), y)


def test_frames_without_names_take_indices():
    columns, y = mixed_columns()
    frame = FRAMES["pandas inferred"](columns)
    unnamed = frame.set_axis(range(4), axis=1)
    for categories in ("from_dtype", [0, 1]):
        model = quick(categorical_features=categories).fit(unnamed, y)
        assert not hasattr(model, "feature_names_in_")
        assert_same_predictions(model.predict(unnamed), quick().fit(frame, y).predict(frame), y)


def test_only_categories():
    frame, y = mixed_frame()
    for names in (["town"], ["town", "member"]):
        assert_finite(quick().fit(frame[names], y).predict(frame[names]), 100)


def test_order_of_columns_is_that_of_fit():
    frame, y = mixed_frame()
    model = quick().fit(frame, y)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[NAMES[::-1]])
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"town": "city"}))
    with pytest.raises(ValueError, match="feature"):
        model.predict(frame[NAMES[:3]])


def test_tags_say_what_the_estimators_take():
    for model in (GARRegressor(), GARRegressorCV()):
        tags = model.__sklearn_tags__().input_tags
        assert tags.allow_nan
        assert not tags.sparse
