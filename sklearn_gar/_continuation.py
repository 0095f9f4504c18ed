"""What `partial_fit` and a warm start go on with must be what it was."""

_SCALING = ("scale_features", "scale_target")
# parameters of the network, the loss and the optimiser, which last as long as the net
_BUILT_WITH = ("hidden_layer_sizes", "activation", "embedding", "n_estimators", "loss", "alpha",
               "solver", "weight_decay", "momentum", *_SCALING, "device")


def training_of(estimator) -> dict[str, str]:
    """The parameters that a net is built with, in words."""
    return {name: repr(getattr(estimator, name)) for name in _BUILT_WITH}


def check_same_targets(estimator, y) -> None:
    """Raise if there are other targets than before."""
    n_outputs = 1 if y.ndim == 1 else y.shape[1]
    if n_outputs != estimator.n_outputs_ or y.ndim != estimator._y_ndim:
        raise ValueError(f"y must have the shape of the targets before, {estimator.n_outputs_} "
                         f"target(s), got shape {y.shape}")


def check_same_scaling(estimator) -> None:
    """Raise if a warm start is asked to scale otherwise."""
    if changed := _changed(estimator, _SCALING):
        raise ValueError("warm_start goes on with the scaling of the last fit, so its parameters "
                         f"must not change, got other {changed}; set warm_start=False to start "
                         "anew")


def check_same_training(estimator) -> None:
    """Raise if `partial_fit` is asked to train otherwise."""
    if changed := _changed(estimator, _BUILT_WITH):
        raise ValueError(
            "partial_fit goes on with the network and the optimiser of the call before, so "
            f"their parameters must not change, got other {changed}; call fit to start anew")


def _changed(estimator, names):
    now = training_of(estimator)
    return ", ".join(name for name in names if now[name] != estimator._trained_with[name])
