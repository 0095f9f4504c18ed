"""Finding and reading the files of data."""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

VARIABLE = "SKLEARN_GAR_DATA"


class DataError(ValueError):
    """A folder or a file of data is not what it should be."""


def data_folders(folder: Path | None) -> list[Path]:
    """The folders to look in: the one given, then that of the environment variable."""
    variable = os.environ.get(VARIABLE)
    folders = [path for path in (folder, variable and Path(variable)) if path]
    for path in folders:
        if not path.is_dir():
            raise DataError(f"no such folder of data: {path}")
    return folders


def find_file(name: str, folder: Path | None = None) -> Path | None:
    """The first file of this name in the folders of data, or None."""
    for path in data_folders(folder):
        if (path / name).is_file():
            return path / name
    return None


def missing_file(name: str, task: str, folder: Path | None, remedy: str) -> DataError:
    """The error for a file that is not there: what it is for, where we looked, what to do."""
    folders = " and ".join(map(str, data_folders(folder)))
    looked = f"looked in {folders}" if folders else "there is no folder to look in"
    return DataError(f"no file {name} for {task}: {looked}.  Pass the folder that has it with "
                     f"--data-dir or {VARIABLE}; {remedy}")


def read_arrays(path: Path, *names: str) -> dict[str, np.ndarray]:
    """Arrays of an npz file by name: those asked for, or all of them if no name is given."""
    try:
        with open(path, "rb") as file, np.load(file) as arrays:
            return {name: arrays[name] for name in names or arrays.files}
    except (OSError, EOFError, KeyError, ValueError, TypeError, AttributeError,
            zipfile.BadZipFile, zlib.error) as error:
        content = f" with arrays {', '.join(names)}" if names else ""
        raise DataError(f"{path} must be an npz file{content}, cannot read it: "
                        f"{type(error).__name__} {error}") from None
