"""GARRegressor with one parameter changed, to see what the default is worth."""

from typing import Any

from benchmarks.peers.contenders import GAR, Contender, gar_contender
from sklearn_gar.losses import HuberLoss

SQUARED_ERROR = "squared_error"
ALPHAS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, float("inf"))
DELTAS = (0.5, 1.0)

LOSSES: dict[str, dict[str, Any]] = {
    **{f"gar_alpha_{alpha:g}": {"loss": "gar", "alpha": alpha} for alpha in ALPHAS},
    SQUARED_ERROR: {"loss": "squared_error"},
    "absolute_error": {"loss": "absolute_error"},
    **{f"huber_{delta:g}": {"loss": HuberLoss(delta)} for delta in DELTAS},
}
"""Other losses, by name."""

INGREDIENTS: dict[str, dict[str, Any]] = {
    "no_embedding": {"embedding": None},
    "one_network": {"n_estimators": 1},
    "small_layers": {"hidden_layer_sizes": (16, 32, 16, 8)},
    "elu": {"activation": "elu"},
    "no_rows_held_out": {"early_stopping": False},
    "constant_learning_rate": {"lr_schedule": "constant"},
    "no_weight_decay": {"weight_decay": 0.0},
    "no_ridge": {"blend": None},
    "tails_as_they_are": {"scale_features": "standard"},
    "features_as_they_are": {"scale_features": False},
    "target_as_it_is": {"scale_target": False},
}
"""One ingredient taken away, by name; a new ingredient is a line here."""

VARIANTS: dict[str, Contender] = {GAR: gar_contender(GAR)} | {
    name: gar_contender(name, **parameters) for name, parameters in (LOSSES | INGREDIENTS).items()}
"""All variants by name, the defaults first."""
