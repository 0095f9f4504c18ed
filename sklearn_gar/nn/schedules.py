"""How the learning rate falls in the course of training."""

import math

SCHEDULES = {
    "constant": lambda progress: 1.0,
    "cosine": lambda progress: (1 + math.cos(math.pi * progress)) / 2,
    # the paper's: a tenth after half of the epochs and again after three quarters
    "step": lambda progress: 0.1 ** ((progress >= 0.5) + (progress >= 0.75)),
}


def learning_rate_factor(schedule: str, progress: float) -> float:
    """Factor of the learning rate when this share of the training, in [0, 1), is done.

    Examples
    --------
    >>> from sklearn_gar.nn import learning_rate_factor
    >>> learning_rate_factor("cosine", 0.5)
    0.5
    """
    return SCHEDULES[schedule](progress)
