"""How far a training has come."""

import time

# Share of the time after which the speed is known; the first steps are slow.
_SHARE_TO_MEASURE = 0.1


class Progress:
    """Share of a training that is done: by its steps or, with a limit of time, by the clock.

    The learning rate follows this share.  So a training that is cut short settles all the same.
    The clock counts after a tenth of the time, if fewer than a tenth of the steps are done then,
    or later if the steps fall behind.

    Parameters
    ----------
    n_steps : int
        Number of steps that are planned.
    seconds : float or None
        Limit of time, from now on; None: no limit.

    Attributes
    ----------
    n_done : int
        Number of steps so far.
    """

    def __init__(self, n_steps: int, seconds: float | None = None):
        self.n_steps = n_steps
        self.n_done = 0
        self._seconds = seconds
        self._start = time.monotonic()

    @property
    def share(self) -> float:
        """A number from 0 to 1; 0 before the first step, however late it is."""
        if not self.n_done:
            return 0.0
        by_steps = self.n_done / self.n_steps
        by_time = 0.0 if self._seconds is None else self._share_of_time()
        return by_steps if by_time < _SHARE_TO_MEASURE else max(by_steps, by_time)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the limit of time is reached."""
        return self._seconds is not None and self._share_of_time() == 1

    def _share_of_time(self):
        elapsed = time.monotonic() - self._start
        return 1.0 if elapsed >= self._seconds else elapsed / self._seconds
