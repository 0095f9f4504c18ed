"""Threads and kernels by the size of the work, and the restoration of what was set before."""

import os
import threading

import numpy as np
import pytest
import torch

from sklearn_gar import GARRegressor
from sklearn_gar._training import suited_arithmetic

LARGE, SMALL = 10**9, 10**3


def precision():
    matmul = getattr(torch.backends.mkldnn, "matmul", None)
    return getattr(matmul, "fp32_precision", None)


@pytest.fixture(autouse=True)
def threads_of_the_suite():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("found, wanted, used", [(1, 1, 1), (2, 1, 1), (1, 8, 1), (2, 8, 2)])
def test_threads_are_limited_and_never_more_than_before(found, wanted, used):
    torch.set_num_threads(found)
    with suited_arithmetic(LARGE, wanted):
        assert torch.get_num_threads() == used
    assert torch.get_num_threads() == found


def test_small_work_has_one_thread():
    torch.set_num_threads(2)
    with suited_arithmetic(SMALL, 2):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_a_block_within_a_block_goes_back_to_the_outer_one():
    torch.set_num_threads(2)
    with suited_arithmetic(LARGE, 1):
        with suited_arithmetic(LARGE, 2):
            assert torch.get_num_threads() == 2
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("n_operations", [SMALL, LARGE])
def test_settings_are_restored(n_operations, error):
    torch.set_num_threads(2)
    before = precision()
    try:
        with suited_arithmetic(n_operations):
            if error is not None:
                raise error
    except (ValueError, KeyboardInterrupt) as raised:
        assert type(raised) is error
    assert precision() == before
    assert torch.get_num_threads() == 2


def test_the_last_of_several_threads_restores_the_precision():
    before, first_began, first_ended = precision(), threading.Event(), threading.Event()

    def first():
        with suited_arithmetic(LARGE, 1):
            first_began.set()
            first_ended.wait()
    thread = threading.Thread(target=first)
    thread.start()
    first_began.wait()
    with suited_arithmetic(LARGE, 1):
        within = precision()
        first_ended.set()
        thread.join()
        assert precision() == within
    assert precision() == before


@pytest.mark.parametrize("n_rows, n_inputs, n_outputs", [
    (2, 20, 128), (128, 20, 128), (100, 128, 256), (1000, 256, 128), (513, 65, 1), (128, 3, 16)])
def test_products_have_single_precision(n_rows, n_inputs, n_outputs):
    rng = np.random.RandomState(0)
    X, W = rng.normal(size=(3, n_rows, n_inputs)), rng.normal(size=(3, n_inputs, n_outputs))
    X, W = X.astype(np.float32), W.astype(np.float32)
    expected = X.astype(np.float64) @ W.astype(np.float64)
    largest = np.abs(X).astype(np.float64) @ np.abs(W)
    with suited_arithmetic(LARGE):
        X, W = torch.from_numpy(X), torch.from_numpy(W)
        found = torch.bmm(X, W), torch.bmm(W.mT, X.mT).mT
    for product in found:
        assert np.all(np.abs(product.numpy() - expected) <= 2e-6 * largest)


def test_a_fit_and_a_prediction_leave_the_precision_as_it_was():
    before = precision()
    X = np.random.RandomState(0).normal(size=(400, 5))
    GARRegressor(max_iter=2, random_state=0).fit(X, X[:, 0]).predict(X)
    assert precision() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_one_thread_after_a_fork():
    torch.set_num_threads(2)
    child = os.fork()
    if child == 0:
        with suited_arithmetic(LARGE, 2):
            os._exit(torch.get_num_threads())
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
