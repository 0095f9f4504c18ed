"""Losses on a GPU have the values and gradients that they have on the CPU."""

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import LOSSES, make_criterion
from tests.losses.cases import each_dtype

N_MEMBERS, N_ROWS = 3, 40


def values_and_gradients(name, device, dtype, weighted):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(device, dtype)
    prediction, target = draw(N_MEMBERS, N_ROWS, 2), draw(N_ROWS, 2)
    features = draw(N_MEMBERS, N_ROWS, 4)
    weight = draw(N_MEMBERS, N_ROWS).abs() if weighted else None
    criterion = make_criterion(name, [0.5, 1.0, 10.0]).to(device)
    return criterion.value_and_gradients(prediction, target, weight, features)


@each_dtype
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradients(name, weighted, dtype):
    found = values_and_gradients(name, "cuda", dtype, weighted)
    expected = values_and_gradients(name, "cpu", torch.float64, weighted)
    tolerance = 1e-10 if dtype == torch.float64 else 1e-4
    for one, other in zip(found, expected):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.device.type == "cuda" and one.dtype == dtype
            assert_close(one.cpu().double(), other, rtol=tolerance, atol=tolerance)
