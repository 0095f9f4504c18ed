"""The number of threads that is fastest at the moment."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import torch

# Steps with each number of threads in a trial.  The first is not counted.
_STEPS_OF_TRIAL = 6
# Steps from one trial to the next: after the first that all threads lost, how many times as many
# after every further one, and at most.
_FIRST, _GROWTH, _LONGEST = 32, 4, 2048
# Share of the last step in the recent time of a step.
_SHARE_OF_LAST = 0.2
# A step of a trial that takes so many times as long as one with a single thread ends it.
_TOO_SLOW = 2.0


class FastestThreads:
    """Chooses between one thread and all that torch may use, step by step.

    What follows the steps has the last choice; the block around the training restores the number.

    Several threads wait for each other after every product.  On idle cores they make a large
    step faster.  Where one core has other work as well, they make it several times slower.  So
    both numbers are tried, and again from time to time, the more seldom the more often all
    threads lost.  Results do not depend on the number of threads.

    Attributes
    ----------
    most : int
        Number of threads that torch may use.
    n_threads : int
        Number that the next step has.
    """

    def __init__(self):
        self.most = torch.get_num_threads()
        self.n_threads = 1
        self._interval = _FIRST
        self._single = None   # seconds of a step with one thread
        self._recent = None   # seconds of a step lately
        self._trial = []      # seconds of the steps of a trial, None if there is none
        self._n_left = 0      # steps until the next trial

    def steps(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches, whose steps are timed and have the threads that are chosen."""
        if self.most == 1:
            yield from batches
            return
        for batch in batches:
            torch.set_num_threads(self.n_threads)
            start = time.perf_counter()
            yield batch
            self.learn(time.perf_counter() - start)

    def learn(self, seconds: float) -> None:
        """Take note of the time of a step, and choose the number of threads of the next."""
        if self._trial is not None:
            self._go_on_with_trial(seconds)
            return
        self._recent += _SHARE_OF_LAST * (seconds - self._recent)
        self._n_left -= 1
        if self.n_threads > 1 and self._recent > self._single:
            self._choose(1, self._recent)
        elif not self._n_left:
            self._interval = _FIRST if self.n_threads > 1 else self._interval
            self._trial, self.n_threads = [], 1

    def _go_on_with_trial(self, seconds):
        """One thread comes first, then all."""
        self._trial.append(seconds)
        counted = self._trial[1:]
        is_over = len(counted) == _STEPS_OF_TRIAL - 1
        if self.n_threads == 1:
            if is_over:
                self._single, self._trial, self.n_threads = _mean(counted), [], self.most
        elif seconds > _TOO_SLOW * self._single:
            self._choose(1, self._single)
        elif is_over and _mean(counted) < self._single:
            self._choose(self.most, _mean(counted))
        elif is_over:
            self._choose(1, self._single)

    def _choose(self, n_threads, seconds):
        """Choose until the next trial, which comes the later the more often all threads lost."""
        if n_threads == 1:
            self._n_left = self._interval
            self._interval = min(_GROWTH * self._interval, _LONGEST)
        else:
            self._n_left = _LONGEST
        self.n_threads, self._recent, self._trial = n_threads, seconds, None


def _mean(values):
    return sum(values) / len(values)
