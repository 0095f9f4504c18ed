"""A trained net as plain data, and back.

Weights are arrays, so a file that a machine with a GPU wrote is read anywhere.  Of the optimiser
there is what `partial_fit` goes on with, and of the history the numbers of each epoch.
"""

import copy
from functools import partial

import numpy as np
import torch
from skorch.callbacks import EpochTimer, PrintLog
from skorch.history import History
from skorch.utils import get_map_location

from sklearn_gar._export.plain import from_plain, to_plain
from sklearn_gar._training import BestEpoch, StackNet, default_modes, suited_arithmetic
from sklearn_gar._training.callbacks import Divergence
from sklearn_gar.losses import PlainLoss
from sklearn_gar.losses.protocol import Criterion
from sklearn_gar.nn import SOLVERS, StackedMLP, learning_rate_factor

_SETTINGS = ("lr", "max_epochs", "batch_size", "verbose", "seeds", "largest_prediction")
_OWN_CALLBACKS = {kind.__name__: kind for kind in (BestEpoch, Divergence, EpochTimer, PrintLog)}


def net_to_plain(net: StackNet) -> dict:
    """What there is to know of a net."""
    module = {name: value for name, value in vars(net).items() if name.startswith("module__")}
    module["module__dtype"] = str(module["module__dtype"]).removeprefix("torch.")
    return {
        "settings": {name: getattr(net, name) for name in _SETTINGS},
        "module": module,
        "weights": _arrays(net.module_.parameters()),
        "schedule": net.learning_rate_factor.args[0],
        "device": str(net.device),
        "criterion": _criterion_to_plain(net.criterion_),
        "optimizer": _optimizer_to_plain(net),
        "callbacks": [(name, _callback_to_plain(one)) for name, one in net.callbacks_],
        "given_callbacks": [_callback_to_plain(one) for one in net.callbacks],
        "history": _history_to_plain(net.history),
        "n_epochs_before": net.n_epochs_before,
        "is_resumed": net.is_resumed,
    }


def net_from_plain(state: dict) -> StackNet:
    """The net of a plain state, on the device where it was if there is one, or on the CPU."""
    dtype = getattr(torch, state["module"]["module__dtype"])
    optimizer = state["optimizer"]
    with default_modes(), suited_arithmetic(0):  # threads would wait for busy cores
        net = StackNet(
            module=StackedMLP, **{**state["module"], "module__dtype": dtype},
            criterion=_criterion_from_plain(state["criterion"]),
            optimizer=SOLVERS[optimizer["solver"]], **optimizer["settings"],
            learning_rate_factor=partial(learning_rate_factor, state["schedule"]),
            device=str(get_map_location(state["device"])), callbacks=[],
            **state["settings"],
        ).initialize()
        _copy(state["weights"], net.module_.parameters())
        _restore_optimizer(net.optimizer_, optimizer)
    net.callbacks = [_callback_from_plain(one) for one in state["given_callbacks"]]
    net.callbacks_ = [(name, _callback_from_plain(one)) for name, one in state["callbacks"]]
    net.history_ = _history_from_plain(state["history"])
    net.n_epochs_before, net.is_resumed = state["n_epochs_before"], state["is_resumed"]
    net.batches_ = net.threads_ = net.converged_ = None
    net.interrupted_ = False
    return net


def _arrays(tensors):
    return [tensor.numpy(force=True).copy() for tensor in tensors]


@torch.no_grad()
def _copy(arrays, tensors):
    for array, tensor in zip(arrays, tensors, strict=True):
        tensor.copy_(torch.from_numpy(np.require(array, requirements="W")))


def _optimizer_to_plain(net):
    """Groups of members, and the averages of the optimiser.

    After a fit, `partial_fit` clears the direction of the last steps, so it is not kept.
    """
    optimizer = net.optimizer_
    groups = [{name: float(value) if name == "step" else value
               for name, value in group.items() if name != "params"}
              for group in optimizer.param_groups]
    parameters = optimizer.param_groups[0]["params"]
    slots = optimizer.slots if net.is_resumed else optimizer.slots[1:]
    return {
        "solver": next(name for name, kind in SOLVERS.items() if type(optimizer) is kind),
        "settings": {name: value for name, value in vars(net).items()
                     if name.startswith("optimizer__")},
        "groups": groups,
        "slots": {slot: _arrays(optimizer.state[one][slot] for one in parameters)
                  for slot in slots},
    }


def _restore_optimizer(optimizer, state):
    for group, saved in zip(optimizer.param_groups, state["groups"], strict=True):
        group["step"].fill_(saved["step"])
        group.update({name: value for name, value in saved.items() if name != "step"})
    parameters = optimizer.param_groups[0]["params"]
    for slot, arrays in state["slots"].items():
        _copy(arrays, [optimizer.state[one][slot] for one in parameters])


def _criterion_to_plain(criterion):
    loss = criterion.loss
    is_wrapped = type(loss) is PlainLoss
    loss = copy.deepcopy(loss.criterion if is_wrapped else loss)
    if isinstance(loss, torch.nn.Module):
        loss = loss.cpu()
    return {"loss": to_plain(loss), "is_wrapped": is_wrapped, "n_members": criterion.n_members}


def _criterion_from_plain(state):
    loss = from_plain(state["loss"])
    return Criterion(PlainLoss(loss) if state["is_wrapped"] else loss, state["n_members"])


def _callback_to_plain(callback):
    """Name and parameters of a callback that every net may have; any other as it is."""
    name, callback = callback if isinstance(callback, tuple) else (None, callback)
    kind = type(callback).__name__
    if _OWN_CALLBACKS.get(kind) is not type(callback):
        return callback if name is None else (name, callback)
    default = type(callback)().get_params(deep=False)
    changed = {parameter: value for parameter, value in callback.get_params(deep=False).items()
               if value != default[parameter]}
    return {"name": name, "kind": kind, "parameters": changed}


def _callback_from_plain(state):
    if not isinstance(state, dict):
        return state
    callback = _OWN_CALLBACKS[state["kind"]](**state["parameters"]).initialize()
    return callback if state["name"] is None else (state["name"], callback)


def _history_to_plain(history):
    """The numbers of each epoch by name, and which epochs have them; not those of batches."""
    columns = {}
    for name in {name: None for epoch in history for name in epoch}:
        epochs = [number for number, epoch in enumerate(history) if name in epoch]
        try:
            values = np.array([history[epoch][name] for epoch in epochs])
        except ValueError:  # lists of different lengths
            continue
        if values.dtype.kind in "bif" and values.size:
            columns[name] = {"epochs": np.array(epochs), "values": values}
    return {"n_epochs": len(history), "columns": columns}


def _history_from_plain(state):
    history = History()
    for _ in range(state["n_epochs"]):
        history.new_epoch()
    for name, column in state["columns"].items():
        for epoch, value in zip(column["epochs"].tolist(), column["values"].tolist()):
            history[epoch][name] = value
    return history
