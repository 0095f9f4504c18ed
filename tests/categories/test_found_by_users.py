"""Frames as they come out of files, databases and transformers."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from sklearn_gar import GARRegressor

RNG = np.random.RandomState(0)
N = 200


def quick(**settings):
    return GARRegressor(**{"max_iter": 3, "hidden_layer_sizes": (8,), "n_estimators": 1,
                           "random_state": 0, **settings})


def numbers():
    return pd.DataFrame({"a": RNG.normal(size=N), "b": RNG.normal(size=N)})


@pytest.mark.parametrize("change", [
    lambda frame: frame.astype(object), lambda frame: frame.map(Decimal),
    lambda frame: frame.astype(object).where(frame > -2, None),
    lambda frame: frame.astype(object).where(frame > -2, pd.NA)],
    ids=["objects", "decimals", "None", "pd.NA"])
def test_objects_that_are_many_numbers_are_numbers(change):
    frame = numbers()
    y = frame["a"] + np.sin(3 * frame["b"])
    changed = change(frame)
    gaps = changed.isna()
    model = quick().fit(changed, y)
    assert not model.is_categorical_.any()
    assert_array_equal(model.predict(changed),
                       quick().fit(frame.mask(gaps), y).predict(frame.mask(gaps)))
    # arrays of objects are numbers as well
    assert_array_equal(quick().fit(changed.to_numpy(), y).predict(changed.to_numpy()),
                       model.predict(changed))


def test_objects_of_text_or_of_booleans_are_categories_and_numbers_are_numbers():
    frame = pd.DataFrame({"few": RNG.randint(2, size=N), "text": RNG.choice(list("ab"), N),
                          "flags": RNG.uniform(size=N) > 0.5, "mixed": [*range(N - 1), "x"],
                          "many": np.arange(N), "none": None}).astype(object)
    frame.loc[::7, "few"] = None
    model = quick().fit(frame, RNG.normal(size=N))
    assert_array_equal(model.is_categorical_, [False, True, True, True, False, True])


@pytest.mark.parametrize("of_type", [float, int, np.float32, Decimal, Fraction],
                         ids=lambda of_type: of_type.__name__)
def test_objects_of_few_numbers_are_the_same_numbers(of_type):
    few = RNG.randint(5, size=N)
    frame, y = pd.DataFrame({"few": few}), 2.0 * few + RNG.normal(size=N)
    objects = pd.DataFrame({"few": pd.Series([of_type(int(one)) for one in few], dtype=object)})
    other = pd.DataFrame({"few": [2.5, 100.0]})  # between the numbers, and beyond them
    expected, found = (quick().fit(table, y).predict(other) for table in (frame, objects))
    assert_array_equal(found, expected)


def test_an_imputer_that_returns_objects_keeps_numbers():
    frame = numbers().assign(town=RNG.choice(["Bonn", "Ulm"], N))
    y = frame["a"] + (frame["town"] == "Ulm")
    imputer = SimpleImputer(strategy="most_frequent").set_output(transform="pandas")
    model = make_pipeline(imputer, quick()).fit(frame, y)
    assert_array_equal(model[-1].is_categorical_, [False, False, True])
    assert_array_equal(model.predict(frame), quick().fit(frame, y).predict(frame))


@pytest.mark.parametrize("known, later", [
    (["1", "2", "3", "x"], [1, 2, 3]), (["1", "2", "3", "x"], [1.0, 2.0, 3.0]),
    ([1, 2, 3, 4], ["1", "2", "3"]), ([1.0, 2.0, 3.0, np.nan], ["1", "2", "3.0"]),
    (["True", "False", "x"], [True, False]), ([True, False, None], ["True", "False"]),
    (["0.5", "1.5", "x"], [0.5, 1.5])], ids=str)
def test_a_number_and_its_text_are_one_level(known, later):
    codes = RNG.randint(len(known), size=N)
    frame = pd.DataFrame({"k": pd.Series([known[code] for code in codes], dtype=object)})
    y = 10.0 * codes + RNG.normal(size=N)
    model = quick(max_iter=20, categorical_features=[0]).fit(frame, y)
    expected = model.predict(frame.iloc[[codes.tolist().index(code)
                                         for code in range(len(later))]])
    assert len(set(expected)) == len(later)
    assert_array_equal(model.predict(pd.DataFrame({"k": later})), expected)


def test_a_number_and_its_text_are_two_levels_where_both_were_seen():
    levels = [1, "1", 2]
    codes = np.arange(N) % 3
    frame = pd.DataFrame({"k": pd.Series([levels[code] for code in codes], dtype=object)})
    model = quick(max_iter=20).fit(frame, 10.0 * codes)
    assert len(set(model.predict(frame[:3]))) == 3


@pytest.mark.parametrize("known, same, other", [
    ([0, 1], [1, 1.0, True, "1"], "2"), ([False, True], [1, 1.0, True, "1", "True"], "2"),
    (["0", "1"], ["1", 1, 1.0], True), (["False", "True"], ["True", True], "1")], ids=str)
def test_truth_values_are_whole_numbers_but_not_their_texts(known, same, other):
    frame = pd.DataFrame({"k": pd.Series([known[row % 2] for row in range(N)], dtype=object)})
    model = quick(max_iter=20).fit(frame, 10.0 * (np.arange(N) % 2))
    expected = model.predict(frame[1:2])
    for level in same:
        found = model.predict(pd.DataFrame({"k": pd.Series([level], dtype=object)}))
        assert_array_equal(found, expected)
    assert model.predict(pd.DataFrame({"k": pd.Series([other], dtype=object)})) != expected


@pytest.mark.parametrize("n_rows", [60, 400])
def test_equal_rows_of_other_weights_may_change_places(n_rows):
    X = RNG.randint(3, size=(n_rows, 2)).astype(float)
    y, weight = X[:, 0], RNG.randint(1, 4, n_rows).astype(float)
    order = RNG.permutation(n_rows)
    one = quick().fit(X, y, weight).predict(X)
    assert_array_equal(quick().fit(X[order], y[order], weight[order]).predict(X), one)


def test_sparse_columns_are_refused_with_the_remedy():
    frame = numbers()
    for sparse in (pd.get_dummies(RNG.choice(list("ab"), N), sparse=True),
                   frame.assign(c=pd.arrays.SparseArray(RNG.normal(size=N)))):
        with pytest.raises(TypeError, match="must be dense, got a sparse column .*to_dense"):
            quick().fit(sparse, frame["a"])


def test_lazy_frames_are_refused_with_the_remedy():
    frame = pl.DataFrame({"a": np.arange(9.0)})
    with pytest.raises(TypeError, match="collect"):
        quick().fit(frame.lazy(), np.arange(9.0))
    with pytest.raises(TypeError, match="collect"):
        quick().fit(frame, np.arange(9.0)).predict(frame.lazy())


def test_text_as_targets_is_named():
    with pytest.raises(ValueError, match="y must be numeric"):
        quick().fit(numbers(), ["a"] * N)
