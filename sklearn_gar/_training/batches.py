"""Rows as tensors, and the batches that the members of a stack draw from them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from skorch.dataset import Dataset
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

Batch = tuple[Tensor, Tensor, Tensor | None]


class Features:
    """Features (n, d), handed out as tensors, whether they lie in memory or in a file.

    Parameters
    ----------
    values : Tensor or ndarray of shape (n, d)
        Features as the network takes them, or, with `to_tensor`, as they lie in a file.
    to_tensor : callable or None
        Turns some rows of `values` into what the network takes.  None: `values` is that.
    """

    def __init__(self, values: Tensor | np.ndarray,
                 to_tensor: Callable[[np.ndarray], Tensor] | None = None):
        self.values = values
        self.to_tensor = to_tensor
        self.device = values.device if to_tensor is None else self[:1].device

    def __len__(self) -> int:
        return len(self.values)

    @property
    def n_features(self) -> int:
        return self.values.shape[1]

    def __getitem__(self, rows: slice) -> Tensor:
        """Rows (b, d) of a slice."""
        if self.to_tensor is None:
            return self.values[rows]
        return self.to_tensor(np.asarray(self.values[rows]))

    def take(self, index: Tensor) -> Tensor:
        """Rows (b, d) of an index, on the device of the features."""
        if self.to_tensor is None:
            return self.values.index_select(0, index.to(self.device))
        return self.to_tensor(np.asarray(self.values[index.numpy(force=True)]))

    def split(self, n_rows: int) -> Iterator[Tensor]:
        """All rows, at most `n_rows` at a time."""
        return (self[first:first + n_rows] for first in range(0, len(self), n_rows))

    @staticmethod
    def concatenate(parts: Sequence["Features"]) -> "Features":
        """The rows of all parts one after another, in memory unless there is one part."""
        return parts[0] if len(parts) == 1 else Features(torch.cat([part[:] for part in parts]))


@dataclass
class Table(Dataset):
    """Features (n, d), targets (n, k) and weights (n,), and which rows a member reads.

    `rows` holds an index of rows for each member, or None for all of them.  The folds of a
    search, for example, lie one after another in the same tensors.  `validation` is the table
    that scores the epochs.  With `pads`, members of fewer rows than others fill up a common batch
    with rows of weight zero.
    """

    X: Features
    y: Tensor
    weight: Tensor | None = None
    rows: Sequence[Tensor | None] = (None,)
    validation: "Table | None" = None
    pads: bool = False

    def __post_init__(self):
        if isinstance(self.X, Tensor):
            self.X = Features(self.X)

    def __len__(self) -> int:
        return len(self.X)

    @property
    def n_rows(self) -> list[int]:
        """Number of rows of each member."""
        return [len(self) if rows is None else len(rows) for rows in self.rows]

    def whole(self) -> Batch:
        """All rows of every member as one batch."""
        if len(set(self.n_rows)) > 1 and self.pads:
            return self._padded()
        if len(set(self.n_rows)) > 1:
            raise ValueError("members that share a batch must have equal numbers of rows, got "
                             f"{sorted(set(self.n_rows))}")
        return self.first(self.n_rows[0])

    def _padded(self):
        """All rows of every member, filled up with rows of weight zero."""
        X, y, weight = self.take(pad_sequence(list(self.rows), batch_first=True))
        present = torch.arange(max(self.n_rows)) < torch.tensor(self.n_rows)[:, None]
        present = present.to(y)
        return X, y, present if weight is None else weight * present

    def first(self, n_rows: int) -> Batch:
        """The first rows of every member."""
        if all(rows is None for rows in self.rows):
            return (self.X[:n_rows], self.y[:n_rows],
                    None if self.weight is None else self.weight[:n_rows])
        everything = torch.arange(n_rows)
        shared = all(rows is self.rows[0] for rows in self.rows)
        return self.take(torch.stack([everything if rows is None else rows[:n_rows]
                                      for rows in self.rows[:1 if shared else None]]))

    def take(self, index: Tensor) -> Batch:
        """The rows of an index (m, b); with a single member, without the dimension m."""
        index = index.to(self.X.device)
        shape, flat = index.shape if len(index) > 1 else index.shape[1:], index.flatten()
        X = self.X.take(flat).view(*shape, -1)
        y = self.y.index_select(0, flat).view(*shape, -1)
        weight = None if self.weight is None else self.weight.index_select(0, flat).view(shape)
        return X, y, weight


class Batches:
    """One pass over the rows: every member's own shuffled order, cut into full batches.

    The rows left over after the last full batch sit out this pass; the next one draws anew.
    A smaller last batch would have other moments, and a batch of a single row has none.  A
    table of at most one batch is passed whole and in order, so that there a weight of two is
    exactly a row given twice.
    """

    def __init__(self, table: Table, batch_size: int, seeds: Sequence[int]):
        if not table.pads and min(table.n_rows) <= batch_size and len(set(table.n_rows)) > 1:
            raise ValueError("members with a single batch must have equal numbers of rows, got "
                             f"{sorted(set(table.n_rows))} and batch_size={batch_size}")
        self.table = table
        self.batch_size = batch_size
        self.n_batches = max(1, min(table.n_rows) // batch_size)
        self.keys = list(zip(seeds, table.n_rows))
        self.generators = {key: torch.Generator().manual_seed(int(key[0])) for key in self.keys}

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
