"""The context of every fit: torch's default modes, and the old state restored on failure."""

from collections.abc import Iterator
from contextlib import contextmanager

from sklearn_gar._training import default_modes


@contextmanager
def guarded_fit(estimator) -> Iterator[None]:
    """Use torch's default modes, and restore the estimator's state if the fit fails."""
    before = dict(vars(estimator))
    try:
        with default_modes():
            yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
