"""Optimisers in which learning rate and weight decay may differ by member.

Updates are element by element, so members do not influence each other.  Neighbouring members
with the same settings form one parameter group.  Torch's fused kernels update the group's
slices of all parameters in a single pass over memory.  Torch's own optimisers sort tensors by
device and type before they call these kernels.  That costs a small network more than the
update, so it is left out here.
"""

import inspect
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor


class StackedOptimizer(torch.optim.Optimizer):
    """Base class, with one parameter group per run of members with equal settings.

    Parameters
    ----------
    params : iterable of Parameter
        Parameters (m, ...) of a stack.
    lr, weight_decay : float or sequence of m floats
        Learning rate and weight decay, one for all members or one for each.
    """

    slots: tuple[str, ...]  # the momentum first

    def __init__(self, params: Iterable[Tensor], lr: float | Sequence[float],
                 weight_decay: float | Sequence[float] = 0.0, **settings):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, **settings})
        (group,) = self.param_groups
        n_members = len(group["params"][0])
        # of the type and on the device that torch's fused kernels read it from
        group["step"] = torch.zeros((), dtype=torch.float32, device=group["params"][0].device)
        self._group(group, list(zip(_per_member(lr, n_members),
                                    _per_member(weight_decay, n_members))))
        for parameter in group["params"]:
            self.state[parameter] = {slot: torch.zeros_like(parameter) for slot in self.slots}

    def _group(self, group, pairs):
        """Make one group per run of members with equal learning rate and weight decay."""
        starts = [i for i, pair in enumerate(pairs) if i == 0 or pair != pairs[i - 1]]
        self.param_groups = [
            {**group, "lr": pairs[start][0], "initial_lr": pairs[start][0], "factor": 1.0,
             "weight_decay": pairs[start][1], "members": (start, stop),
             "step": group["step"].clone()}
            for start, stop in zip(starts, [*starts[1:], len(pairs)])
        ]

    def keep_members(self, members: Tensor) -> None:
        """Keep only the members at these indices, in this order, as the network did."""
        pairs = [(group["initial_lr"], group["weight_decay"]) for group in self.param_groups
                 for _ in range(*group["members"])]
        for slots in self.state.values():
            for slot in self.slots:
                slots[slot] = slots[slot][members]
        self._group(self.param_groups[0], [pairs[member] for member in members.tolist()])

    def add_param_group(self, param_group: dict) -> None:
        """As torch's method, without its decorator, whose import of a compiler takes a second."""
        inspect.unwrap(super().add_param_group)(self, param_group)

    def scale_learning_rate(self, factor: float) -> None:
        """Set every learning rate to its initial value times this factor.

        An unchanged factor leaves the learning rates as they are, so that a scheduler of torch
        may set them.
        """
        for group in self.param_groups:
            if factor != group["factor"]:
                group.update(lr=group["initial_lr"] * factor, factor=factor)

    def set_learning_rate(self, lr: float) -> None:
        """Replace the initial learning rates of all members by this one."""
        for group in self.param_groups:
            group.update(lr=lr, initial_lr=lr, factor=1.0)

    def restart(self) -> None:
        """Forget all gradients so far, before training with another loss."""
        for slots in self.state.values():
            for slot in self.slots:
                slots[slot].zero_()
        for group in self.param_groups:
            group["step"].zero_()

    def clear_momentum(self) -> None:
        """Forget the direction of the last steps, but not the size of the gradients."""
        for slots in self.state.values():
            slots[self.slots[0]].zero_()

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
            # as with torch's optimisers, a parameter without a gradient stays as it is
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

    # keeps torch from wrapping step for its profiler: for a small network the wrapper costs
    # twice the update
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
    """Adam with weight decay added to the gradient, as :class:`torch.optim.Adam`."""

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
    """Adam with decoupled weight decay, as :class:`torch.optim.AdamW`."""

    _kernel = staticmethod(torch._fused_adamw_)


SOLVERS = {"adam": StackedAdam, "adamw": StackedAdamW, "sgd": StackedSGD}


def _per_member(value, n_members):
    """A list with one number per member."""
    if isinstance(value, (int, float)):
        return [float(value)] * n_members
    values = [float(number) for number in value]
    if len(values) != n_members:
        raise ValueError(f"learning rate and weight decay must be one number, or {n_members} "
                         f"numbers, one per member, got {len(values)}")
    return values
