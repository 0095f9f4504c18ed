"""GARRegressor with other rules for its training: the curve of error against time."""

from typing import Any

_LARGE, _SMALL = (128, 256, 128, 64), (128, 128, 128, 64)


def _rule(batch_size, max_iter, n_estimators, learning_rate, hidden_layer_sizes):
    return {"batch_size": batch_size, "max_iter": max_iter, "n_estimators": n_estimators,
            "learning_rate": learning_rate, "hidden_layer_sizes": hidden_layer_sizes}


VARIANTS: dict[str, dict[str, Any]] = {
    # the rule for small tables
    "batch_128_epochs_20_networks_4": _rule(128, 20, 4, 0.003, _LARGE),
    "batch_512_epochs_8_networks_4": _rule(512, 8, 4, 0.006, _LARGE),
    "batch_512_epochs_8_networks_2": _rule(512, 8, 2, 0.006, _LARGE),
    "batch_512_epochs_4_networks_2": _rule(512, 4, 2, 0.006, _LARGE),
    "small_layers_epochs_12": _rule(512, 12, 2, 0.006, _SMALL),
    "small_layers_epochs_8": _rule(512, 8, 2, 0.006, _SMALL),
    "small_layers_epochs_4": _rule(512, 4, 2, 0.006, _SMALL),
    "small_layers_epochs_2": _rule(512, 2, 2, 0.006, _SMALL),
}
"""Parameters by the name of the variant, which is also the name of its files."""
