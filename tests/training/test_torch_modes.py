"""Modes of torch around a fit."""

import pytest
import torch
from numpy.testing import assert_array_equal

from tests.data import smooth_table
from tests.regressors import quick


@pytest.mark.parametrize("make_modes", [
    torch.inference_mode, torch.no_grad, lambda: torch.autocast("cpu"),
    lambda: torch.device("meta")], ids=["inference", "no_grad", "autocast", "device"])
@pytest.mark.parametrize("loss", ["gar", "squared_error", "rnc"])
def test_modes_of_torch_do_not_change_a_fit(loss, make_modes):
    X, y = smooth_table(60)
    settings = {"loss": loss, "batch_size": 16, "blend": "ridge", "early_stopping": True}
    expected = quick(**settings).fit(X, y)
    with make_modes():
        found = quick(**settings).fit(X, y)
        prediction = found.predict(X)
        again = found.partial_fit if loss == "gar" else found.fit
        found.set_params(early_stopping="auto")
        again(X, y)
    assert_array_equal(prediction, expected.predict(X))
