"""Estimators on a GPU, beside the same on the CPU."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gar import GARRegressor
from sklearn_gar.losses import LOSSES
from tests.data import PLAIN, smooth_table
from tests.selection import searches

X, y = smooth_table(90)
WEIGHT = np.random.RandomState(0).uniform(0.1, 3, size=90)


def quick(**settings):
    defaults = {"hidden_layer_sizes": (6,), "n_estimators": 2, "max_iter": 3, "batch_size": 15,
                "learning_rate": 0.02, "random_state": 0}
    return GARRegressor(**{**PLAIN, **defaults, **settings})


# rounding differs, and training makes more of it
CLOSE = {"rtol": 0, "atol": 2e-3 * y.std()}
SETTINGS = [
    {}, {"batch_size": 1000}, {"early_stopping": True, "blend": "ridge"},
    {"scale_features": True, "embedding": "periodic"}, {"hidden_layer_sizes": ()},
    {"solver": "sgd", "learning_rate": 0.005}, {"solver": "adamw", "weight_decay": 0.1},
    {"validation_split": "kfold", "early_stopping": True, "oob_score": True, "n_estimators": 3},
    *({"loss": name} for name in LOSSES)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_predictions_are_those_of_the_cpu(settings):
    here = quick(**settings).fit(X, y).predict(X)
    model = quick(device="cuda", **settings).fit(X, y)
    assert model.net_.module_.tensors[0].device.type == "cuda"
    there = model.predict(X)
    assert_array_equal(quick(device="cuda", **settings).fit(X, y).predict(X), there)
    if "pairwise_difference" in settings.get("loss", ""):  # it leaves the level to rounding
        here, there = here - here.mean(), there - there.mean()
    assert_allclose(there, here, **CLOSE)


def test_intervals():
    settings = {"validation_split": "kfold", "early_stopping": True, "n_estimators": 3}
    here, there = (quick(device=device, **settings).fit(X, y) for device in ("cpu", "cuda"))
    assert_allclose(there.predict_interval(X), here.predict_interval(X), rtol=0,
                    atol=0.02 * y.std())


def test_weights_and_several_targets():
    targets = np.column_stack([y, y ** 2 / 50])
    settings = {"early_stopping": True, "blend": "ridge"}
    here = quick(**settings).fit(X, targets, sample_weight=WEIGHT)
    there = quick(device="cuda", **settings).fit(X, targets, sample_weight=WEIGHT)
    assert_allclose(there.predict(X), here.predict(X), rtol=0, atol=2e-3 * targets.std(0).max())


def frame():
    table = pd.DataFrame(X, columns=["width", "depth", "age"])
    table["kind"] = pd.Categorical(np.where(X[:, 0] > 2, "a", "b"))
    table.loc[::7, "depth"] = np.nan
    return table


def test_the_default_on_a_frame_with_categories_and_gaps():
    here = GARRegressor(max_iter=5, random_state=0).fit(frame(), y).predict(frame())
    there = GARRegressor(max_iter=5, random_state=0, device="cuda").fit(frame(), y)
    assert_allclose(there.predict(frame()), here, **CLOSE)


def test_partial_fit_and_warm_start():
    here, there = (quick(device=device) for device in ("cpu", "cuda"))
    for _ in range(3):
        here.partial_fit(X, y)
        there.partial_fit(X, y)
    assert_allclose(there.predict(X), here.predict(X), **CLOSE)
    here, there = (quick(device=device, warm_start=True) for device in ("cpu", "cuda"))
    for _ in range(2):
        here.fit(X, y)
        there.fit(X, y)
    assert_allclose(there.predict(X), here.predict(X), **CLOSE)


def test_a_pickle_predicts_the_same():
    model = quick(device="cuda", early_stopping=True, blend="ridge").fit(X, y)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_an_onnx_model_predicts_the_same():
    onnxruntime = pytest.importorskip("onnxruntime")
    model = quick(device="cuda", early_stopping=True, blend="ridge").fit(X, y)
    session = onnxruntime.InferenceSession(model.to_onnx().SerializeToString())
    (found,) = session.run(None, {session.get_inputs()[0].name: X})
    assert_allclose(found.ravel(), model.predict(X), rtol=1e-5)


def test_a_skops_file_predicts_the_same():
    skops = pytest.importorskip("skops.io")
    model = quick(device="cuda", early_stopping=True, blend="ridge").fit(X, y)
    file = skops.dumps(model)
    loaded = skops.loads(file, trusted=skops.get_untrusted_types(data=file))
    assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("settings", [
    {}, {"bagged": True, "early_stopping": True}, {"halving": True},
    {"bagged": True, "halving": True, "early_stopping": True},
    {"bagged": True, "ensemble_size": 2, "early_stopping": True}, {"n_jobs": 2}], ids=str)
def test_searches(settings):
    here = searches.quick(**settings).fit(searches.X, searches.y)
    there = searches.quick(device="cuda", **settings).fit(searches.X, searches.y)
    assert here.cv_results_["params"] == there.cv_results_["params"]
    assert_allclose(there.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"],
                    rtol=0, atol=0.02)
    assert_allclose(there.predict(searches.X), here.predict(searches.X), rtol=0,
                    atol=0.02 * searches.y.std())


def test_interrupted_and_limited_trainings():
    model = GARRegressor(device="cuda", max_time=0.5, random_state=0).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_a_large_table():
    features, target = smooth_table(20_000, 8)
    here, there = (GARRegressor(max_iter=2, random_state=0, device=device).fit(features, target)
                   for device in ("cpu", "cuda"))
    assert_allclose(there.predict(features), here.predict(features), rtol=0,
                    atol=0.05 * target.std())


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_generators_are_left_as_found(device):
    torch.manual_seed(3)
    torch.rand(1, device="cuda")
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    quick(device=device).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.equal(torch.cuda.get_rng_state(), before[1])


def test_cuda_as_default_device():
    expected = quick().fit(X, y).predict(X)
    with torch.device("cuda"):
        assert_array_equal(quick().fit(X, y).predict(X), expected)
