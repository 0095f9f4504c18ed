"""GARRegressor inside scikit-learn's pipelines, searches and ensembles, on frames and on disk."""

import copy
import io
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    HistGradientBoostingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_gar import GARRegressor, losses
from tests.data import PLAIN, smooth_table

X, y = smooth_table(90)
NAMES = ["width", "depth", "age"]


def quick(**settings):
    defaults = {"hidden_layer_sizes": (6,), "n_estimators": 2, "max_iter": 25, "batch_size": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


# searches


def test_grid_search_over_a_pipeline_on_concrete(concrete):
    X_train, X_test, y_train, y_test = concrete
    pipeline = make_pipeline(StandardScaler(), GARRegressor(max_iter=20, n_estimators=2,
                                                            random_state=0))
    grid = {"garregressor__alpha": [0.1, 10.0], "garregressor__batch_size": [64, 256],
            "garregressor__learning_rate": [1e-5, 1e-2]}
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(X_train, y_train)
    scores = search.cv_results_["mean_test_score"]
    assert scores.shape == (8,) and np.isfinite(scores).all()
    assert search.best_params_["garregressor__learning_rate"] == 1e-2
    assert search.score(X_test, y_test) > 0.5
    best = clone(pipeline).set_params(**search.best_params_).fit(X_train, y_train)
    assert_array_equal(search.predict(X_test), best.predict(X_test))


def test_cross_val_score_beside_other_estimators(concrete):
    X_train, _, y_train, _ = concrete
    rows = slice(0, 300)
    scores = {type(model).__name__: cross_val_score(model, X_train[rows], y_train[rows], cv=3)
              for model in (GARRegressor(max_iter=60, random_state=0), LinearRegression(),
                            DummyRegressor())}
    assert scores["GARRegressor"].shape == (3,)
    assert scores["GARRegressor"].mean() > scores["LinearRegression"].mean()
    assert scores["LinearRegression"].mean() > scores["DummyRegressor"].mean()


def test_randomized_search_over_losses_leaves_instances_as_they_were():
    candidates = [*sorted(losses.LOSSES), losses.HuberLoss(delta=0.5), losses.GARLoss(0.1),
                  torch.nn.SmoothL1Loss()]
    modules = [loss for loss in candidates if not isinstance(loss, str)]
    before = [pickle.dumps(module) for module in modules]
    search = RandomizedSearchCV(quick(), {"loss": candidates}, n_iter=len(candidates), cv=2,
                                random_state=0).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.5
    assert [pickle.dumps(module) for module in modules] == before
    assert {str(loss) for loss in search.cv_results_["param_loss"]} == set(map(str, candidates))


def test_nested_parameters_and_clone():
    pipeline = make_pipeline(StandardScaler(), quick(loss=losses.HuberLoss()))
    pipeline.set_params(garregressor__alpha=0.5, garregressor__hidden_layer_sizes=[4, 4])
    copied = clone(pipeline)
    assert copied[-1].alpha == 0.5
    assert copied[-1].loss is not pipeline[-1].loss
    assert_array_equal(copied.fit(X, y).predict(X), pipeline.fit(X, y).predict(X))


def test_cross_validate_and_learning_curve():
    result = cross_validate(quick(), X, y, cv=3, return_estimator=True,
                            scoring=["r2", "neg_mean_absolute_error"])
    assert len(result["estimator"]) == 3
    assert result["test_r2"].min() > 0.3
    _, train_scores, test_scores = learning_curve(quick(), X, y, cv=3, train_sizes=[0.3, 1.0])
    assert np.isfinite(train_scores).all() and np.isfinite(test_scores).all()


def test_candidates_that_fail_do_not_end_a_search():
    grid = {"learning_rate": [0.02, 1e30], "solver": ["sgd"]}
    search = GridSearchCV(quick(), grid, cv=2)
    with pytest.warns(Warning, match="fits failed|non-finite"):
        search.fit(X, y)
    assert search.best_params_["learning_rate"] == 0.02


# meta-estimators


def test_transformed_target():
    positive = np.exp(y / 50)
    model = TransformedTargetRegressor(quick(), func=np.log, inverse_func=np.exp)
    by_hand = quick().fit(X, np.log(positive)).predict(X)
    assert_allclose(model.fit(X, positive).predict(X), np.exp(by_hand))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bagging(n_jobs):
    bagging = BaggingRegressor(quick(n_estimators=1), n_estimators=3, n_jobs=n_jobs,
                               random_state=0).fit(X, y)
    assert bagging.score(X, y) > 0.5
    networks = [model.predict(X) for model in bagging.estimators_]
    assert_allclose(bagging.predict(X), np.mean(networks, axis=0))
    assert np.std(networks, axis=0).min() > 0


def test_bagging_hands_weights_of_zero_and_more():
    bagging = BaggingRegressor(quick(), n_estimators=2, random_state=0)
    weight = np.random.RandomState(0).randint(0, 4, size=90).astype(float)
    assert bagging.fit(X, y, sample_weight=weight).score(X, y) > 0.3


def test_multi_output_and_chain():
    X, Y = smooth_table(60, n_targets=2)
    model = MultiOutputRegressor(quick()).fit(X, Y)
    for target, estimator in enumerate(model.estimators_):
        assert_array_equal(estimator.predict(X), quick().fit(X, Y[:, target]).predict(X))
    assert RegressorChain(quick()).fit(X, Y).predict(X).shape == (60, 2)


def test_voting_and_stacking():
    members = [("line", LinearRegression()), ("gar", quick())]
    voting = VotingRegressor(members).fit(X, y)
    expected = (LinearRegression().fit(X, y).predict(X) + quick().fit(X, y).predict(X)) / 2
    assert_allclose(voting.predict(X), expected)
    stacking = StackingRegressor(members, final_estimator=Ridge(), cv=3).fit(X, y)
    assert stacking.score(X, y) > LinearRegression().fit(X, y).score(X, y)


def test_early_stopping_in_cross_validation():
    model = quick(early_stopping=True, max_iter=200, n_iter_no_change=5)
    assert cross_val_score(model, X, y, cv=3).mean() > 0.5


def test_cross_val_predict_of_several_targets():
    X, Y = smooth_table(60, n_targets=3)
    assert cross_val_predict(quick(), X, Y, cv=3).shape == (60, 3)


def test_permutation_importance_finds_the_feature():
    X = np.random.RandomState(0).normal(size=(100, 3))
    model = quick().fit(X, 5 * X[:, 1])
    importance = permutation_importance(model, X, 5 * X[:, 1], n_repeats=3, random_state=0)
    assert importance.importances_mean.argmax() == 1


# copies and files


def copies():
    def by_joblib(model):
        file = io.BytesIO()
        joblib.dump(model, file)
        file.seek(0)
        return joblib.load(file)

    return {
        "pickle": lambda model: pickle.loads(pickle.dumps(model)),
        "oldest pickle": lambda model: pickle.loads(pickle.dumps(model, protocol=2)),
        "joblib": by_joblib,
        "deepcopy": copy.deepcopy,
    }


@pytest.mark.parametrize("way", list(copies()))
@pytest.mark.parametrize("settings", [
    {}, {"loss": losses.HuberLoss(0.5)}, {"loss": torch.nn.SmoothL1Loss()},
    {"early_stopping": True}, {"solver": "sgd"}, {"batch_size": 1000}, {"verbose": True},
    {"random_state": np.random.RandomState(0)},
], ids=repr)
def test_copies_predict_the_same_and_train_on(way, settings):
    model = quick(**settings).fit(X, y)
    expected = model.predict(X)
    copied = copies()[way](model)
    assert copied.predict(X).tobytes() == expected.tobytes()
    if "early_stopping" not in settings:
        copied.partial_fit(X, y)
        assert not np.array_equal(copied.predict(X), expected)
        assert model.predict(X).tobytes() == expected.tobytes()
        assert_array_equal(model.partial_fit(X, y).predict(X), copied.predict(X))


def test_unfitted_estimators_pickle():
    model = pickle.loads(pickle.dumps(quick(loss=losses.HuberLoss())))
    assert_array_equal(model.fit(X, y).predict(X), quick(loss="huber").fit(X, y).predict(X))


def test_a_file_is_read_by_another_process(tmp_path):
    model = quick().fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    np.save(tmp_path / "X.npy", X)
    code = ("import joblib, numpy as np\n"
            "prediction = joblib.load('model.joblib').predict(np.load('X.npy'))\n"
            "np.save('prediction.npy', prediction)")
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, text=True,
                          capture_output=True)
    assert done.stderr == ""
    assert_array_equal(np.load(tmp_path / "prediction.npy"), model.predict(X))


def test_a_file_holds_networks_and_no_rows():
    rows, target = smooth_table(20_000, n_features=3)
    small = len(pickle.dumps(quick(max_iter=1).fit(X, y, X_val=X, y_val=y)))
    model = quick(max_iter=1, batch_size=10_000).fit(rows, target, X_val=rows, y_val=target)
    assert len(pickle.dumps(model)) < small + 20_000


# frames


def frames(kind):
    frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame}[kind](dict(zip(NAMES, X.T)))
    series = {"pandas": pd.Series, "polars": pl.Series}[kind](y)
    return frame, series


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames(kind):
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
def test_frames_everywhere(kind):
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


def test_pandas_missing_values_are_refused():
    frame, series = frames("pandas")
    for bad in ({"X": frame.where(frame > 0)}, {"y": series.where(series > 40)},
                {"X": frame.astype("Float64").where(frame > 0)},
                {"y": series.astype("Float64").where(series > 40)},
                {"y": series.astype(object).where(series > 40)}):
        model = quick()
        with pytest.raises(ValueError, match="NaN"):
            model.fit(**{"X": frame, "y": series, **bad})
        assert not hasattr(model, "net_")


def test_a_failed_fit_keeps_the_names_of_the_last():
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


def test_pipeline_by_column_transformer_in_a_search():
    frame, series = frames("pandas")
    pipeline = Pipeline([("columns", ColumnTransformer([("keep", "passthrough", NAMES[:2])])),
                         ("gar", quick())])
    search = GridSearchCV(pipeline, {"gar__alpha": [1.0, 10.0]}, cv=2).fit(frame, series)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# metadata


WEIGHT = np.random.RandomState(0).uniform(0.1, 3, size=90)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_weights_are_routed_through_a_pipeline(routing):
    gar = quick().set_fit_request(sample_weight=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(scaler, gar).fit(X, y, sample_weight=WEIGHT)
    scaled = StandardScaler().fit_transform(X)
    assert_array_equal(pipeline.predict(X), quick().fit(scaled, y, WEIGHT).predict(scaled))


def test_weights_are_routed_through_a_search(routing):
    gar = quick().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    folds = KFold(3)
    search = GridSearchCV(gar, {"alpha": [10.0]}, cv=folds).fit(X, y, sample_weight=WEIGHT)
    by_hand = []
    for train, test in folds.split(X):
        model = quick().fit(X[train], y[train], WEIGHT[train])
        by_hand.append(model.score(X[test], y[test], WEIGHT[test]))
    assert search.best_score_ == pytest.approx(np.mean(by_hand))


def test_weights_are_routed_to_a_transformed_target(routing):
    gar = quick().set_fit_request(sample_weight=True)
    model = TransformedTargetRegressor(gar, transformer=FunctionTransformer())
    assert_allclose(model.fit(X, y, sample_weight=WEIGHT).predict(X),
                    quick().fit(X, y, WEIGHT).predict(X))


def test_validation_data_is_routed_and_transformed_by_a_pipeline(routing):
    names = {"X_val": True, "y_val": True, "sample_weight_val": True}
    gar = quick(early_stopping=True, max_iter=60, n_iter_no_change=4, learning_rate=0.1)
    pipeline = Pipeline([("scale", StandardScaler()), ("gar", gar.set_fit_request(**names))],
                        transform_input=["X_val"])
    held_out = {"X_val": X[60:], "y_val": y[60:], "sample_weight_val": WEIGHT[60:]}
    pipeline.fit(X[:60], y[:60], **held_out)
    scaler = StandardScaler().fit(X[:60])
    by_hand = clone(gar).fit(scaler.transform(X[:60]), y[:60],
                             **{**held_out, "X_val": scaler.transform(X[60:])})
    assert_array_equal(pipeline[-1].validation_loss_curve_, by_hand.validation_loss_curve_)
    assert_array_equal(pipeline.predict(X), by_hand.predict(scaler.transform(X)))


def test_metadata_that_is_not_requested_is_refused(routing):
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        GridSearchCV(quick(), {"alpha": [1.0]}, cv=2).fit(X, y, sample_weight=WEIGHT)


def test_weights_of_partial_fit_can_be_requested(routing):
    gar = quick().set_partial_fit_request(sample_weight=True)
    request = gar.get_metadata_routing().partial_fit.requests
    assert request == {"sample_weight": True}


def test_hist_gradient_boosting_takes_the_same_call(routing):
    # the names of the validation data are its names: both stand in for each other
    names = {"X_val": True, "y_val": True, "sample_weight_val": True}
    held_out = {"X_val": X[60:], "y_val": y[60:], "sample_weight_val": WEIGHT[60:]}
    for model in (quick(early_stopping=True),
                  HistGradientBoostingRegressor(early_stopping=True, max_iter=5)):
        pipeline = Pipeline([("scale", StandardScaler()),
                             ("model", model.set_fit_request(**names))],
                            transform_input=["X_val"])
        assert np.isfinite(pipeline.fit(X[:60], y[:60], **held_out).predict(X)).all()
