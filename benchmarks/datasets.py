"""What a data set is: a named table, and how it is split into training and test rows.

`numeric_datasets` lists the tables of numbers, `mixed_datasets` those with categories and missing
values.  A catalogue of other tables is another module of this kind: a dictionary of
:class:`Dataset` by name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.data_files import DataError, find_file, missing_file

Arrays = Mapping[str, Any]
"""NumPy arrays by name; X of a mixed table is a pandas frame."""


@dataclass(frozen=True)
class Split:
    """Training rows X (n, d) and y (n,), and test rows."""

    X: Any
    y: Any
    X_test: Any
    y_test: Any

    def __post_init__(self):
        shapes = [rows.shape for rows in (self.X, self.y, self.X_test, self.y_test)]
        if (len(shapes[0]) != 2 or shapes[2][1:] != shapes[0][1:] or shapes[1] != shapes[0][:1]
                or shapes[3] != shapes[2][:1]):
            raise DataError("training and test rows must be X (n, d) and y (n,), got shapes "
                            f"{', '.join(map(str, shapes))}")

    def head(self, n_rows: int) -> "Split":
        """The first training rows and the first test rows."""
        return Split(*(getattr(rows, "iloc", rows)[:n_rows]
                       for rows in (self.X, self.y, self.X_test, self.y_test)))


@dataclass(frozen=True)
class Dataset:
    """A table with its splits.

    Parameters
    ----------
    name : str
        Its name on the command line and in results.
    file : str or None
        Its file in the folder of the data; None if a package brings the table.
    read : callable
        Takes the path of the file, or None, and returns the arrays.
    divide : callable
        Takes the arrays and the number of a split, returns X, y, X_test, y_test.
    n_splits : int
        Number of splits, which count from 0.
    rule : str
        How the test rows are chosen, in words.
    source : str
        Where the table comes from.
    remark : str
        What to know about results on it.
    packages : tuple of str
        The packages that bring and hold the table; results record their versions.
    """

    name: str
    file: str | None
    read: Callable[[Path | None], Arrays]
    divide: Callable[[Arrays, int], Iterable[Any]]
    n_splits: int
    rule: str
    source: str
    remark: str = ""
    packages: tuple[str, ...] = ()

    def find(self, folder: Path | None) -> Path | None:
        """Path of the file; None if a package brings the table."""
        if self.file is None:
            return None
        path = find_file(self.file, folder)
        if path is None:
            raise missing_file(
                self.file, f"the data set {self.name}", folder,
                f"benchmarks/README.rst says how to make it from its source ({self.source}); or "
                "choose other data sets with --datasets")
        return path

    def versions(self) -> dict[str, str]:
        """Versions of the packages that the table depends on."""
        return {package: metadata.version(package) for package in self.packages}

    def existing_splits(self, wanted: Iterable[int] | None) -> list[int]:
        """The wanted splits that exist; all splits if none are named."""
        return [split for split in range(self.n_splits) if wanted is None or split in wanted]

    def split(self, arrays: Arrays, number: int) -> Split:
        """Training and test rows of one split."""
        try:
            return Split(*self.divide(arrays, number))
        except KeyError as error:
            raise DataError(f"{self.file or self.source} must hold an array {error}, it has "
                            f"{', '.join(arrays)}") from None
        except (IndexError, ValueError) as error:
            raise DataError(f"{self.file or self.source} must hold the rows of {self.name}: "
                            f"{error}") from None
