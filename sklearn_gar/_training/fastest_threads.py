"""The number of threads that is fastest at the moment."""

import statistics
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import torch

# Steps with each number of threads in a trial, of which the median counts.
_STEPS_OF_TRIAL = 6
# Steps from one trial to the next: after the first that all threads lost, how many times as many
# after every further one, and at most.
_FIRST, _GROWTH, _LONGEST = 32, 4, 2048
# All threads lose if so many of the last steps took longer than one with a single thread.
_SLOW, _LAST = 4, 8
# A trial ends early if two steps took so many times as long as one with a single thread.
_FAR_TOO_SLOW = 2.0


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
        self._n_left = 0      # steps until the next trial
        self._trial = []      # seconds of the steps of a trial; None if there is none
        self._single = None   # seconds of a step with one thread
        self._is_slow = deque(maxlen=_LAST)  # of each of the last steps with all threads

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
        self._n_left -= 1
        self._is_slow.append(self.n_threads > 1 and seconds > self._single)
        if sum(self._is_slow) == _SLOW:
            self._choose(1)
        elif not self._n_left:
            self._interval = _FIRST if self.n_threads > 1 else self._interval
            self._trial, self.n_threads = [], 1

    def _go_on_with_trial(self, seconds):
        """One thread comes first, then all."""
        self._trial.append(seconds)
        is_over = len(self._trial) == _STEPS_OF_TRIAL
        median = statistics.median(self._trial)
        if self.n_threads == 1:
            if is_over:
                self._single, self._trial, self.n_threads = median, [], self.most
        elif sum(one > _FAR_TOO_SLOW * self._single for one in self._trial) == 2:
            self._choose(1)
        elif is_over:
            self._choose(self.most if median < self._single else 1)

    def _choose(self, n_threads):
        """Choose until the next trial, which comes the later the more often all threads lost."""
        if n_threads == 1:
            self._n_left = self._interval
            self._interval = min(_GROWTH * self._interval, _LONGEST)
        else:
            self._n_left = _LONGEST
        self.n_threads, self._trial = n_threads, None
        self._is_slow.clear()
