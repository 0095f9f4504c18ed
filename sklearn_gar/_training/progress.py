"""How far a training has come."""

import time


class Progress:
    """Share of a training that is done: by its steps or, with a limit of time, by the clock.

    The learning rate follows this share.  So a training that is cut short settles all the same.
    If the time is enough for all steps, the clock decides nothing.

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
        return by_steps if self._seconds is None else max(by_steps, self._share_of_time())

    @property
    def is_out_of_time(self) -> bool:
        """Whether the limit of time is reached."""
        return self._seconds is not None and self._share_of_time() == 1

    def _share_of_time(self):
        elapsed = time.monotonic() - self._start
        return 1.0 if elapsed >= self._seconds else elapsed / self._seconds
