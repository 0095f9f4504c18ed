"""Schedules of the learning rate."""

import math

SCHEDULES = {
    "constant": lambda progress: 1.0,
    "cosine": lambda progress: (1 + math.cos(math.pi * progress)) / 2,
    # of the paper: a tenth after half of the epochs, and a tenth of that after three quarters
    "step": lambda progress: 0.1 ** ((progress >= 0.5) + (progress >= 0.75)),
}


def learning_rate_factor(schedule: str, progress: float) -> float:
    """Factor of the learning rate at this progress of the training, a number in [0, 1).

    Examples
    --------
    >>> from sklearn_gar.nn import learning_rate_factor
    >>> learning_rate_factor("cosine", 0.5)
    0.5
    """
    return SCHEDULES[schedule](progress)
