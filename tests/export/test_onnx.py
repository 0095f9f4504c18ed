"""Exported models give the predictions of `predict`, from rows as they are to units."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError

import sklearn_gar
from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar.nn import ACTIVATIONS
from tests.categories.tables import mixed_frame
from tests.data import smooth_table
from tests.export.onnx_models import coded, largest_difference, metadata_of, session_of

TOLERANCE = 1e-5  # standard deviations of the target
X, y = smooth_table(90)
_, two_targets = smooth_table(90, n_targets=2)
PAPER = {"hidden_layer_sizes": (16, 32, 16, 8), "n_estimators": 1, "activation": "elu",
         "embedding": None, "solver": "sgd", "learning_rate": 0.01, "lr_schedule": "step",
         "scale_features": False, "scale_target": False, "early_stopping": False,
         "batch_size": 30, "max_iter": 10}
# trained in float32, and in float64
MANY_BATCHES, ONE_BATCH = {"batch_size": 15}, {"batch_size": 1000}

each_precision = pytest.mark.parametrize("batches", [MANY_BATCHES, ONE_BATCH],
                                         ids=["many batches", "one batch"])
each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


def quick(**settings):
    """Small networks, few epochs, and no ridge regression that hides what the networks do."""
    return GARRegressor(**{"hidden_layer_sizes": (16, 8), "n_estimators": 2, "max_iter": 4,
                           "learning_rate": 0.02, "blend": None, "random_state": 0, **settings})


@each_dtype
@pytest.mark.parametrize("settings", [
    {"batch_size": 15}, {"batch_size": 1000}, PAPER, {**PAPER, "batch_size": 1000},
], ids=["float32", "float64", "paper", "paper in one batch"])
def test_defaults_and_the_papers_setting(settings, dtype):
    model = GARRegressor(**{"max_iter": 10, "random_state": 0, **settings}).fit(X, y)
    assert largest_difference(model, X, y, dtype) < TOLERANCE


@each_precision
@pytest.mark.parametrize("settings", [
    {"n_estimators": 1}, {"embedding": None}, {"embedding": None, "n_estimators": 1},
    {"hidden_layer_sizes": ()}, {"hidden_layer_sizes": (), "embedding": None},
    {"scale_target": False}, {"scale_features": False},
    {"scale_features": "standard"}, {"early_stopping": False},
    *({"activation": name} for name in ACTIVATIONS),
], ids=str)
def test_all_kinds_of_networks(settings, batches):
    model = quick(**{**batches, **settings}).fit(X, y)
    assert largest_difference(model, X, y) < TOLERANCE
    targets = quick(**{**batches, **settings}).fit(X, two_targets)
    assert largest_difference(targets, X, two_targets, "float32") < TOLERANCE


@each_precision
@each_dtype
def test_blend_with_ridge_regressions(batches, dtype):
    frame, targets = of_many_levels(300)
    model = quick(blend="ridge", max_iter=10, **batches).fit(frame, targets)
    assert ((0 < model.ridge_share_) & (model.ridge_share_ < 1)).any()
    assert largest_difference(model, frame, targets, dtype) < TOLERANCE


def ruled_by_tails():
    table = np.random.RandomState(0).standard_t(1.2, size=(90, 3)) * [1, 1e3, 1e-3]
    table[:3] = [[1e6, 0, 0], [0, -1e12, 0], [0, 0, 1e300]]
    return table


UNUSUAL = {
    "long tails": ruled_by_tails(),
    "huge and tiny units": X * [1e200, 1e-200, 1],
    "a constant column": np.column_stack((X, np.full(90, 0.1))),
    "columns of two values": np.column_stack((X, X[:, :2] > 2)).astype(float),
    "only two values": (X > 2).astype(float),
    "dates in seconds": X + [1.7e9, 0, 0],
    "missing values": np.where(np.random.RandomState(0).uniform(size=X.shape) < 0.3, np.nan, X),
    "an empty column": np.column_stack((X, np.full(90, np.nan))),
}


@pytest.mark.parametrize("scale_features, batches", [
    (True, MANY_BATCHES), (True, ONE_BATCH), ("standard", MANY_BATCHES)],
    ids=["many batches", "one batch", "standard"])
@pytest.mark.parametrize("table", list(UNUSUAL))
def test_unusual_columns(table, scale_features, batches):
    table = UNUSUAL[table]
    model = quick(scale_features=scale_features, **batches).fit(table, y)
    assert largest_difference(model, table, y) < TOLERANCE


def test_missing_values_of_columns_that_had_none():
    model = quick().fit(X, y)
    assert largest_difference(model, np.vstack((X, np.full(3, np.nan))), y) < TOLERANCE


def test_values_far_outside_those_of_training():
    far = X * [[1e5], [-1e20], [1e-30]] * 30 if False else X * 1e3
    model = quick().fit(X, y)
    assert largest_difference(model, far, y) < TOLERANCE


@each_precision
@pytest.mark.parametrize("targets", [
    np.full(90, 7.3), np.column_stack((y, np.full(90, 7.3))), y * 1e200, y * 1e-200,
    two_targets * [1e6, 1e-6],
], ids=["constant", "one constant", "huge", "tiny", "different units"])
def test_unusual_targets(targets, batches):
    model = quick(**batches).fit(X, targets)
    assert largest_difference(model, X, targets) < TOLERANCE


def of_many_levels(n_rows, n_levels=30):
    """A frame of few and of many levels, with gaps in all columns, and two targets."""
    rng = np.random.RandomState(1)
    frame, target = mixed_frame(n_rows)
    frame["shop"] = rng.choice([f"shop {one}" for one in range(n_levels)], n_rows)
    frame.loc[rng.uniform(size=n_rows) < 0.1, "shop"] = None
    frame["week"] = pd.Categorical(rng.randint(1, 20, n_rows))
    return frame, np.column_stack((target, rng.normal(size=n_rows)))


FRAMES = {
    "few levels": mixed_frame(100),
    "without gaps": mixed_frame(100, gaps=False),
    "levels alone": (mixed_frame(100)[0][["town", "member"]], mixed_frame(100)[1]),
    "many levels": of_many_levels(300),
    "one column of many levels": (of_many_levels(300)[0][["shop"]], of_many_levels(300)[1]),
}


@pytest.mark.parametrize("batches, dtype", [(MANY_BATCHES, "float64"), (ONE_BATCH, "float32")],
                         ids=["many batches", "one batch"])
@pytest.mark.parametrize("settings", [{}, {"embedding": None}, {"scale_features": False}],
                         ids=str)
@pytest.mark.parametrize("table", list(FRAMES))
def test_frames_with_categories(table, settings, batches, dtype):
    frame, targets = FRAMES[table]
    frame = frame.astype({name: dtype for name in frame if frame[name].dtype == "float64"})
    model = quick(**{**batches, **settings}).fit(frame, targets)
    assert largest_difference(model, frame, targets, dtype) < TOLERANCE


def test_levels_that_training_did_not_see():
    frame, targets = of_many_levels(300)
    model = quick().fit(frame, targets)
    assert model.net_.module_.levels is not None  # of which some have vectors
    new = frame.head(4).assign(town=["Oslo", "", None, "Bern"], shop="shop of nobody")
    session = session_of(model)
    assert (coded(new, session)[:, list(frame).index("shop")] == -1).all()
    assert largest_difference(model, new, targets) < TOLERANCE


def test_a_missing_level_is_unknown_if_training_saw_none():
    frame, targets = mixed_frame(100, gaps=False)
    model = quick().fit(frame, targets)
    gaps = frame.head(3).assign(town=[None, "Bern", None])
    assert_array_equal(coded(gaps, session_of(model))[[0, 2], 0], -1)
    assert largest_difference(model, gaps, targets) < TOLERANCE


@pytest.mark.parametrize("code", [-1, -7, 5000, np.nan])
def test_any_code_out_of_range_is_an_unknown_level(code):
    frame, targets = mixed_frame(100, gaps=False)
    model = quick().fit(frame, targets)
    session = session_of(model)
    given = coded(frame.head(2), session)
    given[:, 0] = code
    (prediction,) = session.run(None, {"X": given})
    expected = model.predict(frame.head(2).assign(town="Oslo"))
    assert np.abs(prediction - expected).max() < TOLERANCE * targets.std()


def test_metadata_name_features_and_levels():
    frame = pd.DataFrame({"text": ["a", "ü", None, "a"], "number": [1.0, 2.0, 3.0, 4.0],
                          "flag": [True, False, True, True], "whole": [3, 3, 5, 8]})
    model = quick(categorical_features=["text", "flag", "whole"]).fit(frame, [1.0, 2, 3, 4])
    metadata = metadata_of(session_of(model))
    assert metadata["feature_names"] == ["text", "number", "flag", "whole"]
    assert metadata["categories"] == [["a", "ü", None], None, [True, False], [3, 5, 8]]
    exported = model.to_onnx()
    assert exported.producer_name == "sklearn_gar"
    assert exported.producer_version == sklearn_gar.__version__


def test_metadata_without_names():
    metadata = metadata_of(session_of(quick().fit(X, y)))
    assert metadata == {"feature_names": None, "categories": [None] * 3}


def continued(model):
    return model.partial_fit(X + 1, y)


def warm_started(model):
    return model.set_params(warm_start=True).fit(X + 1, y)


def loaded(model):
    return pickle.loads(pickle.dumps(model))


@each_precision
@pytest.mark.parametrize("change", [continued, warm_started, loaded, copy.deepcopy])
def test_models_that_trained_on_or_were_copied(change, batches):
    model = change(quick(**batches).fit(X, y))
    assert largest_difference(model, X, y) < TOLERANCE


def test_columns_and_targets_that_vary_from_the_second_chunk_on():
    constant = np.column_stack((X, np.ones(90)))
    model = quick().partial_fit(constant, np.column_stack((y, np.ones(90))))
    model.partial_fit(np.column_stack((X, X[:, 0])), two_targets)
    table = np.column_stack((X, X[:, 1]))
    assert largest_difference(model, table, two_targets) < TOLERANCE


@pytest.mark.parametrize("n_rows", [1, 2, 89, 1000])
def test_any_number_of_rows(n_rows):
    model = quick().fit(X, y)
    rows, _ = smooth_table(n_rows, seed=1)
    assert largest_difference(model, rows, y) < TOLERANCE


@pytest.mark.parametrize("embedding", ["periodic", None])
def test_no_rows_have_no_predictions(embedding):
    session = session_of(quick(embedding=embedding).fit(X, two_targets), "float64")
    (prediction,) = session.run(None, {"X": np.empty((0, 3))})
    assert prediction.shape == (0, 2)


def test_input_and_output_of_the_model():
    session = session_of(quick().fit(X, two_targets), "float32")
    (given,), (taken,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape) == ("X", "tensor(float)", ["n", 3])
    assert (taken.name, taken.type, taken.shape) == ("prediction", "tensor(double)", ["n", 2])


def test_a_search_exports_its_best_estimator():
    search = GARRegressorCV(alphas=(1.0, 10.0), cv=2, max_iter=2, hidden_layer_sizes=(4,),
                            random_state=0).fit(X, y)
    assert search.to_onnx() == search.best_estimator_.to_onnx()
    assert largest_difference(search, X, y) < TOLERANCE
    assert not hasattr(search.set_params(refit=False), "to_onnx")


def test_the_model_is_written_to_a_file(tmp_path):
    model = quick().fit(X, y)
    exported = model.to_onnx(tmp_path / "model.onnx")
    assert onnx.load(tmp_path / "model.onnx") == exported
    onnxruntime.InferenceSession(tmp_path / "model.onnx")
    model.to_onnx(str(tmp_path / "text.onnx"))
    assert (tmp_path / "text.onnx").read_bytes() == (tmp_path / "model.onnx").read_bytes()


def test_export_changes_neither_the_model_nor_torch():
    model = quick().fit(X, y)
    before, generator = pickle.dumps(model), torch.get_rng_state()
    assert model.to_onnx() == model.to_onnx()
    assert pickle.dumps(model) == before
    assert torch.equal(torch.get_rng_state(), generator)


def test_what_cannot_be_exported_says_so(tmp_path):
    with pytest.raises(NotFittedError):
        quick().to_onnx()
    with pytest.raises(NotFittedError):
        GARRegressorCV().to_onnx()
    with pytest.raises(ValueError, match="dtype must be one of .*, got 'float16'"):
        quick().fit(X, y).to_onnx(dtype="float16")
    frame = pd.DataFrame({"place": [(1, 2), (3, 4)] * 10, "size": range(20)})
    model = quick().fit(frame, np.arange(20.0))
    with pytest.raises(ValueError, match=r"text, numbers or truth values, got \(1, 2\) in "
                                         "feature 0; turn"):
        model.to_onnx(tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_without_the_package_onnx_the_remedy_is_told():
    code = ("import sys; sys.modules['onnx'] = None\n"
            "from sklearn_gar import GARRegressor\n"
            "model = GARRegressor(max_iter=1).fit([[0.0], [1.0]], [0.0, 1.0])\n"
            "model.to_onnx()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: to_onnx needs the package onnx; install it with pip" in done.stderr
