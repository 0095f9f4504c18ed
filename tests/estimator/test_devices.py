"""A model trained on a device that this machine does not have."""

import io
import pickle
import warnings

import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from tests.estimator.tables import X, quick, y


class FromCuda(pickle.Unpickler):
    """Reads a file as one written where all devices were CUDA devices."""

    def find_class(self, module, name):
        if (module, name) == ("torch", "device"):
            return lambda *args: torch.device("cuda", 0)
        return super().find_class(module, name)


def load_from_cuda(model):
    """The model, as it would be read from a file that a machine with a GPU wrote."""
    model.set_params(device="cuda")
    model.net_.device = "cuda"
    file = io.BytesIO(pickle.dumps(model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # skorch says that it loads the weights on the CPU
        return FromCuda(file).load()


pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@pytest.mark.parametrize("settings", [
    {}, {"batch_size": 1000}, {"early_stopping": True, "blend": "ridge"},
    {"scale_features": True, "embedding": "periodic"}], ids=str)
def test_a_model_of_another_device_predicts_here(settings):
    model = quick(**settings).fit(X, y)
    expected = model.predict(X)
    assert_array_equal(load_from_cuda(model).predict(X), expected)


def test_a_model_of_another_device_trains_on_here():
    model = quick().fit(X, y)
    loaded = load_from_cuda(pickle.loads(pickle.dumps(model))).set_params(device="cpu")
    assert_allclose(loaded.partial_fit(X, y).predict(X), model.partial_fit(X, y).predict(X),
                    rtol=1e-6)
