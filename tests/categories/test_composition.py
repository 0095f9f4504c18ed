"""Frames with categories and gaps in all that scikit-learn builds of an estimator."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import BaggingRegressor
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.categories.tables import (
    FRAMES,
    TOWNS,
    assert_finite,
    assert_same_predictions,
    each_frame,
    mixed_columns,
    mixed_frame,
    pandas_or_polars,
    quick,
    r2_of,
)
from tests.processes import process_state


def rows_of(columns, rows):
    return {name: [values[row] for row in rows] for name, values in columns.items()}


@each_frame
def test_cross_validation_is_a_fit_for_each_fold(build):
    columns, y = mixed_columns()
    found = cross_val_score(quick(), build(columns), y, cv=KFold(3))
    for score, (train, test) in zip(found, KFold(3).split(y)):
        model = quick().fit(build(rows_of(columns, train)), y[train])
        prediction = model.predict(build(rows_of(columns, test)))
        assert score == pytest.approx(r2_of(prediction, y[test]), abs=1e-5)


@pandas_or_polars
def test_cross_validation_over_levels_that_training_never_saw(build):
    columns, y = mixed_columns()
    groups = np.array([str(town) for town in columns["town"]])
    prediction = cross_val_predict(quick(), build(columns), y, groups=groups, cv=GroupKFold(3))
    assert_finite(prediction, 100)


@pandas_or_polars
def test_a_pipeline_of_the_regressor_alone(build):
    columns, y = mixed_columns()
    frame = build(columns)
    pipeline = make_pipeline("passthrough", quick()).fit(frame, y)
    assert_array_equal(pipeline.predict(frame), quick().fit(frame, y).predict(frame))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_a_column_transformer_with_set_output(container):
    columns, y = mixed_columns()
    frame = FRAMES["pandas inferred" if container == "pandas" else "polars strings"](columns)
    front = ColumnTransformer([("scale", StandardScaler(), ["size", "age"]),
                               ("keep", "passthrough", ["town", "member"])],
                              verbose_feature_names_out=False).set_output(transform=container)
    pipeline = make_pipeline(front, quick()).fit(frame, y)
    assert_array_equal(pipeline[-1].feature_names_in_, ["size", "age", "town", "member"])
    table = clone(front).fit_transform(frame)
    assert_same_predictions(pipeline.predict(frame), quick().fit(table, y).predict(table), y)
    search = GridSearchCV(pipeline, {"garregressor__alpha": [1.0, 10.0]}, cv=2).fit(frame, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_column_transformer_without_names_hands_on_objects():
    frame, y = mixed_frame()
    front = make_column_transformer(("passthrough", ["town", "member"]),
                                    (StandardScaler(), ["size", "age"]))
    pipeline = make_pipeline(front, quick(categorical_features=[0, 1])).fit(frame, y)
    assert_finite(pipeline.predict(frame), 100)
    assert_finite(cross_val_score(pipeline, frame, y, cv=3), 3)


@pandas_or_polars
def test_validation_data_in_a_frame(build):
    columns, y = mixed_columns(150)
    train, held_out = (build(rows_of(columns, rows)) for rows in (range(100), range(100, 150)))
    model = quick(max_iter=8).fit(train, y[:100], X_val=held_out, y_val=y[100:])
    assert len(model.validation_loss_curve_) == 8
    assert np.isfinite(model.validation_loss_curve_).all()
    new = build({**rows_of(columns, range(100, 150)), "town": ["Basel"] * 50, "age": [None] * 50})
    gone = build({**rows_of(columns, range(100, 150)), "town": ["Olten"] * 50,
                  "age": [None] * 50})
    one, other = (quick(max_iter=8).fit(train, y[:100], X_val=rows, y_val=y[100:])
                  for rows in (new, gone))
    assert np.isfinite(one.validation_loss_curve_).all()
    assert_same_predictions(one.predict(train), other.predict(train), y)
    # what is seen in validation alone is not learned
    assert_array_equal(one.predict(new), one.predict(gone))


def test_validation_data_in_another_container_of_the_same_values():
    columns, y = mixed_columns(150)
    frames = [(build(rows_of(columns, range(100))), build(rows_of(columns, range(100, 150))))
              for build in (FRAMES["pandas inferred"], FRAMES["pandas categories"])]
    one, other = (quick().fit(frames[0][0], y[:100], X_val=held_out, y_val=y[100:])
                  for held_out in (frames[0][1], frames[1][1]))
    assert_same_predictions(one.predict(frames[0][0]), other.predict(frames[0][0]), y)


def test_validation_data_of_other_names_is_refused():
    frame, y = mixed_frame()
    with pytest.raises(ValueError, match="feature names should match"):
        quick().fit(frame, y, X_val=frame[frame.columns[::-1]], y_val=y)


@each_frame
def test_several_targets(build):
    columns, y = mixed_columns()
    Y = np.column_stack([y, -2 * y, np.cos(y)])
    model = quick(max_iter=20).fit(build(columns), Y)
    prediction = model.predict(build(columns))
    assert prediction.shape == (100, 3)
    assert r2_of(prediction, Y)[:2].min() > 0.7
    assert quick().fit(build(columns), y[:, None]).predict(build(columns)).shape == (100, 1)


@each_frame
def test_copies_predict_the_same(build):
    columns, y = mixed_columns()
    frame = build(columns)
    model = quick().fit(frame, y)
    expected = model.predict(frame)
    new = build({**columns, "town": ["Basel"] * 100, "age": [None] * 100})
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert_array_equal(other.predict(frame), expected)
        assert_array_equal(other.predict(new), model.predict(new))
    again = clone(model)
    assert not hasattr(again, "net_")
    assert_array_equal(again.fit(frame, y).predict(frame), expected)


@each_frame
def test_what_is_given_is_left_as_found(build):
    columns, y = mixed_columns()
    frame, target, weight = build(columns), y.copy(), np.ones(100)
    before, state = copy.deepcopy(frame), process_state()
    model = quick().fit(frame, target, weight, X_val=frame, y_val=target)
    model.predict(frame)
    if isinstance(frame, pd.DataFrame):
        pd.testing.assert_frame_equal(frame, before)
    else:
        assert frame.equals(before) and frame.schema == before.schema
    assert_array_equal(target, y)
    assert_array_equal(weight, np.ones(100))
    for name, value in process_state().items():
        assert np.array_equal(value, state[name]), name


def test_arrays_and_parameters_are_left_as_found():
    columns, y = mixed_columns()
    X = np.column_stack([np.array(columns["size"]), np.array(columns["age"], dtype=float)])
    objects = np.array(list(zip(*columns.values())), dtype=object)
    for given, categories in ((X, "from_dtype"), (X.round(), np.array([0, 1])),
                              (objects, [True, True, False, False])):
        before, asked = copy.deepcopy(given), copy.deepcopy(categories)
        given.flags.writeable = False
        quick(categorical_features=categories).fit(given, y).predict(given)
        assert pickle.dumps(given.tolist()) == pickle.dumps(before.tolist())
        assert_array_equal(categories, asked)


def test_permutation_importance_of_a_frame():
    frame, y = mixed_frame(300)
    frame["noise"] = np.random.RandomState(7).choice(list("abc"), size=300)
    model = quick(max_iter=30).fit(frame, y)
    found = permutation_importance(model, frame, y, n_repeats=3, random_state=0)
    importance = dict(zip(frame.columns, found.importances_mean))
    assert importance["town"] > importance["member"] > abs(importance["noise"])


@pytest.mark.parametrize("kind", ["pandas inferred", "pandas categories", "pandas strings"])
def test_partial_dependence_of_a_frame(kind):
    columns, y = mixed_columns(300)
    columns["town"] = [town or "Bern" for town in columns["town"]]
    frame = FRAMES[kind](columns)
    model = quick(max_iter=30).fit(frame, y)
    found = partial_dependence(model, frame, ["town"], categorical_features=["town"])
    assert found["grid_values"][0].tolist() == sorted(TOWNS)
    expected = []
    for town in found["grid_values"][0]:
        expected.append(model.predict(FRAMES[kind]({**columns, "town": [town] * 300})).mean())
    assert_same_predictions(found["average"][0], expected, y)
    number = partial_dependence(model, frame, ["size"], grid_resolution=5, kind="individual")
    assert number["individual"].shape == (1, 300, 5)
    assert np.isfinite(number["individual"]).all()


@pytest.mark.parametrize("wrap", [
    lambda model: BaggingRegressor(model, n_estimators=2, random_state=0),
    MultiOutputRegressor, TransformedTargetRegressor],
    ids=["bagging", "a model a target", "transformed target"])
def test_other_meta_estimators_hand_on_codes_or_frames(wrap):
    columns, y = mixed_columns()
    codes = np.column_stack([pd.factorize(np.array(columns["town"], dtype=object))[0],
                             np.array(columns["age"], dtype=float)])
    model = wrap(quick(categorical_features=[0]))
    y = y[:, None] if isinstance(model, MultiOutputRegressor) else y
    assert_finite(model.fit(codes, y).predict(codes), 100)


def test_a_fit_repeats_to_the_bit():
    frame, y = mixed_frame(300)
    assert_array_equal(quick().fit(frame, y).predict(frame), quick().fit(frame, y).predict(frame))
    other = quick(random_state=1).fit(frame, y)
    assert not np.array_equal(other.predict(frame), quick().fit(frame, y).predict(frame))


def test_an_index_of_a_frame_means_nothing():
    frame, y = mixed_frame()
    expected = quick().fit(frame, y).predict(frame)
    index = np.random.RandomState(0).randint(7, size=100)
    moved = frame.set_axis(index, axis=0)
    model = quick().fit(moved, pd.Series(y, index=index[::-1]))
    assert_array_equal(model.predict(moved), expected)
