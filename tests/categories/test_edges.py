"""The smallest and the strangest tables: a prediction or a clear error."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_gar import GARRegressorCV
from tests.categories.tables import (
    assert_finite,
    assert_same_predictions,
    each_frame,
    mixed_columns,
    mixed_frame,
    pandas_or_polars,
    quick,
    table_of_levels,
)
from tests.regressors import each_loss


@each_frame
@pytest.mark.parametrize("n_rows", [2, 5])
def test_few_rows(build, n_rows):
    columns, y = mixed_columns(n_rows)
    model = quick().fit(build(columns), y)
    assert_finite(model.predict(build(columns)), n_rows)
    assert_finite(model.predict(build(mixed_columns(50, seed=1)[0])), 50)


@pandas_or_polars
def test_one_row_at_fit_is_refused(build):
    columns, y = mixed_columns(1)
    with pytest.raises(ValueError, match="1 sample.*minimum of 2"):
        quick().fit(build(columns), y)


@pandas_or_polars
def test_no_rows_are_refused(build):
    columns, y = mixed_columns()
    none = build(columns)[:0]
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        quick().fit(none, y[:0])
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        quick().fit(build(columns), y).predict(none)


@each_frame
def test_rows_one_by_one_are_predicted_as_together(build):
    columns, y = mixed_columns()
    model = quick().fit(build(columns), y)
    together = model.predict(build(columns))
    frame = build(columns)
    for row in range(10):
        assert_same_predictions(model.predict(frame[row:row + 1]), together[row:row + 1], y)


def test_many_rows_are_predicted_as_few():
    frame, y = mixed_frame()
    model = quick().fit(frame, y)
    many = pd.concat([frame] * 200, ignore_index=True)
    assert_same_predictions(model.predict(many), np.tile(model.predict(frame), 200), y)


def test_frames_without_columns_are_refused():
    _, y = mixed_frame()
    with pytest.raises(ValueError, match=r"0 feature\(s\)|at least one"):
        quick().fit(pd.DataFrame(index=range(100)), y)


@pytest.mark.parametrize("names", [["a", "a", "b", "c"], ["a", "b", "b", "c"], ["a"] * 4],
                         ids=str)
@pytest.mark.parametrize("categories", ["from_dtype", [0, 1], ["a"]], ids=str)
def test_duplicated_names_are_taken_or_refused_clearly(names, categories):
    frame, y = mixed_frame()
    duplicated = frame.set_axis(names, axis=1)
    try:
        model = quick(categorical_features=categories).fit(duplicated, y)
    except (ValueError, TypeError) as error:
        assert "a" in names and any(word in str(error).lower() for word in (
            "duplicate", "unique", "more than once", "categorical_features"))
    else:
        expected = quick().fit(frame, y).predict(frame)
        assert_same_predictions(model.predict(duplicated), expected, y)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "X", "é", "0", "a" * 1000], ids=repr)
def test_columns_of_any_name(name):
    frame, y = mixed_frame()
    renamed = frame.rename(columns={"town": name})
    assert_same_predictions(quick().fit(renamed, y).predict(renamed),
                            quick().fit(frame, y).predict(frame), y)
    named = quick(categorical_features=[name, "member"]).fit(renamed, y)
    assert_same_predictions(named.predict(renamed), quick().fit(frame, y).predict(frame), y)


@pytest.mark.parametrize("level", ["", "\x00", "a" * 100_000, "\U0001f600", "a,b;c\n"],
                         ids=["empty", "zero", "long", "emoji", "separators"])
def test_levels_of_any_text(level):
    frame, y = mixed_frame()
    strange = frame.assign(town=frame["town"].replace("Zug", level))
    assert_same_predictions(quick().fit(strange, y).predict(strange),
                            quick().fit(frame, y).predict(frame), y)


def test_constant_targets_are_predicted_exactly():
    frame, _ = mixed_frame()
    found = quick().fit(frame, np.full(100, 7.5)).predict(frame.assign(town="Basel"))
    assert (found == 7.5).all()


@pytest.mark.parametrize("scale", [1e-30, 1e30])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_units_of_the_target_do_not_matter(scale, shift):
    frame, y = mixed_frame()
    frame = frame.join(table_of_levels(30, 100)[0])
    found = quick().fit(frame, scale * (y + shift)).predict(frame) / scale - shift
    expected = quick().fit(frame, y).predict(frame)
    assert np.abs(found - expected).max() < 1e-3 * np.std(y)


def test_a_level_in_a_single_row_and_many_of_them():
    frame, y = mixed_frame(150)
    frame["town"] = [f"town {row}" if row % 2 else "home" for row in range(150)]
    assert_finite(quick().fit(frame, y).predict(frame), 150)


def test_many_columns_of_categories():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(rng.choice(list("abcde"), size=(200, 60))).rename(columns=str)
    y = (frame["0"] == "a") + rng.normal(size=200)
    assert_finite(quick().fit(frame, y).predict(frame), 200)


def test_thousands_of_levels():
    frame, y, _ = table_of_levels(5000, 12_000)
    model = quick(max_iter=1).fit(frame, y)
    assert_finite(model.predict(frame), 12_000)


def test_repeated_columns_of_categories():
    frame, y = mixed_frame()
    twice = frame.assign(again=frame["town"], other=frame["member"])
    assert_finite(quick().fit(twice, y).predict(twice), 100)
    assert_finite(quick(blend=None, hidden_layer_sizes=()).fit(twice, y).predict(twice), 100)


def test_searches_of_few_rows():
    frame, y = mixed_frame(8)
    search = GARRegressorCV(cv=2, max_iter=2, hidden_layer_sizes=(4,), n_estimators=1,
                            random_state=0).fit(frame, y)
    assert_finite(search.predict(frame), 8)


OTHER_LEVELS = {
    "intervals": pd.cut(np.arange(100.0), 4), "tuples": [(row % 3, "a") for row in range(100)],
    "decimals": [Decimal(row % 3) / 2 for row in range(100)],
    "bytes": [b"a", b"b"] * 50, "text of NumPy": [np.str_("a"), np.str_("b")] * 50,
    "numbers of NumPy": [np.int8(1), np.float32(2)] * 50,
    "classes": [int, float] * 50, "objects": [object() for _ in range(100)],
}


@pytest.mark.parametrize("values", OTHER_LEVELS.values(), ids=list(OTHER_LEVELS))
def test_other_levels_are_taken_as_if_named_or_refused_clearly(values):
    frame, y = mixed_frame()
    series = pd.Series(values) if isinstance(values, pd.Categorical) else pd.Series(
        list(values), dtype=object)
    frame, model = frame[["town", "size"]], quick(categorical_features=["town", "other"])
    try:
        found = model.fit(frame.assign(other=series), y).predict(frame.assign(other=series))
    except (ValueError, TypeError) as error:
        assert "other" in str(error)
        assert not isinstance(values[0], (np.generic, str))
    else:
        named = frame.assign(other=[f"level {one}" for one in values])
        assert_same_predictions(found, model.fit(named, y).predict(named), y)


@pytest.mark.parametrize("names", [[("a", 1), ("a", 2), ("b", 1), ("b", 2)], ["a", 1, "b", 2],
                                   [0, 1, 2, 3], [0.5, 1.5, 2.5, 3.5]], ids=str)
def test_names_that_are_no_text_are_taken_or_refused_clearly(names):
    frame, y = mixed_frame()
    renamed = frame.set_axis(pd.Index(names, tupleize_cols=False), axis=1)
    try:
        found = quick().fit(renamed, y).predict(renamed)
    except (ValueError, TypeError) as error:
        assert "names" in str(error)
        assert {type(name) for name in names} > {str}
    else:
        assert_same_predictions(found, quick().fit(frame, y).predict(frame), y)


def test_tables_of_arrow_are_taken_or_refused_clearly():
    columns, y = mixed_columns()
    table = pa.table(columns)
    try:
        found = quick().fit(table, y).predict(table)
    except (ValueError, TypeError) as error:
        assert "town" in str(error) or "string" in str(error)
    else:
        frame, _ = mixed_frame()
        assert_same_predictions(found, quick().fit(frame, y).predict(frame), y)


@each_loss
def test_all_losses_take_categories_and_gaps(loss):
    frame, y = mixed_frame(60)
    assert_finite(quick(loss=loss).fit(frame, y, y.round()).predict(frame), 60)


@pytest.mark.parametrize("values", [pl.Series([b"a", b"b"] * 50), pl.Series([[1], [2, 3]] * 50),
                                    pl.Series([{"a": 1}, {"a": 2}] * 50)],
                         ids=["bytes", "lists", "structs"])
def test_other_types_of_polars_are_taken_or_refused_clearly(values):
    frame, y = mixed_frame()
    table = pl.DataFrame({"size": frame["size"].to_numpy(), "other": values})
    try:
        prediction = quick().fit(table, y).predict(table)
    except (ValueError, TypeError) as error:
        assert "other" in str(error)
    else:
        assert values.dtype == pl.Binary
        assert_finite(prediction, 100)
