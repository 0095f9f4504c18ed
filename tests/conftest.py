"""What all tests share."""

import signal

import pytest
import torch

from tests import data


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Tables here are too small to share out, and threads that wait for a busy core stall."""
    found = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(found)


@pytest.fixture(scope="session", autouse=True)
def heeds_interrupts():
    """A shell lets what it runs in the background ignore Ctrl-C; tests send it to themselves."""
    found = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, found)


@pytest.fixture(scope="session")
def concrete():
    """The paper's split of concrete: X_train, X_test, y_train, y_test."""
    arrays = data.load("concrete.npz")
    X_train, X_test, y_train, y_test = (arrays[key] for key in ("trX", "teX", "trY", "teY"))
    return X_train, X_test, y_train.ravel(), y_test.ravel()
