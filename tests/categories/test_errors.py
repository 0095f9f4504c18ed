"""Errors name the rule, the column and the remedy."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.categories.tables import FRAMES, mixed_columns, mixed_frame, pandas_or_polars, quick
from tests.data import smooth_table

REFUSED = (ValueError, TypeError)

BAD_CATEGORIES = {
    "unknown name": (["town", "hat"], "hat"),
    "name in another case": (["Town"], "Town"),
    "empty name": ([""], "categorical_features"),
    "index too large": ([0, 4], r"categorical_features.*4"),
    "index below zero": ([-1], "categorical_features.*-1"),
    "mask too short": ([True, False], r"categorical_features.*(2|4)"),
    "mask too long": ([True] * 5, r"categorical_features.*(5|4)"),
    "names and indices": (["town", 1], "categorical_features"),
    "floats": ([0.0, 1.0], "categorical_features"),
    "None among names": (["town", None], "categorical_features"),
    "two dimensions": ([["town", "member"]], "categorical_features"),
    "a word": ("all", "categorical_features"),
    "a name alone": ("town", "categorical_features"),
    "a number": (1, "categorical_features"),
    "a flag": (True, "categorical_features"),
}


@pytest.mark.parametrize("categories, message", BAD_CATEGORIES.values(), ids=list(BAD_CATEGORIES))
@pandas_or_polars
def test_bad_categorical_features_are_refused(build, categories, message):
    columns, y = mixed_columns()
    model = quick(categorical_features=categories)
    with pytest.raises(REFUSED, match=message):
        model.fit(build(columns), y)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("categories, message", [
    (["town"], "categorical_features.*|feature names"), ([3], "categorical_features.*3"),
    ([-1], "categorical_features.*-1"), ([True, False], "categorical_features.*(2|3)"),
    (np.ones(4, dtype=bool), "categorical_features.*(4|3)")], ids=str)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_bad_categorical_features_of_an_array_are_refused(method, categories, message):
    X, y = smooth_table(40)
    with pytest.raises(REFUSED, match=message):
        getattr(quick(categorical_features=categories), method)(X, y)


@pandas_or_polars
def test_an_error_about_names_says_where_they_are_missing(build):
    columns, y = mixed_columns()
    with pytest.raises(ValueError, match="categorical_features.*hat"):
        quick(categorical_features=["hat"]).fit(build(columns), y)


@pytest.mark.parametrize("kind", ["pandas objects", "pandas inferred", "pandas strings",
                                  "pandas categories", "Arrow", "polars strings", "polars enum"])
@pytest.mark.parametrize("categories", [None, [], ["member"]], ids=str)
def test_text_that_is_no_category_is_an_error(kind, categories):
    columns, y = mixed_columns(gaps=False)
    with pytest.raises(REFUSED, match="(?i)string|text|float|number|numeric"):
        quick(categorical_features=categories).fit(FRAMES[kind](columns), y)


def test_text_in_arrays_is_an_error_without_indices():
    columns, y = mixed_columns(gaps=False)
    for X in (np.array(columns["town"])[:, None],
              np.array(list(zip(*columns.values())), dtype=object)):
        for categories in ("from_dtype", None):
            with pytest.raises(REFUSED, match="(?i)string|text|float|number|numeric"):
                quick(categorical_features=categories).fit(X, y)


@pytest.mark.parametrize("text", ["many", "", "1,5"])
def test_text_in_a_number_at_predict_is_an_error(text):
    frame, y = mixed_frame()
    model = quick().fit(frame, y)
    with pytest.raises(REFUSED, match="(?i)size|string|text|float"):
        model.predict(frame.astype({"size": object}).assign(size=text))


@pytest.mark.parametrize("level", [["a"], {"a": 1}, {"a"}, np.array([1, 2]), pd.DataFrame()],
                         ids=["list", "dict", "set", "array", "frame"])
@pytest.mark.parametrize("everywhere", [True, False], ids=["all rows", "one row"])
def test_levels_that_are_no_single_value_are_refused(level, everywhere):
    frame, y = mixed_frame()
    values = [level if everywhere or row == 42 else "a" for row in range(100)]
    bad = frame.assign(town=pd.Series(values, dtype=object))
    with pytest.raises(REFUSED, match="town"):
        quick().fit(bad, y)
    model = quick().fit(frame, y)
    with pytest.raises(REFUSED, match="town"):
        model.predict(bad)


@pytest.mark.parametrize("level", [["a"], {"a": 1}], ids=["list", "dict"])
def test_levels_of_arrays_that_are_no_single_value_are_refused(level):
    X = np.empty((40, 2), dtype=object)
    X[:, 0], X[:, 1] = "a", 1.0
    X[7, 0] = level
    _, y = smooth_table(40)
    with pytest.raises(REFUSED, match="(?i)column|feature|level|categor"):
        quick(categorical_features=[0]).fit(X, y)


@pytest.mark.parametrize("value, kind", [([1, 2], "list"), ({"a": 1}, "dict")])
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("build", [pl.DataFrame, pa.table], ids=["polars", "Arrow"])
def test_cells_of_several_values_are_refused(build, missing, value, kind):
    cells = [None if missing and row == 3 else value for row in range(40)]
    X, y = smooth_table(40)
    with pytest.raises(REFUSED, match=f"^column 'pair' of X: .* number.*{kind}'?; give each of "
                                      "its values a column of its own$"):
        quick().fit(build({"size": X[:, 0].tolist(), "pair": cells}), y)


@pytest.mark.parametrize("build, width, n_rows, message", [
    (lambda: pd.DataFrame(index=range(20)), 0, 20, r"0 feature\(s\) \(shape=\(20, 0\)\)"),
    (pl.DataFrame, 0, 0, r"0 sample\(s\) \(shape=\(0, 0\)\)"),
    (lambda: pa.table({}), 0, 0, r"0 sample\(s\) \(shape=\(0, 0\)\)"),
], ids=["pandas", "polars", "Arrow"])
def test_a_frame_without_columns_is_refused_as_an_array_is(build, width, n_rows, message):
    for X in (build(), np.empty((n_rows, width))):
        with pytest.raises(ValueError, match=f"^Found array with {message}"):
            quick().fit(X, np.arange(n_rows))


@pytest.mark.parametrize("build", [pd.DataFrame, pl.DataFrame, pa.table],
                         ids=["pandas", "polars", "Arrow"])
@pytest.mark.parametrize("with_text", [False, True])
def test_a_frame_without_rows_is_refused_as_a_whole(with_text, build):
    columns = {"size": np.arange(40.0), "age": np.arange(40.0) ** 2}
    if with_text:
        columns["town"] = ["Ulm", "Kiel"] * 20
    model = quick().fit(build(columns), np.arange(40.0))
    empty = build({name: values[:0] for name, values in columns.items()})
    with pytest.raises(ValueError, match=r"^Found array with 0 sample\(s\) "
                                         rf"\(shape=\(0, {len(columns)}\)\)"):
        model.predict(empty)


def test_complex_numbers_are_refused():
    frame, y = mixed_frame()
    number = np.arange(100) + 1j
    with pytest.raises(REFUSED, match="(?i)complex"):
        quick().fit(frame.assign(number=number), y)
    with pytest.raises(REFUSED, match="(?i)complex|number"):
        quick(categorical_features=["number"]).fit(frame.assign(number=number), y)
    with pytest.raises(REFUSED, match="(?i)complex"):
        quick(categorical_features=[0]).fit(np.column_stack([number, number]), y)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("categories", [["size", "town", "member"], "from_dtype"], ids=str)
def test_infinity_beside_categories(value, categories):
    """An infinite number is an error; as a level it is one or an error."""
    frame, y = mixed_frame()
    frame.loc[5, "age"] = value
    with pytest.raises(ValueError, match="(?i)inf"):
        quick(categorical_features=categories).fit(frame, y)


@pytest.mark.parametrize("target", [["a"] * 100, pd.Series(["a"] * 100, dtype="category"),
                                    pl.Series(["a"] * 100)], ids=["list", "category", "polars"])
def test_text_as_target_stays_an_error(target):
    frame, _ = mixed_frame()
    with pytest.raises(REFUSED, match="(?i)could not convert string to float|numeric|number"):
        quick().fit(frame, target)


def test_text_as_weights_stays_an_error():
    frame, y = mixed_frame()
    with pytest.raises(REFUSED, match="(?i)string|number|numeric"):
        quick().fit(frame, y, frame["member"].astype(str))


@pandas_or_polars
def test_frames_of_other_widths_are_refused_at_predict(build):
    columns, y = mixed_columns()
    model = quick().fit(build(columns), y)
    with pytest.raises(ValueError, match="feature"):
        model.predict(build({**columns, "more": columns["size"]}))
    with pytest.raises(ValueError, match="feature"):
        model.predict(build({name: columns[name] for name in ("town", "size")}))
