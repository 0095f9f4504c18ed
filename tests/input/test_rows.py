"""Rows in any layout and type give the same model, and are left as they were."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.data import smooth_table
from tests.regressors import one_or_many_batches, quick, r2


@pytest.mark.parametrize("change", [
    lambda X, y: (X.tolist(), y.tolist()),
    lambda X, y: (np.asfortranarray(X), y),
    lambda X, y: (np.repeat(X, 2, axis=0)[::2], np.repeat(y, 2)[::2]),
    lambda X, y: (X[::-1][::-1], y[::-1][::-1]),
    lambda X, y: (X.astype(object), y.astype(object)),
    lambda X, y: (X.astype(">f8"), y.astype(">f8")),
    lambda X, y: (X.astype(np.int64), y.astype(np.int32)),
    lambda X, y: (torch.tensor(X), torch.tensor(y)),
], ids=["lists", "columns first", "strided", "reversed", "objects", "big-endian", "integers",
        "tensors"])
@one_or_many_batches
def test_memory_layout_and_container_do_not_matter(change, batches):
    X, y = (values.round() for values in smooth_table())
    expected = quick(**batches).fit(X, y).predict(X)
    X_changed, y_changed = change(X, y)
    model = quick(**batches).fit(X_changed, y_changed)
    assert_array_equal(model.predict(X_changed), expected)


@one_or_many_batches
def test_float32_and_float64_features_agree(batches):
    X, y = smooth_table()
    X = X.astype(np.float32)
    single, double = (quick(max_iter=4, **batches).fit(rows, y)
                      for rows in (X, X.astype(np.float64)))
    assert_allclose(single.predict(X), double.predict(X.astype(np.float64)), rtol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
@one_or_many_batches
def test_data_and_parameters_are_not_modified(weighted, batches):
    X, y = smooth_table(n_targets=2)
    weight = np.arange(float(len(X))) if weighted else None
    held_out = (X[:10].copy(), y[:10].copy())
    arrays = [array for array in (X, y, weight, *held_out) if array is not None]
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    model = quick(**batches)
    parameters = model.get_params()
    assert model.fit(X, y, weight, X_val=held_out[0], y_val=held_out[1]) is model
    assert model.partial_fit(X, y, weight) is model
    model.predict(X)
    for array, before in zip(arrays, copies):
        assert_array_equal(array, before)
    assert model.get_params() == parameters


@pytest.mark.parametrize("loss", [torch.nn.L1Loss(), torch.nn.MSELoss()], ids=repr)
@pytest.mark.parametrize("early_stopping", [True, False])
def test_losses_without_weights_train_on_repeated_rows(loss, early_stopping):
    X, y = smooth_table(60)
    X, y = np.vstack((X, X[:9])), np.r_[y, y[:9]]
    settings = {"loss": loss, "early_stopping": early_stopping, "batch_size": 100}
    model = quick(**settings, max_iter=100).fit(X, y)
    assert r2(model, X, y) > 0.5
    order = np.random.RandomState(0).permutation(69)
    assert_array_equal(quick(**settings).fit(X[order], y[order]).predict(X),
                       quick(**settings).fit(X, y).predict(X))
