"""What "auto" stands for: the settings that follow the table."""

import math
from numbers import Integral

# steps that training takes to settle, within limits on the epochs
_STEPS, _LEAST_EPOCHS, _MOST_EPOCHS = 1500, 20, 400


def batch_size(estimator):
    """Rows in a batch."""
    return 128 if estimator.batch_size == "auto" else estimator.batch_size


def max_iter(estimator, n_steps):
    """Number of epochs of so many steps."""
    if estimator.max_iter != "auto":
        return estimator.max_iter
    return min(_MOST_EPOCHS, max(_LEAST_EPOCHS, round(_STEPS / n_steps)))


def n_held_out_rows(estimator, n_rows):
    """Number of rows that each network holds out to stop early by."""
    n_held_out = math.ceil(estimator.validation_fraction * n_rows)
    enough = min(n_held_out, n_rows - n_held_out) >= 2
    if estimator.early_stopping is True and not enough:
        raise ValueError(
            f"early_stopping needs at least 2 rows on either side, got n_samples={n_rows} and "
            f"validation_fraction={estimator.validation_fraction}: {n_held_out} rows to "
            "validate on")
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
