"""Torch's default device and default dtype neither decide on a loss nor break it."""

import pytest
import torch

from sklearn_gar.losses import LOSSES, make_criterion
from tests.losses.own_losses import make_data
from tests.nn.test_defaults_of_torch import each_default

MEMBERS = torch.tensor([2, 0])


def values_and_gradients(name, weighted, k):
    """Of a stack, of members that are kept, and of a single column."""
    f, y, weight, v = DATA[k]
    weight = weight if weighted else None
    criterion = make_criterion(name, [0.1, 1.0, 10.0])
    parts = [*criterion.value_and_gradients(f, y, weight, v), criterion.validation_loss(f, y)]
    criterion.keep_members(MEMBERS)
    kept = (column[MEMBERS] for column in (f, y))
    parts += criterion.value_and_gradients(*kept, None, v[MEMBERS])
    if not criterion.takes_features:
        parts.append(LOSSES[name]()(f[0, :, 0], y[0, :, 0]))
    return parts


DATA = {k: make_data(k=k) for k in (1, 2)}


@each_default
@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 2])
def test_values_and_gradients_are_the_same(default, name, weighted, k):
    expected = values_and_gradients(name, weighted, k)
    with default():
        actual = values_and_gradients(name, weighted, k)
    for part, other in zip(actual, expected, strict=True):
        assert (part is None) == (other is None)
        if part is not None:
            assert part.device.type == "cpu" and part.dtype == other.dtype
            torch.testing.assert_close(part, other, rtol=1e-12, atol=1e-12)
