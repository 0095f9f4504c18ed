"""The processes of a group, and what they tell each other.

Each process holds a part of a batch.  Every process must take part in every exchange: one that
stays away lets the others wait until the timeout of the group.  So a process that finds an error
in its own part announces it to the others before it raises, and all of them stop at once.
"""

from contextlib import suppress

import torch

Group = torch.distributed.ProcessGroup | str | None

WORLD = "world"  # stands for all processes of torch.distributed, at the time of the call

# the announcement of a part is of one size, so predictions may have at most so many dimensions
MOST_DIMENSIONS = 8
_VALID, _FAILED = 0, 1


def check_group(group):
    """The group, if it is one."""
    is_world = isinstance(group, str) and group == WORLD
    if group is None or is_world or isinstance(group, torch.distributed.ProcessGroup):
        return group
    raise TypeError(
        "group must be a torch.distributed.ProcessGroup that this process belongs to, "
        f'"{WORLD}" or None, got {group!r}; pass "{WORLD}" for all processes, or None for '
        "this process alone")


def find_group(group):
    """The process group that `group` stands for, or None."""
    if group is None:
        return None
    check_group(group)
    if not torch.distributed.is_available():
        raise RuntimeError(f"group={group!r} needs torch.distributed, which this build of torch "
                           "does not have; install a build that has it, or pass group=None")
    if not torch.distributed.is_initialized():
        raise RuntimeError(f"group={group!r} needs torch.distributed to be initialized, got "
                           "none; call torch.distributed.init_process_group() first")
    if isinstance(group, str):
        return torch.distributed.group.WORLD
    if not _is_registered(group):
        raise RuntimeError("group must be a group of the present torch.distributed, got one that "
                           "was destroyed; make another by torch.distributed.new_group()")
    return group


def _is_registered(group):
    try:
        return torch.distributed.get_rank(group) >= 0
    except ValueError:
        return False


def announce_error(input, group):
    """Tell the group, if any, that the part of this process is invalid; the caller then raises."""
    if group is not None:
        with suppress(RuntimeError):  # the error of this process is the one to raise
            _announce(group, input, _FAILED)


def announce_part(input, group):
    """Number of rows of the whole batch, given the predictions (..., n, k) of this process.

    It raises the same error on all processes if their parts do not fit together.
    """
    headers = _announce(group, input, _VALID, input.dtype.itemsize, input.ndim, *input.shape)
    failed = [rank for rank, (status, *_) in enumerate(headers) if status == _FAILED]
    if failed:
        raise RuntimeError("all processes of the group must have a valid part of the batch, got "
                           f"an error on the process of rank {failed[0]}; see its message")
    kinds = [_kind(*header) for header in headers]
    for rank, kind in enumerate(kinds):
        if kind != kinds[0]:
            raise ValueError("input must have the same members, targets and precision on all "
                             f"processes of the group, got {_text(*kinds[0])} on the process of "
                             f"rank 0 and {_text(*kind)} on that of rank {rank}")
    n_rows = sum(dimensions[n_dimensions - 2] for _, _, n_dimensions, *dimensions in headers)
    if not n_rows:
        raise ValueError("input must have at least one row on one process of the group, got none")
    return n_rows


def all_gather(numbers, group):
    """The numbers of all processes, stacked in the order of their ranks, in main memory."""
    device = numbers.device
    if torch.distributed.get_backend(group) in ("gloo", "mpi"):  # they talk from main memory
        device = torch.device("cpu")
    numbers = numbers.to(device)
    gathered = [torch.empty_like(numbers) for _ in range(torch.distributed.get_world_size(group))]
    try:
        torch.distributed.all_gather(gathered, numbers, group=group)
    except RuntimeError as error:
        raise RuntimeError(
            "all processes of the group must call the loss equally often, within the timeout of "
            f"the group, got the error: {error}") from error
    return torch.stack(gathered).cpu()


def _announce(group, input, status, itemsize=0, n_dimensions=0, *dimensions):
    """The announcements of all processes; those with a status of failure hold no more."""
    padding = [0] * (MOST_DIMENSIONS - len(dimensions))
    header = [status, itemsize, n_dimensions, *dimensions, *padding]
    device = input.device if isinstance(input, torch.Tensor) else None
    return all_gather(torch.tensor(header, device=device), group).tolist()


def _kind(status, itemsize, n_dimensions, *dimensions):
    """What all parts must agree in: members, number of targets, and bytes of a number."""
    *members, _, n_targets = dimensions[:n_dimensions]
    return tuple(members), n_targets, itemsize


def _text(members, n_targets, itemsize):
    return f"{(*members, 'n', n_targets)} in {8 * itemsize} bits".replace("'", "")
