"""What "auto" stands for: the settings that the table or experience decides."""

import math
from numbers import Integral

# steps that training takes to settle, within limits on the epochs
_STEPS, _LEAST_EPOCHS, _MOST_EPOCHS = 1500, 20, 400

# rows that tell one epoch from another, within limits on their share of the table
_VALIDATION_ROWS, _LEAST_SHARE, _MOST_SHARE = 60, 0.05, 0.2


def batch_size(estimator):
    """Rows in a batch."""
    return 128 if estimator.batch_size == "auto" else int(estimator.batch_size)


def max_iter(estimator, n_steps):
    """Number of epochs of so many steps."""
    if estimator.max_iter != "auto":
        return estimator.max_iter
    return min(_MOST_EPOCHS, max(_LEAST_EPOCHS, round(_STEPS / n_steps)))


def validation_fraction(estimator, n_rows):
    """Share of the rows that each network holds out."""
    if estimator.validation_fraction != "auto":
        return estimator.validation_fraction
    return min(_MOST_SHARE, max(_LEAST_SHARE, _VALIDATION_ROWS / n_rows))


def n_held_out_rows(estimator, n_rows):
    """Number of rows that each network holds out to stop early by."""
    n_held_out = math.ceil(validation_fraction(estimator, n_rows) * n_rows)
    enough = min(n_held_out, n_rows - n_held_out) >= 2
    if estimator.early_stopping is True and not enough:
        raise ValueError(
            "early_stopping needs at least 2 rows to train on and 2 to validate on, got "
            f"n_samples={n_rows}, equal rows and those without weight left out, and "
            f"validation_fraction={estimator.validation_fraction}, which holds out "
            f"{n_held_out}; change it, or leave early_stopping at 'auto'")
    return n_held_out if estimator.early_stopping and enough else 0


def hidden_layer_sizes(estimator):
    """Neurons of the hidden layers."""
    sizes = estimator.hidden_layer_sizes
    sizes = (sizes,) if isinstance(sizes, Integral) else tuple(sizes)
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise ValueError("hidden_layer_sizes must be whole numbers of at least 1, "
                             f"got {sizes}")
    return tuple(int(size) for size in sizes)
