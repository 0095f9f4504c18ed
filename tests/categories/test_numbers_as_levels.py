"""Numbers may be levels: then neither their order nor their distance counts."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.categories.tables import (
    assert_differ,
    assert_finite,
    assert_same_predictions,
    blended_or_not,
    one_or_many_batches,
    quick,
)

EFFECTS = np.array([4.0, -3.0, 9.0, -12.0, 0.0, 7.0])


def coded_table(n_rows=100, seed=0):
    """Codes from 0 to 5, a number, and targets that depend on both."""
    rng = np.random.RandomState(seed)
    code, x = rng.randint(6, size=n_rows), rng.normal(size=n_rows)
    return code, x, 20 + EFFECTS[code] + 2 * x + rng.normal(size=n_rows)


def as_pandas(code, x):
    return pd.DataFrame({"code": code, "x": x})


def as_polars(code, x):
    return pl.DataFrame({"code": code, "x": x})


def as_array(code, x):
    return np.column_stack([code, x])


each_container = pytest.mark.parametrize(
    "make, named", [(as_pandas, ["code"]), (as_polars, ["code"]), (as_array, [0])],
    ids=["pandas", "polars", "array"])


@each_container
@one_or_many_batches
@blended_or_not
def test_permuted_codes_change_nothing(make, named, n_rows, blend):
    code, x, y = coded_table(n_rows)
    permuted = np.array([3, 0, 5, 1, 4, 2])[code]
    found, expected = (
        quick(blend=blend, categorical_features=named).fit(make(one, x), y).predict(make(one, x))
        for one in (permuted, code))
    assert_same_predictions(found, expected, y)
    as_numbers = quick(blend=blend, categorical_features=None).fit(make(code, x), y)
    assert_differ(as_numbers.predict(make(code, x)), expected, y)


LEVELS = {
    "integers": np.array([7, -2, 100, 0, 3, 10**6]),
    "small integers": np.array([7, -2, 100, 0, 3, 127], dtype=np.int8),
    "large integers": 2**53 + np.arange(6),
    "larger integers": 2**63 + np.arange(6, dtype=np.uint64),
    "floats": np.array([0.5, -2.25, 1e300, 0.1, 0.1 + 2**-54, 5e-324]),
    "single precision": np.array([0.5, -2.25, 1e30, 0.1, 3.0, 1e-30], dtype=np.float32),
}


@pytest.mark.parametrize("levels", LEVELS.values(), ids=list(LEVELS))
@pytest.mark.parametrize("kind", ["named", "category", "objects", "polars"])
def test_levels_may_be_numbers_of_any_type(levels, kind):
    code, x, y = coded_table()
    assert len(set(levels.tolist())) == 6
    values = levels[code]
    frame = {"named": lambda: pd.DataFrame({"code": values, "x": x}),
             "category": lambda: pd.DataFrame({"code": pd.Categorical(values), "x": x}),
             "objects": lambda: pd.DataFrame({"code": values.astype(object), "x": x}),
             "polars": lambda: pl.DataFrame({"code": values, "x": x})}[kind]()
    categories = "from_dtype" if kind == "category" else ["code"]
    model = quick(categorical_features=categories).fit(frame, y)
    text = pd.DataFrame({"code": [f"level {one}" for one in code], "x": x})
    assert_same_predictions(model.predict(frame), quick().fit(text, y).predict(text), y)


@pytest.mark.parametrize("kind", ["Int64", "Float64", "int64[pyarrow]"])
def test_named_integers_may_be_missing(kind):
    code, x, y = coded_table()
    values = pd.Series(code, dtype=kind).mask(code == 3)
    model = quick(categorical_features=["code"]).fit(as_pandas(values, x), y)
    text = pd.DataFrame({"code": [None if one == 3 else f"level {one}" for one in code], "x": x})
    assert_same_predictions(model.predict(as_pandas(values, x)),
                            quick().fit(text, y).predict(text), y)


@pytest.mark.parametrize("levels", [LEVELS["integers"], LEVELS["large integers"]],
                         ids=["integers", "large integers"])
def test_integers_in_an_array_are_levels(levels):
    code, _, y = coded_table()
    model = quick(categorical_features=[0]).fit(levels[code][:, None], y)
    expected = quick(categorical_features=[0]).fit(code[:, None], y).predict(code[:, None])
    assert_same_predictions(model.predict(levels[code][:, None]), expected, y)


def test_flags_are_levels_of_an_array():
    code, _, y = coded_table()
    flags = (code > 2)[:, None]
    found = quick(categorical_features=[0]).fit(flags, y).predict(flags)
    frame = pd.DataFrame({"flag": flags[:, 0]})
    assert_same_predictions(found, quick().fit(frame, y).predict(frame), y)


def test_zero_has_no_sign():
    code, x, y = coded_table()
    model = quick(categorical_features=["code"]).fit(as_pandas(code.astype(float), x), y)
    zero, negative = (model.predict(as_pandas(np.full(100, value), x)) for value in (0.0, -0.0))
    assert_same_predictions(zero, negative, y)


@each_container
def test_unseen_and_missing_numbers_are_no_information(make, named):
    code, x, y = coded_table()
    model = quick(categorical_features=named).fit(make(code.astype(float), x), y)
    unseen, between, missing = (model.predict(make(np.full(100, value), x))
                                for value in (77.0, 2.5, np.nan))
    assert_finite(unseen, 100)
    assert_same_predictions(between, unseen, y)
    assert_same_predictions(missing, unseen, y)
    assert_differ(model.predict(make(np.full(100, 2.0), x)), unseen, y)


@pytest.mark.parametrize("type_at_predict", ["int64", "Int64", "float64", "category", object])
def test_a_level_is_found_by_its_value_whatever_the_type(type_at_predict):
    code, x, y = coded_table()
    frame = as_pandas(code, x)
    model = quick(categorical_features=["code"]).fit(frame, y)
    assert_same_predictions(model.predict(frame.astype({"code": type_at_predict})),
                            model.predict(frame), y)


MIXED = {
    "number and text": (1, "1"), "float and text": (1.5, "1.5"), "flag and text": (True, "True"),
    "text and NaN": ("a", np.nan), "number and None": (3, None), "number and empty text": (0, ""),
}


@pytest.mark.parametrize("one, other", MIXED.values(), ids=list(MIXED))
@pytest.mark.parametrize("container", ["frame", "array"])
def test_levels_of_mixed_types_are_kept_apart_or_refused_clearly(one, other, container):
    rng = np.random.RandomState(0)
    first = rng.uniform(size=200) < 0.5
    values = np.array([one if flag else other for flag in first], dtype=object)
    x = rng.normal(size=200)
    y = np.where(first, 5.0, -5.0) + rng.normal(size=200)
    if container == "frame":
        X, categories = pd.DataFrame({"level": values, "x": x}), "from_dtype"
    else:
        X, categories = np.column_stack([values, x.astype(object)]), [0]
    model = quick(categorical_features=categories, max_iter=30)
    try:
        model.fit(X, y)
    except (ValueError, TypeError) as error:
        assert {type(one), type(other)} <= {bool, int, float, str}
        assert "level" in str(error) or "column 0" in str(error)
        assert "not supported between instances" not in str(error)
    else:
        prediction = model.predict(X)
        assert prediction[first].mean() - prediction[~first].mean() > 5
