"""Rows in tensors, and the batches that the members of a stack draw from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from skorch.dataset import Dataset
from torch import Tensor

Batch = tuple[Tensor, Tensor, Tensor | None]


@dataclass
class Table(Dataset):
    """Features (n, d), targets (n, k) and weights (n,), and which rows a member reads.

    `rows` holds an index of rows for each member, or None for all of them: the folds of a
    search, say, lie one after another in the same tensors.  `validation` is the table that
    scores the epochs.
    """

    X: Tensor
    y: Tensor
    weight: Tensor | None = None
    rows: Sequence[Tensor | None] = (None,)
    validation: "Table | None" = None

    def __len__(self) -> int:
        return len(self.X)

    @property
    def n_rows(self) -> list[int]:
        """Number of rows of each member."""
        return [len(self) if rows is None else len(rows) for rows in self.rows]

    def whole(self) -> Batch:
        """All rows of every member as one batch, which asks for equal numbers of rows."""
        return self.first(min(self.n_rows))

    def first(self, n_rows: int) -> Batch:
        """The first rows of every member."""
        if all(rows is None for rows in self.rows):
            return (self.X[:n_rows], self.y[:n_rows],
                    None if self.weight is None else self.weight[:n_rows])
        everything = torch.arange(n_rows)
        shared = all(rows is self.rows[0] for rows in self.rows)
        return self.take(torch.stack([everything if rows is None else rows[:n_rows]
                                      for rows in self.rows[:1 if shared else None]]))

    def keep_members(self, members: Tensor) -> None:
        """Let all members go but those of the index."""
        self.rows = [self.rows[member] for member in members]
        if self.validation is not None:
            self.validation.keep_members(members)

    def take(self, index: Tensor) -> Batch:
        """The rows of an index (m, b); a single member's come without the dimension m."""
        index = index.to(self.X.device)
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
        index = torch.stack([orders[key] if rows is None else rows[orders[key]]
                             for key, rows in zip(self.keys, self.table.rows)])
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
