"""Levels are learned by each fit; their names, types and order mean nothing."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

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
    table_of_levels,
)

RENAMED = dict(zip(TOWNS, ("Z", "q", "A", "", "mm")))  # another order, one of them empty


@each_frame
def test_an_unseen_level_and_a_missing_one_are_no_information(build):
    columns, y = mixed_columns(gaps=False)
    model = quick(blend=None).fit(build(columns), y)
    unseen, other, missing = (model.predict(build({**columns, "town": [town] * 100}))
                              for town in ("Basel", "Olten", None))
    assert_finite(unseen, 100)
    assert_array_equal(other, unseen)
    assert_array_equal(missing, unseen)
    for town in TOWNS:
        assert_differ(model.predict(build({**columns, "town": [town] * 100})), unseen, y)


def test_an_unseen_level_counts_as_the_average_of_those_of_the_training_rows():
    """In a linear model the prediction is then the mean over the levels, by their rows."""
    rng = np.random.RandomState(0)
    town, x = rng.choice(["Bonn", "Kiel", "Ulm"], 200, p=[0.6, 0.3, 0.1]), rng.normal(size=200)
    y = 10 * (town == "Ulm") + 2 * (town == "Kiel") + x
    model = quick(hidden_layer_sizes=(), embedding=None, blend=None).fit(
        pd.DataFrame({"town": town, "x": x}), y)
    at = {name: model.predict(pd.DataFrame({"town": [name] * 3, "x": [-1.0, 0.0, 1.0]}))
          for name in ("Bonn", "Kiel", "Ulm", "Berlin")}
    expected = sum((town == name).mean() * at[name] for name in ("Bonn", "Kiel", "Ulm"))
    np.testing.assert_allclose(at["Berlin"], expected, rtol=1e-5)


@each_frame
def test_an_unseen_level_is_not_a_missing_one_that_training_saw(build):
    columns, y = mixed_columns()
    model = quick(blend=None).fit(build(columns), y)
    unseen, other, missing = (model.predict(build({**columns, "town": [town] * 100}))
                              for town in ("Basel", "Olten", None))
    assert_finite(unseen, 100)
    assert_array_equal(other, unseen)
    assert_differ(missing, unseen, y)


@each_frame
def test_a_missing_flag_that_training_never_saw_is_predicted(build):
    columns, y = mixed_columns(gaps=False)
    model = quick().fit(build(columns), y)
    assert_finite(model.predict(build({**columns, "member": [None] * 100})), 100)


@pytest.mark.parametrize("n_levels", [150, 10**6], ids=["many levels", "a level a row"])
@blended_or_not
def test_an_unseen_level_among_many_is_no_information(n_levels, blend):
    frame, y, _ = table_of_levels(n_levels, 400)
    model = quick(blend=blend).fit(frame, y)
    unseen, other, missing = model.predict(pd.DataFrame({"shop": ["other", "new", None]}))
    assert_finite([unseen], 1)
    assert unseen == other == missing


@pytest.mark.parametrize("n_levels", [40, 300])
@blended_or_not
def test_an_unseen_level_among_many_is_predicted_by_the_mean(n_levels, blend):
    frame, y, _ = table_of_levels(n_levels, 3000)
    model = quick(max_iter=15, blend=blend).fit(frame, y + 10)
    unseen, missing = model.predict(pd.DataFrame({"shop": ["other", None]}))
    assert unseen == missing == pytest.approx(10 + y.mean(), abs=0.5)  # effects deviate by 1


@pytest.mark.parametrize("unseen", ["Basel", None], ids=["unseen", "missing"])
def test_no_information_is_predicted_among_the_known_levels(unseen):
    frame, y = mixed_frame(500, gaps=False)
    model = quick(max_iter=30).fit(frame, y)
    known = np.array([model.predict(frame.assign(town=town)).mean() for town in TOWNS])
    found = model.predict(frame.assign(town=pd.Series([unseen] * 500, dtype=object))).mean()
    slack = np.ptp(known) / 4
    assert known.min() - slack < found < known.max() + slack


def test_rows_of_unseen_levels_leave_the_predictions_of_others_alone():
    frame, y = mixed_frame()
    model = quick().fit(frame, y)
    mixed = frame.assign(town=frame["town"].where(np.arange(100) % 2 == 0, "Basel"))
    assert_same_predictions(model.predict(mixed)[::2], model.predict(frame)[::2], y)


def test_levels_are_learned_by_each_fit_anew():
    frame, y = mixed_frame(gaps=False)
    model = quick().fit(frame.assign(town="Basel"), y)
    assert_same_predictions(model.fit(frame, y).predict(frame), quick().fit(frame, y).predict(
        frame), y)


@pytest.mark.parametrize("missing", [np.nan, pd.NA, float("nan")], ids=["NaN", "NA", "nan"])
@blended_or_not
def test_every_kind_of_missing_value_is_the_same(missing, blend):
    columns, y = mixed_columns()
    expected = quick(blend=blend).fit(FRAMES["pandas objects"](columns), y)
    with_others = {name: [missing if value is None and row % 3 else value
                          for row, value in enumerate(values)]
                   for name, values in columns.items() if name in ("town", "member")}
    frame = FRAMES["pandas objects"]({**columns, **with_others})
    original = FRAMES["pandas objects"](columns)
    assert_same_predictions(quick(blend=blend).fit(frame, y).predict(frame),
                            expected.predict(original), y)
    assert_array_equal(expected.predict(frame), expected.predict(original))


@pandas_or_polars
def test_empty_text_is_a_level_and_not_a_missing_value(build):
    columns, y = mixed_columns()
    renamed = {**columns, "town": ["" if town == "Zug" else town for town in columns["town"]]}
    model = quick(max_iter=30).fit(build(renamed), y)
    expected = quick(max_iter=30).fit(build(columns), y).predict(build(columns))
    assert_same_predictions(model.predict(build(renamed)), expected, y)
    empty, missing = (model.predict(build({**columns, "town": [town] * 100}))
                      for town in ("", None))
    assert empty.mean() > missing.mean() + np.std(y) / 4  # 65 apart in truth


@pytest.mark.parametrize("one, other", [("a", "A"), ("a", "a "), ("1", "1.0"), ("é", "e\u0301"),
                                        ("nan", None), ("None", None), ("NaN", "nan")])
def test_levels_of_similar_names_are_kept_apart(one, other):
    rng = np.random.RandomState(0)
    first = rng.uniform(size=200) < 0.5
    frame = pd.DataFrame({"name": pd.Series(np.where(first, one, other), dtype=object),
                          "x": rng.normal(size=200)})
    frame.loc[~first, "name"] = other
    y = np.where(first, 5.0, -5.0) + rng.normal(size=200)
    prediction = quick(max_iter=30).fit(frame, y).predict(frame)
    assert prediction[first].mean() - prediction[~first].mean() > 5


@one_or_many_batches
@blended_or_not
@pandas_or_polars
def test_names_of_levels_mean_nothing(build, n_rows, blend):
    columns, y = mixed_columns(n_rows)
    renamed = {**columns, "town": [RENAMED.get(town) for town in columns["town"]]}
    found, expected = (quick(blend=blend).fit(build(table), y).predict(build(table))
                       for table in (renamed, columns))
    assert_same_predictions(found, expected, y)


@one_or_many_batches
@blended_or_not
def test_names_of_many_levels_mean_nothing(n_rows, blend):
    frame, y, _ = table_of_levels(n_rows // 5, n_rows)
    frame["x"] = np.random.RandomState(1).normal(size=n_rows)
    renamed = frame.assign(shop=frame["shop"].map(lambda name: name[::-1]))
    assert renamed["shop"].nunique() == frame["shop"].nunique()
    found, expected = (quick(blend=blend).fit(table, y).predict(table)
                       for table in (renamed, frame))
    assert_same_predictions(found, expected, y)


@blended_or_not
@pytest.mark.parametrize("change", [
    lambda town: town.cat.reorder_categories(list(TOWNS[::-1])),
    lambda town: town.cat.reorder_categories(list(TOWNS[::-1]), ordered=True),
    lambda town: town.cat.add_categories(["Basel", "Aarau"]),
    lambda town: town.cat.set_categories(["Aarau", *TOWNS[::-1]]),
    lambda town: town.astype(object),
], ids=["reversed", "ordered", "unused", "unused first", "objects"])
@one_or_many_batches
def test_order_and_unused_categories_of_pandas_mean_nothing(n_rows, change, blend):
    frame, y = mixed_frame(n_rows)
    frame["town"] = frame["town"].astype("category")
    changed = frame.assign(town=change(frame["town"]))
    model = quick(blend=blend).fit(frame, y)
    expected = model.predict(frame)
    assert_same_predictions(quick(blend=blend).fit(changed, y).predict(changed), expected, y)
    assert_array_equal(model.predict(changed), expected)


def test_order_and_unused_categories_of_polars_mean_nothing():
    columns, y = mixed_columns()
    frame = FRAMES["polars enum"](columns)
    changed = frame.with_columns(
        frame["town"].cast(pl.String).cast(pl.Enum(["Aarau", *TOWNS[::-1]])))
    model = quick().fit(frame, y)
    expected = model.predict(frame)
    assert_same_predictions(quick().fit(changed, y).predict(changed), expected, y)
    assert_array_equal(model.predict(changed), expected)


def test_a_slice_of_a_frame_keeps_no_trace_of_the_levels_left_out():
    frame, y = mixed_frame(200)
    frame["town"] = frame["town"].astype("category")
    kept = (frame["town"] != "Zug").to_numpy()
    sliced = frame[kept]
    clean = sliced.assign(town=sliced["town"].cat.remove_unused_categories())
    model = quick().fit(sliced, y[kept])
    assert_same_predictions(model.predict(sliced), quick().fit(clean, y[kept]).predict(clean), y)
    unseen = model.predict(frame.assign(town="Basel"))
    assert_same_predictions(model.predict(frame)[~kept], unseen[~kept], y)


@one_or_many_batches
@blended_or_not
@pandas_or_polars
def test_the_order_of_rows_means_nothing(build, n_rows, blend):
    columns, y = mixed_columns(n_rows)
    order = np.random.RandomState(1).permutation(n_rows)
    shuffled = build({name: [values[row] for row in order] for name, values in columns.items()})
    frame = build(columns)
    model = quick(blend=blend).fit(shuffled, y[order])
    assert_same_predictions(model.predict(frame), quick(blend=blend).fit(frame, y).predict(frame),
                            y)


@one_or_many_batches
@blended_or_not
def test_the_order_of_rows_means_nothing_to_many_levels(n_rows, blend):
    frame, y, _ = table_of_levels(n_rows // 5, n_rows)
    frame["x"] = np.random.RandomState(1).normal(size=n_rows)
    order = np.random.RandomState(1).permutation(n_rows)
    model = quick(blend=blend).fit(frame.iloc[order], y[order])
    assert_same_predictions(model.predict(frame), quick(blend=blend).fit(frame, y).predict(frame),
                            y)


def test_levels_matter():
    """Without this the promises above would hold for a model that ignores categories."""
    frame, y = mixed_frame()
    for blend in ("ridge", None):
        model = quick(blend=blend).fit(frame, y)
        for name, value in {"town": "Zug", "member": True}.items():
            assert_differ(model.predict(frame.assign(**{name: value})), model.predict(frame), y)
