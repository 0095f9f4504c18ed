"""The state of torch during training, and its restoration."""

import pytest
import torch

from sklearn_gar._training import check_device, torch_state

CPU = torch.device("cpu")
DENORMAL = torch.tensor([1e-310], dtype=torch.float64)


def flushes():
    return (DENORMAL * 1.0).item() == 0.0


@pytest.fixture(autouse=True)
def state_of_the_suite():
    yield
    torch.set_flush_denormal(False)


@pytest.mark.parametrize("device", ["mps", "vulkan", "hpu", "meta"])
def test_a_device_that_is_not_there_is_told_in_one_sentence(device):
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(ValueError, match=f"^device must be one that torch can use here, got "
                                         f"'{device}': .+") as caught:
        check_device(device)
    message = str(caught.value)
    assert len(message) < 200 and "\n" not in message and ". " not in message


def test_the_block_is_seeded():
    drawn = []
    for seed in (1, 1, 2):
        with torch_state(seed, CPU):
            drawn.append(torch.rand(3))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("found", [False, True])
@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_the_state_is_restored(found, error):
    torch.set_flush_denormal(found)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    try:
        with torch_state(0, CPU):
            assert flushes()
            torch.rand(3)
            if error is not None:
                raise error
    except (ValueError, KeyboardInterrupt) as raised:
        assert type(raised) is error
    else:
        assert error is None
    assert torch.equal(torch.get_rng_state(), before)
    assert flushes() == found


def test_blocks_nest():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with torch_state(0, CPU):
        with torch_state(1, CPU):
            torch.rand(3)
        assert flushes()
    assert torch.equal(torch.get_rng_state(), before)
    assert not flushes()
