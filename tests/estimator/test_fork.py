"""Prediction in a forked process, as web servers and multiprocessing make them."""

import os

import pytest

from tests.processes import run_python

IN_A_FORK = """
import os, signal, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads, from Python 3.12
import numpy as np, torch
from sklearn_gar import GARRegressor
from tests.data import smooth_table
torch.set_num_threads(2)
n_rows = int(sys.argv[1])
X, y = smooth_table(n_rows, n_features=20)
model = GARRegressor(max_iter=1, random_state=0).fit(X, y)
expected = model.predict(X[:100])
if os.fork() == 0:
    signal.alarm(60)  # ends a child that hangs
    same = np.array_equal(model.predict(X[:100]), expected)
    os._exit(0 if same else 1)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("n_rows", [100, 2000])
def test_a_forked_process_predicts_small_tables(n_rows):
    done = run_python(IN_A_FORK, n_rows)
    assert done.stderr == ""
    assert done.stdout == "0\n"
