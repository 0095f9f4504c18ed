"""GARRegressor with other rules for its training: the curve of error against time."""

from typing import Any

VARIANTS: dict[str, dict[str, Any]] = {
    # the defaults at the time when this comparison was begun
    "batch_128_epochs_20": {"batch_size": 128, "max_iter": 20, "learning_rate": 0.003,
                            "n_estimators": 4},
    "batch_512_epochs_8": {"batch_size": 512, "max_iter": 8, "learning_rate": 0.006,
                           "n_estimators": 4},
    "batch_512_epochs_8_networks_2": {"batch_size": 512, "max_iter": 8, "learning_rate": 0.006,
                                      "n_estimators": 2},
    "batch_512_epochs_20": {"batch_size": 512, "max_iter": 20, "learning_rate": 0.006,
                            "n_estimators": 4},
    "batch_1024_epochs_8_networks_2": {"batch_size": 1024, "max_iter": 8, "learning_rate": 0.008,
                                       "n_estimators": 2},
}
"""Parameters by the name of the variant, which is also the name of its files."""
