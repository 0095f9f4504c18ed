"""Rows in tensors, and the batches that the members of a stack draw from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from skorch.dataset import Dataset
from torch import Tensor

Batch = tuple[Tensor, Tensor, Tensor | None]


@dataclass
class Table(Dataset):
    """Features (n, d), targets (n, k) and weights (n,), and which rows a member reads.

    Member i reads the `n_rows[i]` rows from `starts[i]` on, so problems that differ, the
    folds of a search say, lie one after another in the same tensors.  `validation` is the
    table that scores the epochs.
    """

    X: Tensor
    y: Tensor
    weight: Tensor | None = None
    starts: Sequence[int] = (0,)
    n_rows: Sequence[int] = field(default=None)
    validation: "Table | None" = None

    def __post_init__(self):
        if self.n_rows is None:
            self.n_rows = (len(self.X),) * len(self.starts)

    def __len__(self) -> int:
        return len(self.X)

    def whole(self) -> Batch:
        """All rows of every member as one batch, which asks for equal numbers of rows."""
        if len(set(self.starts)) == 1:
            rows = slice(self.starts[0], self.starts[0] + self.n_rows[0])
            return self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows]
        starts = torch.tensor(self.starts)[:, None]
        return self.take(starts + torch.arange(self.n_rows[0]))

    def keep_members(self, members: Tensor) -> None:
        """Let all members go but those of the index."""
        self.starts = [self.starts[member] for member in members]
        self.n_rows = [self.n_rows[member] for member in members]
        if self.validation is not None:
            self.validation.keep_members(members)

    def take(self, index: Tensor) -> Batch:
        """The rows of an index (m, b); a single member's come without the dimension m."""
        shape, flat = index.shape if len(index) > 1 else index.shape[1:], index.flatten()
        X, y = (tensor.index_select(0, flat).view(*shape, -1) for tensor in (self.X, self.y))
        weight = None if self.weight is None else self.weight.index_select(0, flat).view(shape)
        return X, y, weight


class Batches:
    """One pass over the rows: every member's own shuffled order, cut into full batches.

    What is left after the last full batch sits out this pass and is drawn anew in the
    next.  A remainder would be a batch of its own with other moments, down to the single
    row that has none.  A table of at most one batch is passed whole and in order, so that
    there a weight of two is exactly a row given twice.
    """

    def __init__(self, table: Table, batch_size: int, seeds: Sequence[int]):
        if min(table.n_rows) <= batch_size and len(set(table.n_rows)) > 1:
            raise ValueError("members with a single batch must have equal numbers of rows, got "
                             f"{sorted(set(table.n_rows))} and batch_size={batch_size}")
        self.table = table
        self.batch_size = batch_size
        self.n_batches = max(1, min(table.n_rows) // batch_size)
        self.keys = list(zip(seeds, table.n_rows))
        self.generators = {key: torch.Generator().manual_seed(int(key[0])) for key in self.keys}

    def keep_members(self, members: Tensor) -> None:
        """Let all members go but those of the index."""
        self.keys = [self.keys[member] for member in members]
        self.table.keep_members(members)

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self) -> Iterator[Batch]:
        if max(self.table.n_rows) <= self.batch_size:
            yield self.table.whole()
            return
        n_drawn = self.n_batches * self.batch_size
        orders = {key: torch.randperm(key[1], generator=generator)[:n_drawn]
                  for key, generator in self.generators.items()}
        index = torch.empty(len(self.keys), n_drawn, dtype=torch.int64)
        for member, (key, start) in enumerate(zip(self.keys, self.table.starts)):
            torch.add(orders[key], start, out=index[member])
        for batch in index.to(self.table.X.device).split(self.batch_size, dim=1):
            yield self.table.take(batch)


class WholeTable:
    """The table as the one batch of a pass, for validation."""

    def __init__(self, table: Table):
        self.table = table

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Batch]:
        yield self.table.whole()
