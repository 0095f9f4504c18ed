"""Copies and files predict the same bits and train on."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest
import skops.io
import torch
from numpy.testing import assert_array_equal

from sklearn_gar import losses
from tests.data import name_of, smooth_table
from tests.estimator.tables import X, quick, y
from tests.processes import run_python


def copies():
    def by_joblib(model):
        file = io.BytesIO()
        joblib.dump(model, file)
        file.seek(0)
        return joblib.load(file)

    def by_skops(model):
        file = skops.io.dumps(model)
        return skops.io.loads(file, trusted=skops.io.get_untrusted_types(data=file))

    return {
        "pickle": lambda model: pickle.loads(pickle.dumps(model)),
        "oldest pickle": lambda model: pickle.loads(pickle.dumps(model, protocol=2)),
        "joblib": by_joblib,
        "deepcopy": copy.deepcopy,
        "skops": by_skops,
    }


@pytest.mark.parametrize("way", list(copies()))
@pytest.mark.parametrize("settings", [
    {}, {"loss": losses.HuberLoss(0.5)}, {"loss": torch.nn.SmoothL1Loss()},
    {"early_stopping": True}, {"solver": "sgd"}, {"batch_size": 1000}, {"verbose": True},
    {"random_state": np.random.RandomState(0)},
], ids=name_of)
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
    code = ("import sys, joblib, numpy as np\n"
            "folder = sys.argv[1]\n"
            "model, X = joblib.load(f'{folder}/model.joblib'), np.load(f'{folder}/X.npy')\n"
            "np.save(f'{folder}/prediction.npy', model.predict(X))")
    done = run_python(code, tmp_path)
    assert done.stderr == ""
    assert_array_equal(np.load(tmp_path / "prediction.npy"), model.predict(X))


def test_a_file_holds_networks_and_no_rows():
    rows, target = smooth_table(20_000, n_features=3)
    small = len(pickle.dumps(quick(max_iter=1).fit(X, y, X_val=X, y_val=y)))
    model = quick(max_iter=1, batch_size=10_000).fit(rows, target, X_val=rows, y_val=target)
    assert len(pickle.dumps(model)) < small + 20_000
