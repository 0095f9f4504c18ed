"""The number of threads of a step, from the times of the steps before."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from sklearn_gar import GARRegressor
from sklearn_gar._training.fastest_threads import FastestThreads
from tests.data import smooth_table


@pytest.fixture(autouse=True)
def threads_of_the_suite():
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(threads)


def simulate(choice, seconds, n_steps):
    """Numbers of threads of the steps, if a step with so many takes so long."""
    used = []
    for step in range(n_steps):
        used.append(choice.n_threads)
        choice.learn(seconds(choice.n_threads, step))
    return np.array(used)


def idle(n_threads, step):
    return 1.0 if n_threads == 1 else 0.6


def busy(n_threads, step):
    return 1.0 if n_threads == 1 else 20.0


def test_all_threads_are_used_where_they_are_faster():
    used = simulate(FastestThreads(), idle, 2000)
    assert set(used) == {1, 4}
    assert np.mean(used == 4) > 0.98


def test_busy_cores_cost_little():
    used = simulate(FastestThreads(), busy, 2000)
    seconds = [busy(n_threads, step) for step, n_threads in enumerate(used)]
    assert np.mean(seconds) < 1.1  # times as long as with one thread
    assert used[-1] == 1


def test_threads_that_change_nothing_do_no_harm():
    used = simulate(FastestThreads(), lambda n_threads, step: 1.0, 500)
    assert np.mean(used == 1) > 0.9


def test_cores_that_become_busy_are_noticed_at_once():
    choice = FastestThreads()
    assert simulate(choice, idle, 300)[-1] == 4
    used = simulate(choice, busy, 300)
    assert np.sum(used == 4) <= 10
    assert used[-1] == 1


def test_cores_that_become_idle_are_noticed():
    choice = FastestThreads()
    assert simulate(choice, busy, 300)[-1] == 1
    assert simulate(choice, idle, 2000)[-1] == 4


def test_a_single_slow_step_changes_nothing():
    choice = FastestThreads()
    simulate(choice, idle, 300)
    assert choice.n_threads == 4
    choice.learn(1.5)
    assert choice.n_threads == 4


def test_one_thread_is_never_exceeded():
    torch.set_num_threads(1)
    choice = FastestThreads()
    assert list(choice.steps(range(50))) == list(range(50))
    assert torch.get_num_threads() == choice.most == 1


def test_steps_run_with_the_chosen_number():
    choice, seen = FastestThreads(), []
    for _ in choice.steps(range(40)):
        seen.append((torch.get_num_threads(), choice.n_threads))
    assert len(seen) == 40
    assert all(torch_threads == chosen for torch_threads, chosen in seen)


@pytest.mark.parametrize("changes", ["often", "never"])
def test_results_do_not_depend_on_the_choice(changes, monkeypatch):
    X, y = smooth_table(700)
    settings = {"max_iter": 8, "random_state": 0}
    torch.set_num_threads(1)
    expected = GARRegressor(**settings).fit(X, y)
    torch.set_num_threads(4)
    if changes == "often":
        steps = []

        def learn(self, seconds):
            steps.append(self.n_threads)
            self.n_threads = 1 if self.n_threads > 1 else self.most
        monkeypatch.setattr(FastestThreads, "learn", learn)
        monkeypatch.setattr("sklearn_gar._training.arithmetic.cpu_count", lambda: 4)
    found = GARRegressor(**settings).fit(X, y)
    if changes == "often":
        assert set(steps) == {1, 4}
    assert_array_equal(found.predict(X), expected.predict(X))
    assert torch.get_num_threads() == 4
