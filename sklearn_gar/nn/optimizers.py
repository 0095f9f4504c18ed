"""Optimisers in which learning rate and weight decay may differ by member.

Updates are element by element, so members never touch each other.  Members next to
each other with the same settings form one parameter group, whose slices of all
parameters torch's fused kernel updates in a single pass over memory.  The kernels are
called as torch's own optimisers call them, without the sorting of tensors by device
and type before, which costs a small network more than the update.
"""

import inspect
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor


class StackedOptimizer(torch.optim.Optimizer):
    """Base: one group a run of members with equal settings, and slices of its tensors.

    Parameters
    ----------
    params : iterable of Parameter
        Parameters (m, ...) of a stack.
    lr, weight_decay : float or sequence of m floats
        Learning rate and weight decay, of all members or of each.
    """

    slots: tuple[str, ...]

    def __init__(self, params: Iterable[Tensor], lr: float | Sequence[float],
                 weight_decay: float | Sequence[float] = 0.0, **settings):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, **settings})
        (group,) = self.param_groups
        n_members = len(group["params"][0])
        # of the type and on the device that torch's fused kernels read it from
        group["step"] = torch.zeros((), dtype=torch.float32, device=group["params"][0].device)
        self._group(group, list(zip(_each(lr, n_members), _each(weight_decay, n_members))))
        for parameter in group["params"]:
            self.state[parameter] = {slot: torch.zeros_like(parameter) for slot in self.slots}

    def _group(self, group, each):
        """One group a run of equal pairs of learning rate and weight decay."""
        starts = [i for i, pair in enumerate(each) if i == 0 or pair != each[i - 1]]
        self.param_groups = [
            {**group, "lr": each[start][0], "initial_lr": each[start][0], "factor": 1.0,
             "weight_decay": each[start][1], "members": (start, stop),
             "step": group["step"].clone()}
            for start, stop in zip(starts, [*starts[1:], len(each)])
        ]

    def keep_members(self, members: Tensor) -> None:
        """Let all members go but those of the index, as the network did."""
        each = [(group["initial_lr"], group["weight_decay"]) for group in self.param_groups
                for _ in range(*group["members"])]
        for slots in self.state.values():
            for slot in self.slots:
                slots[slot] = slots[slot][members]
        self._group(self.param_groups[0], [each[member] for member in members.tolist()])

    def add_param_group(self, param_group: dict) -> None:
        """As torch's, without its decorator, which imports torch's compiler for a second."""
        inspect.unwrap(super().add_param_group)(self, param_group)

    def scale_learning_rate(self, factor: float) -> None:
        """Set every learning rate to this part of its first value.

        A factor as before changes nothing, so that a scheduler of torch may act instead.
        """
        for group in self.param_groups:
            if factor != group["factor"]:
                group.update(lr=group["initial_lr"] * factor, factor=factor)

    def set_learning_rate(self, lr: float) -> None:
        """A first learning rate for all members in place of theirs."""
        for group in self.param_groups:
            group.update(lr=lr, initial_lr=lr, factor=1.0)

    def restart(self) -> None:
        """Forget the gradients so far, for those to come are of another loss."""
        for slots in self.state.values():
            for slot in self.slots:
                slots[slot].zero_()
        for group in self.param_groups:
            group["step"].zero_()

    def zero_grad(self, set_to_none: bool = True) -> None:
        for parameter in self.param_groups[0]["params"]:
            parameter.grad = None

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            # as with torch's optimisers, what has no gradient stays as it is
            parameters = [parameter for parameter in group["params"]
                          if parameter.grad is not None]
            members = slice(*group["members"])
            columns = [parameters, [parameter.grad for parameter in parameters]]
            columns += [[self.state[parameter][slot] for parameter in parameters]
                        for slot in self.slots]
            if len(self.param_groups) > 1:
                columns = [[tensor[members] for tensor in column] for column in columns]
            self._update(group, *columns)
        return loss

    # torch would wrap it for its profiler, which costs a small network twice the update
    step.hooked = True

    def _update(self, group, parameters, grads, *slots):
        raise NotImplementedError


class StackedSGD(StackedOptimizer):
    """Stochastic gradient descent with momentum, as :class:`torch.optim.SGD`."""

    slots = ("momentum_buffer",)

    def __init__(self, params, lr, momentum: float = 0.9, weight_decay=0.0):
        super().__init__(params, lr, weight_decay, momentum=momentum)

    def _update(self, group, parameters, grads, buffers):
        torch._fused_sgd_(
            parameters, grads, buffers if group["momentum"] else [], lr=group["lr"],
            momentum=group["momentum"], weight_decay=group["weight_decay"], dampening=0.0,
            nesterov=False, maximize=False, is_first_step=False)


class StackedAdam(StackedOptimizer):
    """Adam, the weight decay added to the gradient, as :class:`torch.optim.Adam`."""

    slots = ("exp_avg", "exp_avg_sq")
    _kernel = staticmethod(torch._fused_adam_)

    def __init__(self, params, lr, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay=0.0):
        super().__init__(params, lr, weight_decay, betas=betas, eps=eps)

    def _update(self, group, parameters, grads, averages, squares):
        beta1, beta2 = group["betas"]
        group["step"] += 1
        self._kernel(
            parameters, grads, averages, squares, [], [group["step"]] * len(grads),
            lr=group["lr"], beta1=beta1, beta2=beta2, eps=group["eps"],
            weight_decay=group["weight_decay"], amsgrad=False, maximize=False)


class StackedAdamW(StackedAdam):
    """Adam, the weight decay apart from the gradient, as :class:`torch.optim.AdamW`."""

    _kernel = staticmethod(torch._fused_adamw_)


SOLVERS = {"adam": StackedAdam, "adamw": StackedAdamW, "sgd": StackedSGD}


def _each(value, n_members):
    """One number a member."""
    if isinstance(value, (int, float)):
        return [float(value)] * n_members
    values = [float(one) for one in value]
    if len(values) != n_members:
        raise ValueError(f"settings must be one number or {n_members}, one a member, "
                         f"got {len(values)}")
    return values
