"""Parameters in all their forms, tags, clones and output."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_gar import GARRegressor, losses
from tests.data import smooth_table
from tests.regressors import Listener, quick


def test_only_the_first_parameter_is_positional():
    assert GARRegressor(3.0).alpha == 3.0
    with pytest.raises(TypeError):
        GARRegressor(3.0, "gar")


@pytest.mark.parametrize("sizes", [5, (5,), [5], np.array([5]), np.int64(5)], ids=repr)
def test_hidden_layer_sizes_in_any_form(sizes):
    X, y = smooth_table()
    assert_array_equal(quick(hidden_layer_sizes=sizes).fit(X, y).predict(X),
                       quick(hidden_layer_sizes=(5,)).fit(X, y).predict(X))


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")], ids=repr)
def test_device_in_any_form(device):
    X, y = smooth_table()
    assert_array_equal(quick(device=device).fit(X, y).predict(X), quick().fit(X, y).predict(X))


@pytest.mark.parametrize("batch_size", [np.int64(16), np.uint8(16)])
def test_batch_size_may_be_a_numpy_integer(batch_size):
    X, y = smooth_table()
    expected = quick(batch_size=16).fit(X, y).predict(X)
    np.testing.assert_array_equal(quick(batch_size=batch_size).fit(X, y).predict(X), expected)


def test_a_random_state_instance_advances_with_each_fit():
    X, y = smooth_table()
    model = quick(random_state=np.random.RandomState(0))
    first, second = (model.fit(X, y).predict(X) for _ in range(2))
    assert not np.array_equal(first, second)
    again = quick(random_state=np.random.RandomState(0))
    assert_array_equal(again.fit(X, y).predict(X), first)
    assert not np.array_equal(quick(random_state=1).fit(X, y).predict(X),
                              quick(random_state=2).fit(X, y).predict(X))


def test_tags():
    tags = quick().__sklearn_tags__()
    assert tags.estimator_type == "regressor"
    assert tags.target_tags.multi_output
    assert not tags.input_tags.sparse
    assert tags.input_tags.allow_nan


def test_clone_keeps_parameters_and_drops_the_fit():
    X, y = smooth_table()
    model = quick(loss=losses.HuberLoss(0.5), skorch_callbacks=[Listener()]).fit(X, y)
    copied = clone(model)
    assert not hasattr(copied, "net_")
    assert copied.get_params()["alpha"] == model.alpha
    assert copied.loss.delta == 0.5
    assert_array_equal(copied.fit(X, y).predict(X), model.predict(X))


def test_an_unfitted_model_raises_not_fitted():
    X, y = smooth_table()
    with pytest.raises(NotFittedError):
        quick().predict(X)
    with pytest.raises(NotFittedError):
        quick().score(X, y)


@pytest.mark.parametrize("verbose", [1, True])
def test_verbose_prints_one_line_per_epoch(verbose, capsys):
    X, y = smooth_table()
    quick(verbose=verbose, max_iter=4).fit(X, y, X_val=X[:10], y_val=y[:10])
    out = capsys.readouterr().out
    assert out.count("\n") >= 4
    assert "train_loss" in out and "valid_loss" in out
    quick(max_iter=4).fit(X, y)
    assert capsys.readouterr().out == ""
