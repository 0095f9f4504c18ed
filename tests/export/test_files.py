"""What files of estimators hold, and what works after they are read."""

import copy
import io
import pickle
import pickletools
import warnings
from decimal import Decimal

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
import torch
from numpy.testing import assert_array_equal
from sklearn.exceptions import InconsistentVersionWarning
from skorch.callbacks import Callback, EpochScoring

import sklearn_gar
from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar.losses import LOSSES
from tests.categories.tables import mixed_frame
from tests.data import smooth_table
from tests.export.test_onnx import of_many_levels, quick

X, y = smooth_table(90)
_, two_targets = smooth_table(90, n_targets=2)
WITHOUT_INTERVALS = {"early_stopping": False}
REGRESSOR = "sklearn_gar._regressor.GARRegressor"
SEARCH = "sklearn_gar._search.GARRegressorCV"


def by_pickle(model):
    return pickle.loads(pickle.dumps(model))


def by_skops(model):
    file = skops.io.dumps(model)
    return skops.io.loads(file, trusted=skops.io.get_untrusted_types(data=file))


def by_mapped_joblib(model, folder):
    """Arrays of the file are mapped to memory that cannot be written to."""
    path = folder / f"{id(model)}.joblib"
    joblib.dump(model, path)
    return joblib.load(path, mmap_mode="r")


each_way = pytest.mark.parametrize("way", [by_pickle, by_skops, copy.deepcopy])

MODELS = {
    "default": lambda: quick().fit(X, y),
    "ridge": lambda: quick(blend="ridge", max_iter=30).fit(X, y),
    "two targets": lambda: quick(batch_size=15).fit(X, two_targets),
    "one constant target": lambda: quick().fit(X, np.column_stack((y, np.ones(90)))),
    "linear": lambda: quick(hidden_layer_sizes=(), embedding=None).fit(X, y),
    "no scaling": lambda: quick(scale_features=False, scale_target=False).fit(X, y),
    "sgd": lambda: quick(solver="sgd", momentum=0.5).fit(X, y),
    "adam": lambda: quick(solver="adam", lr_schedule="step").fit(X, y),
    "two alphas": lambda: quick(loss=sklearn_gar.losses.GARLoss(torch.tensor([1.0, 5.0]))
                                ).fit(X, y),
    "verbose": lambda: quick(verbose=True).fit(X, y),
    "out of bag": lambda: quick(oob_score=True, validation_split="kfold").fit(X, y),
    "a stream": lambda: quick(**WITHOUT_INTERVALS).partial_fit(X, y).partial_fit(X + 1, y),
    "a stream by sgd": lambda: quick(**WITHOUT_INTERVALS, solver="sgd").partial_fit(X, y),
}


def assert_same(copied, model, X=X):
    """All that an estimator answers is the same to the last bit."""
    assert copied.predict(X).tobytes() == model.predict(X).tobytes()
    for name, value in vars(model).items():
        if name.endswith("_") and name != "net_" and not name.startswith("_"):
            assert_array_equal(getattr(copied, name), value, strict=isinstance(value, np.ndarray))
    if model._intervals is not None:
        assert_array_equal(copied.predict_interval(X), model.predict_interval(X))


@each_way
@pytest.mark.parametrize("name", list(MODELS))
def test_everything_works_after_reading(way, name):
    model = MODELS[name]()
    copied = way(model)
    assert_same(copied, model)
    assert_array_equal(copied.net_.history[:, "train_loss"], model.net_.history[:, "train_loss"])
    assert repr(copied.net_.module_) == repr(model.net_.module_)
    targets = np.roll(model.predict(X), 1, axis=0)
    for one in (copied, model):
        one.set_params(warm_start=True, oob_score=False).fit(X, targets)
    assert_same(copied, model)
    for _ in range(2):
        for one in (copied, model):
            one.partial_fit(X, targets)
        assert_same(copied, model)
        copied = way(copied)  # a copy of a copy, and within a stream
    for one in (copied, model):
        one.set_params(warm_start=False, max_iter=2).fit(X, y)
    assert_same(copied, model)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_each_loss_trains_on_after_reading(name):
    model = quick(loss=name, **WITHOUT_INTERVALS).fit(X, y)
    copied = by_skops(model)
    assert repr(copied.net_.criterion_) == repr(model.net_.criterion_)
    for one in (copied, model):
        one.partial_fit(X, y)
    assert_same(copied, model)


@each_way
@pytest.mark.parametrize("table", [mixed_frame(100), of_many_levels(300)], ids=["few", "many"])
def test_frames_are_read_as_before(way, table):
    frame, targets = table
    model = quick().fit(frame, targets)
    copied = way(model)
    new = frame.head(5).assign(town=["Oslo", "Bern", None, "Zug", ""])
    assert_same(copied, model, new)
    for one in (copied, model):
        one.partial_fit(frame, targets + 1)
    assert_same(copied, model, new)
    for one in (copied, model):
        one.set_params(warm_start=True).fit(frame, targets)
    assert_same(copied, model, new)


LEVELS = {
    "text": ["a", "b\0", "1", "ü", "\ud800"], "numbers": [1, 2.5, -3, 1e300, np.inf],
    "truth": [True, False], "gaps": ["a", None], "mixed": [1, "1", True, "True", None],
    "numpy": [np.float32(0.1), np.int64(3), np.str_("x")], "tuples": [(1, 2), (3,)],
    "bytes": [b"a", b"b"],
}


@each_way
@pytest.mark.parametrize("name", list(LEVELS))
def test_levels_of_any_type_are_known_after_reading(way, name):
    column = np.empty((40, 1), dtype=object)
    column[:, 0] = (LEVELS[name] * 40)[:40]
    model = quick(categorical_features=[0], **WITHOUT_INTERVALS).fit(column, np.arange(40.0))
    copied = way(model)
    assert_array_equal(copied.predict(column), model.predict(column))
    assert len(set(model.predict(column))) == len({*LEVELS[name]})


def test_arrays_that_cannot_be_written_to(tmp_path):
    frame, targets = of_many_levels(300)
    model = quick(hidden_layer_sizes=(64, 64)).fit(frame, targets)
    copied = by_mapped_joblib(model, tmp_path)
    assert_same(copied, model, frame)
    for one in (copied, model):
        one.partial_fit(frame, targets + 1)
    assert_same(copied, model, frame)
    copied = by_mapped_joblib(copied, tmp_path)
    for one in (copied, model):
        one.set_params(warm_start=True).fit(frame, targets)
    assert_same(copied, model, frame)


def test_untrusted_types_are_few():
    def untrusted(model):
        return set(skops.io.get_untrusted_types(data=skops.io.dumps(model)))
    frame, targets = of_many_levels(300)
    assert untrusted(quick()) == untrusted(quick().fit(X, y)) == {REGRESSOR}
    assert untrusted(quick(oob_score=True, verbose=True).fit(frame, targets)) == {REGRESSOR}
    assert untrusted(quick(device=torch.device("cpu")).partial_fit(X, y)) == {REGRESSOR}
    search = GARRegressorCV(alphas=(1.0,), cv=2, max_iter=2, hidden_layer_sizes=(4,)).fit(X, y)
    types = untrusted(search)
    assert {REGRESSOR, SEARCH} <= types
    assert all(name.startswith("sklearn.metrics") for name in types - {REGRESSOR, SEARCH})


@pytest.mark.parametrize("levels, name", [
    (pd.cut(X[:, 0], 3), "pandas.Interval"),
    ([Decimal(k % 3) for k in range(90)], "decimal.Decimal"),
    (list("abc") * 30, None), (pd.Categorical([1, 2, 3] * 30), None), ([True, None] * 45, None)])
def test_levels_add_their_type_to_the_untrusted_ones(levels, name):
    frame = pd.DataFrame({"level": levels, "x": X[:, 0]})
    model = quick(categorical_features=["level"]).fit(frame, y)
    file = skops.io.dumps(model)
    trusted = {REGRESSOR} if name is None else {REGRESSOR, name}
    assert set(skops.io.get_untrusted_types(data=file)) == trusted
    assert_array_equal(skops.io.loads(file, trusted=sorted(trusted)).predict(frame),
                       model.predict(frame))


def test_a_loss_of_ones_own_is_the_only_other_untrusted_type():
    file = skops.io.dumps(quick(loss=torch.nn.SmoothL1Loss(), **WITHOUT_INTERVALS).fit(X, y))
    assert set(skops.io.get_untrusted_types(data=file)) == {
        REGRESSOR, "torch.nn.modules.loss.SmoothL1Loss"}


@each_way
def test_a_search_predicts_and_scores_after_reading(way):
    search = GARRegressorCV(alphas=(1.0, 10.0), cv=2, max_iter=2, hidden_layer_sizes=(4,),
                            random_state=0).fit(X, y)
    copied = way(search)
    assert_array_equal(copied.predict(X), search.predict(X))
    assert_array_equal(copied.predict_interval(X), search.predict_interval(X))
    assert copied.score(X, y) == search.score(X, y)
    assert copied.best_params_ == search.best_params_
    assert_array_equal(copied.cv_results_["mean_test_score"],
                       search.cv_results_["mean_test_score"])
    assert_array_equal(copied.fit(X, y).predict(X), search.predict(X))


def globals_of(model):
    """Names that reading a pickle of the model asks for."""
    names, texts = set(), []
    for operation, argument, _ in pickletools.genops(pickle.dumps(model)):
        if operation.name == "STACK_GLOBAL":
            names.add(".".join(texts[-2:]))
        elif operation.name == "GLOBAL":
            names.add(argument.replace(" ", "."))
        if isinstance(argument, str):
            texts.append(argument)
    return names


@pytest.mark.parametrize("name", ["default", "a stream", "two alphas"])
def test_files_hold_arrays_and_nothing_of_torch(name):
    model = MODELS[name]()
    asked = globals_of(model.set_params(loss="gar"))
    assert not {one for one in asked if one.startswith(("torch", "skorch"))}
    assert {one for one in asked if one.startswith("sklearn_gar")} == {REGRESSOR}


def test_files_hold_weights_and_what_partial_fit_needs():
    table, target = smooth_table(5000, n_features=10)
    model = quick(hidden_layer_sizes=(128, 128), batch_size=500).fit(table, target)
    n_bytes = sum(tensor.nbytes for tensor in model.net_.module_.parameters())
    model._intervals = None
    # weights, and the mean squares of the gradients
    assert len(pickle.dumps(model)) < 2 * n_bytes + 20_000
    momentum = quick(hidden_layer_sizes=(128, 128), batch_size=500, solver="sgd",
                     **WITHOUT_INTERVALS).fit(table, target)
    assert len(pickle.dumps(momentum)) < n_bytes + 20_000


def test_epochs_add_little_to_a_file():
    short, long = (len(pickle.dumps(quick(max_iter=n, **WITHOUT_INTERVALS).fit(X, y)))
                   for n in (2, 102))
    assert long - short < 100 * 150


class Noting(Callback):
    """Writes numbers, text and numbers of batches to the history."""

    def on_batch_end(self, net, **kwargs):
        net.history.record_batch("seen", 1)

    def on_epoch_end(self, net, **kwargs):
        net.history.record("text", "a")
        net.history.record("number", np.float64(len(net.history)))
        if len(net.history) > 1:
            net.history.record("late", True)


@each_way
def test_the_numbers_of_epochs_are_kept_and_nothing_of_batches(way):
    callbacks = [Noting(), EpochScoring("r2", on_train=True, name="r2")]
    model = quick(skorch_callbacks=callbacks, **WITHOUT_INTERVALS).fit(X, y)
    copied, before = way(model), model.net_.history
    assert len(copied.net_.history) == copied.n_iter_ == 4
    for name in ("epoch", "train_losses", "train_loss", "train_loss_best", "dur", "number", "r2",
                 "r2_best"):
        assert copied.net_.history[:, name] == before[:, name]
    assert copied.net_.history[1:, "late"] == [True] * 3
    assert not any("text" in epoch or epoch["batches"] for epoch in copied.net_.history)
    assert any(isinstance(one, Noting) for _, one in copied.net_.callbacks_)


def state_of(model, **changes):
    """The state of a model, with other versions of what wrote it."""
    state = model.__getstate__()
    return {**state, "_versions": {**state["_versions"], **changes}}


def test_a_file_says_which_versions_wrote_it():
    for model in (quick(), quick(**WITHOUT_INTERVALS).fit(X, y)):
        versions = model.__getstate__()["_versions"]
        assert versions["sklearn_gar"] == sklearn_gar.__version__
        assert torch.__version__.startswith(versions["torch"])
        assert versions["numpy"] == np.__version__
        assert set(versions) == {"sklearn_gar", "torch", "numpy", "scikit-learn", "skorch"}
        assert "_versions" not in vars(by_pickle(model))


def test_a_file_of_another_version_is_read_with_a_warning():
    model, copied = quick(**WITHOUT_INTERVALS).fit(X, y), GARRegressor()
    with pytest.warns(InconsistentVersionWarning, match=r"a GARRegressor that version 0\.0\.1 of "
                      rf"sklearn_gar wrote is read by version {sklearn_gar.__version__}"):
        copied.__setstate__(state_of(model, sklearn_gar="0.0.1"))
    assert_array_equal(copied.predict(X), model.predict(X))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copied.__setstate__(state_of(model, torch="2.4.0"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_file_from_a_gpu_predicts_and_trains_on_the_cpu():
    model = quick(**WITHOUT_INTERVALS).fit(X, y)
    state, copied = state_of(model), GARRegressor()
    state["device"] = state["net_"]["device"] = "cuda"
    with pytest.warns(UserWarning, match="CUDA"):
        copied.__setstate__(state)
    assert copied.net_.device == "cpu"
    assert_array_equal(copied.predict(X), model.predict(X))
    with pytest.raises(ValueError, match="device must be one that torch can use here"):
        copied.fit(X, y)
    copied.set_params(device="cpu")
    assert_array_equal(copied.fit(X, y).predict(X), model.predict(X))


def test_reading_leaves_torch_as_it_was():
    file = io.BytesIO()
    joblib.dump(quick(**WITHOUT_INTERVALS).fit(X, y), file)
    generator = torch.get_rng_state()
    with torch.inference_mode(), torch.device("meta"):
        file.seek(0)
        copied = joblib.load(file)
    assert torch.equal(torch.get_rng_state(), generator)
    assert not any(one.is_inference() or one.is_meta for one in copied.net_.module_.parameters())
    copied.partial_fit(X, y)
