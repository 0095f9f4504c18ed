"""Fixtures that all tests share."""

import signal

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests import data

# tests of properties: the same few examples in every run, or with --hypothesis-profile=long
# many new ones, of which each failure prints how to repeat it
settings.register_profile("short", max_examples=40, derandomize=True, database=None,
                          deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=3000, print_blob=True, deadline=None,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("short")


def pytest_addoption(parser):
    parser.addoption("--threads", type=int, default=1, help="number of threads that torch uses")


@pytest.fixture(scope="session", autouse=True)
def few_threads(pytestconfig):
    """The tables of the tests are too small to gain from threads, which wait for busy cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(pytestconfig.getoption("threads"))
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def interruptible():
    """Tests interrupt themselves, and a shell's background jobs ignore Ctrl-C by default."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def concrete():
    """The paper's split of concrete: X_train, X_test, y_train, y_test."""
    arrays = data.load("concrete.npz")
    X_train, X_test, y_train, y_test = (arrays[key] for key in ("trX", "teX", "trY", "teY"))
    return X_train, X_test, y_train.ravel(), y_test.ravel()
