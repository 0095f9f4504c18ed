"""A measurement: two sides, a goal for their ratio, and samples taken alternately."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Sample = Callable[[], float]


@dataclass(frozen=True)
class Goal:
    """What a ratio should be; `sense` is "<=" or ">="."""

    sense: str
    bound: float

    def is_met(self, ratio: float) -> bool:
        return ratio <= self.bound if self.sense == "<=" else ratio >= self.bound


@dataclass(frozen=True)
class Pair:
    """Two functions, each of which takes a sample of its side.

    `steps` are the numbers of training steps in a sample of each side, where they are counted.
    """

    numerator: Sample
    denominator: Sample
    steps: tuple[int, int] | None = None


@dataclass(frozen=True)
class Measurement:
    """One named ratio of medians.

    Parameters
    ----------
    name : str
        Its name on the command line and in results.
    goal : Goal
        What the ratio should be.
    numerator, denominator : str
        What the two sides do, in words.
    prepare : callable
        Takes the settings except "repetitions", and returns a :class:`Pair`.
    settings : dict
        Sizes of the work and "repetitions", as JSON can hold them.
    quick : dict
        Settings that are different in a smoke test.
    unit : str
        Unit of the samples.
    cost : float
        Seconds that it took on some machine, to estimate the time that is left of a run.
    warms_up : bool
        Whether each side runs once before it is timed.
    """

    name: str
    goal: Goal
    numerator: str
    denominator: str
    prepare: Callable[..., Pair]
    settings: dict[str, Any]
    quick: dict[str, Any]
    unit: str = "s"
    cost: float = 10.0
    warms_up: bool = True

    def settings_for(self, quick: bool) -> dict[str, Any]:
        """Settings of a full run or of a smoke test."""
        return {**self.settings, **self.quick} if quick else dict(self.settings)

    def measure(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Ratio, both sides and whether the goal is met."""
        work = dict(settings)
        repetitions = work.pop("repetitions")
        pair = self.prepare(**work)
        numerator, denominator = alternate(pair, repetitions, self.warms_up)
        if not (np.isfinite([numerator, denominator]).all() and (denominator > 0).all()):
            raise ValueError("samples must be finite and those of the denominator above 0, got "
                             f"{numerator.tolist()} and {denominator.tolist()}")
        ratio = float(np.median(numerator) / np.median(denominator))
        result = {
            "repetitions": repetitions,
            "numerator": {"what": self.numerator, **summary(numerator)},
            "denominator": {"what": self.denominator, **summary(denominator)},
            "ratio": ratio,
            "ratio_quartiles": np.quantile(numerator / denominator, (0.25, 0.75)).tolist(),
            "met": bool(self.goal.is_met(ratio)),
        }
        if pair.steps is not None:
            result["steps"] = list(pair.steps)
            result["ratio_per_step"] = ratio * pair.steps[1] / pair.steps[0]
        return result


def alternate(pair: Pair, repetitions: int, warms_up: bool) -> tuple[np.ndarray, np.ndarray]:
    """Samples of both sides, taken A B A B ..., so that a slow phase of the machine hits both."""
    if warms_up:
        pair.numerator()
        pair.denominator()
    gc.collect()
    samples = [(pair.numerator(), pair.denominator()) for _ in range(repetitions)]
    numerator, denominator = np.array(samples, dtype=float).T
    return numerator, denominator


def summary(samples: np.ndarray) -> dict[str, Any]:
    """Median and quartiles."""
    lower, median, upper = np.quantile(samples, (0.25, 0.5, 0.75)).tolist()
    return {"median": median, "quartiles": [lower, upper]}


def timed(work: Callable[[], Any], n_calls: int = 1, parts: int = 1) -> Sample:
    """A sample: the seconds of a call, divided by the parts that a call does."""
    def sample():
        start = time.perf_counter()
        for _ in range(n_calls):
            work()
        return (time.perf_counter() - start) / (n_calls * parts)
    return sample
