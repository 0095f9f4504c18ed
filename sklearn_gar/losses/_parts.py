"""Means of a batch whose rows are spread over the processes of a group.

Each process computes statistics of its own rows and hands them to all others.  Every process
then merges the same numbers in the same order, so all have the same value, to the last bit.  The
gradient needs no exchange: given the statistics of the batch, that of a row follows from the row.
"""

import torch

from sklearn_gar.losses._group import all_gather, announce_part


class Part:
    """The rows of a batch that this process holds.

    Parameters
    ----------
    input : Tensor of shape (..., n, k)
        Predictions, of which n may be 0.
    weight : Tensor of shape (n,) or (..., n), or None
        Weights of the rows; None gives each row the weight 1.
    group : torch.distributed.ProcessGroup
        The processes that hold the batch.

    Attributes
    ----------
    n_rows : int
        Number of rows of the whole batch.
    rank : int
        The place of this process in what :meth:`gather` returns.
    weight : Tensor of shape (..., n)
        Weights that sum to one over the rows of this process, or zeros if all its weights are.
    """

    def __init__(self, input, weight, group):
        self.n_rows = announce_part(input, group)
        self.rank = torch.distributed.get_rank(group)
        self._group = group
        if weight is None:
            weight = input.new_ones(input.shape[-2])
        weight = weight.to(torch.promote_types(weight.dtype, input.dtype))
        weight = weight.expand(input.shape[:-1])
        # divided by the largest first, as in one process: sums of weights overflow or vanish
        self._largest = weight.amax(-1) if weight.shape[-1] else weight.sum(-1)
        weight = (weight / _above_zero(self._largest)[..., None]).to(input.dtype)
        self._total = weight.sum(-1)
        self.weight = weight / _above_zero(self._total)[..., None]

    def gather(self, statistics):
        """Shares (p, ...) of the p processes in the weight, and their statistics (p, ..., k, s).

        Given the statistics (..., k, s) of this process.  Both are in double precision.
        """
        members = self._total.shape
        numbers = torch.cat([
            each.flatten().double() for each in (self._largest, self._total, statistics)])
        sizes = [members.numel(), members.numel(), statistics.numel()]
        largest, total, gathered = all_gather(numbers, self._group).split(sizes, dim=1)
        largest_of_all = largest.amax(0)
        if not largest_of_all.all():
            raise ValueError("weight must have at least one number above zero for each member on "
                             "one process of the group, got only zeros")
        masses = largest / largest_of_all * total
        shares = masses / masses.sum(0)
        return shares.view(-1, *members), gathered.reshape(-1, *statistics.shape)


def mean_over_parts(errors, weight, group):
    """Mean over all rows of the batch, then over targets, of errors (..., n, k) of this process.

    The parts of the other processes are constants, so the gradient is that of the mean over the
    batch in the errors of this process.
    """
    part = Part(errors, weight, group)
    own = (errors * part.weight[..., None]).sum(-2)
    shares, means = part.gather(own.detach()[..., None])
    shares, means = shares.to(own.device), list(means[..., 0].to(own.device))
    means[part.rank] = own.double()
    return (shares[..., None] * torch.stack(means)).sum(0).mean(-1).to(errors.dtype)


def _above_zero(number):
    return torch.where(number > 0, number, 1)
