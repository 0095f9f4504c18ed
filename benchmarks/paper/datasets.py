"""The data sets: training rows, test rows, and where they come from."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml

from benchmarks.data_files import DataError, find_file, missing_file, read_arrays
from benchmarks.paper.protocol import N_FOLDS, SEED, TASKS, TEST_SHARE

FILES = {
    "concrete": "concrete.npz", "wine_quality": "wine_quality.npz",
    "parkinson_total": "parkinson.npz", "parkinson_motor": "parkinson.npz",
    "superconductivity": "superconductivity.npz", "ic50": "ic50.npz",
    "sine": "sine.npz", "sq_sine": "sq_sine.npz",
}
TARGETS = {"parkinson_motor": 0, "parkinson_total": 1}  # columns of y


@dataclass(frozen=True)
class OpenML:
    """A data set on openml.org, and the SHA-256 of its sorted targets in hundredths."""

    data_id: int
    shape: tuple[int, int]
    sha256: str


OPENML = {
    "concrete": OpenML(
        44959, (1030, 8), "c312753fae88a4a288732b86e5470b119ff6802e9a4bd463174b30da7c9f0e56"),
    "wine_quality": OpenML(
        287, (6497, 11), "22e1ad675ce3a74d29b0921b12e6892495b18919ff0a67d3b45d8ce3294210e0"),
    "superconductivity": OpenML(
        44964, (21263, 81), "e3dcec300d67bae73e141931072f520b86141ecbfb4c8c649524d0ff84c8fcf2"),
}


@dataclass(frozen=True)
class Table:
    """Rows of a task.

    Attributes
    ----------
    X, y : ndarray of shape (n, d) and (n, k)
        Rows to train and validate on.
    X_test, y_test : ndarray
        Test rows.
    provenance : dict
        The source, how the test rows are chosen, and the SHA-256 of the four arrays.
    """

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    provenance: dict[str, str]


def load(task: str, folder: Path | None = None, standardised: bool = False) -> Table:
    """The rows of a task of :data:`~benchmarks.paper.protocol.TASKS`.

    Parameters
    ----------
    task : str
        Name of the task.
    folder : Path or None
        Where the files are; otherwise in the folder of the environment variable
        ``SKLEARN_GAR_DATA``.  A data set that is in neither is downloaded from OpenML, if
        OpenML has the same rows.
    standardised : bool, default=False
        Whether to standardise the targets and the indicators of IC50.  All other features are
        always standardised: by the moments of all rows, test rows included, as in the
        published files.

    Raises
    ------
    DataError
        If there is no such folder, if there is no file and nothing to download, or if a file or
        a download does not hold what it must.
    """
    path = find_file(FILES[task], folder)
    if path is not None:
        X, y, X_test, y_test, split = _read(task, path)
        source = path.name
    elif task in OPENML:
        X, y, X_test, y_test, split = _download(task, folder)
        source = f"OpenML {OPENML[task].data_id}"
    else:
        raise _missing(task, folder)
    if task != "ic50" or standardised:
        X, X_test = _standardise(X, X_test)
    if standardised:
        y, y_test = _standardise(y, y_test)
    provenance = {"source": source, "split": split, "sha256": sha256(X, y, X_test, y_test)}
    if TASKS[task].remark and path is not None:
        provenance["remark"] = TASKS[task].remark
    return Table(X, y, X_test, y_test, provenance)


def read_order(path: Path, n_rows: int) -> np.ndarray:
    """The array `ids` of a file: a permutation whose first places are the test rows."""
    order = read_arrays(path, "ids")["ids"].ravel()
    if order.dtype.kind not in "iu" or not np.array_equal(np.sort(order), np.arange(n_rows)):
        raise DataError(f"{path} must hold ids, a permutation of {n_rows} places, got shape "
                        f"{order.shape} of {order.dtype}")
    return order


def without_files(tasks: Iterable[str]) -> str:
    """What happens without the files of these tasks, for the help of an option."""
    can_be = [task for task in tasks if task in OPENML]
    cannot = [task for task in tasks if task not in OPENML]
    return (f"; downloaded if missing: {', '.join(can_be)}" if can_be else "") + (
        f"; never downloaded: {', '.join(cannot)}" if cannot else "")


def described(provenance: dict[str, str]) -> str:
    """Source and split of rows, as "concrete.npz, split the paper's"."""
    return f"{provenance['source']}, split {provenance['split']}"


def sha256(*arrays: np.ndarray) -> str:
    """SHA-256 of shapes and values, little-endian float64, in the order of the rows."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()


def _read(task, path):
    """X, y, X_test, y_test as in the file, and how they are split."""
    if task in ("concrete", "wine_quality"):
        arrays = _checked(path, *read_arrays(path, "trX", "trY", "teX", "teY").values())
        known = targets_sha256(np.concatenate(arrays[1::2])) == OPENML[task].sha256
        return *arrays, "the paper's" if known else "the file's, of other targets than the paper's"
    X, y = read_arrays(path, "X", "y").values()
    if task in TARGETS:
        if y.ndim != 2 or y.shape[1] <= max(TARGETS.values()):
            raise DataError(f"{path} must hold y (n, 2), motor and total, got shape {y.shape}")
        order, y, split = read_order(path, len(y)), y[:, [TARGETS[task]]], "the paper's"
    else:
        order, split = _random_order(len(y)), f"random, seed {SEED}"
    return *_split(path, X, y, order), split


def _download(task, folder):
    """Like :func:`_read`, from OpenML; the targets must be the known ones."""
    known = OPENML[task]
    try:
        bunch = fetch_openml(data_id=known.data_id, as_frame=False, parser="liac-arff")
    except Exception as error:  # network errors are of many kinds
        raise DataError(f"{_missing(task, folder)}  OpenML could not be reached: {error}"
                        ) from None
    X, y = np.asarray(bunch.data, dtype=float), np.asarray(bunch.target, dtype=float)
    digest = targets_sha256(y)
    if X.shape != known.shape or digest != known.sha256:
        raise DataError(
            f"OpenML {known.data_id} must have shape {known.shape} and targets with SHA-256 "
            f"{known.sha256}, got {X.shape} and {digest}; put {FILES[task]} in a folder and "
            "pass it with --data-dir")
    split = f"random, seed {SEED}; not the paper's"
    return *_split(f"OpenML {known.data_id}", X, y, _random_order(len(X))), split


def targets_sha256(y: np.ndarray) -> str:
    """SHA-256 of the sorted targets in whole hundredths, which does not depend on their order."""
    hundredths = np.sort(np.rint(100 * np.ravel(y)).astype("<i8"))
    return hashlib.sha256(hundredths.tobytes()).hexdigest()


def _missing(task, folder):
    return missing_file(FILES[task], task, folder, "the section Data of "
                        "benchmarks/paper/README.rst says which arrays it must hold.")


def _random_order(n_rows):
    """A permutation whose first fifth is the test rows."""
    return np.random.default_rng(SEED).permutation(n_rows)


def _split(source, X, y, order):
    if X.ndim != 2 or y.ndim not in (1, 2) or len(X) != len(y):
        raise DataError(f"{source} must hold X (n, d) and y (n,) or (n, k), got shapes {X.shape} "
                        f"and {y.shape}")
    n_test = int(TEST_SHARE * len(X))
    test, rest = order[:n_test], order[n_test:]
    y = y.reshape(len(y), -1)
    return _checked(source, X[rest], y[rest], X[test], y[test])


def _checked(source, *arrays):
    """X, y, X_test, y_test as float64; an error if networks cannot be trained on them."""
    if any(array.dtype.kind not in "fiub" for array in arrays):
        raise DataError(f"{source} must hold real numbers, got "
                        f"{', '.join(str(array.dtype) for array in arrays)}")
    X, y, X_test, y_test = (array.astype(float) for array in arrays)
    fit_together = (
        X.ndim == X_test.ndim == y.ndim == y_test.ndim == 2
        and len(X) == len(y) >= N_FOLDS and len(X_test) == len(y_test) > 0
        and X.shape[1] == X_test.shape[1] > 0 and y.shape[1] == y_test.shape[1] > 0)
    if not fit_together:
        raise DataError(f"{source} must hold features (n, d) and targets (n, k), of at least "
                        f"{N_FOLDS} rows to train on and 1 to test on, got shapes {X.shape}, "
                        f"{y.shape}, {X_test.shape} and {y_test.shape}")
    for name, array in zip(("features", "targets", "test features", "test targets"),
                           (X, y, X_test, y_test)):
        if not (np.abs(array) < np.finfo(np.float32).max).all():
            raise DataError(f"{source} must hold finite values within float32, got other {name}")
    return X, y, X_test, y_test


def _standardise(rows, test_rows):
    """Columns with mean 0 and deviation 1 over all rows; constant columns become 0."""
    every = np.concatenate([rows, test_rows])
    mean, deviation = every.mean(0), every.std(0)
    deviation[np.ptp(every, axis=0) == 0] = 1.0
    return (rows - mean) / deviation, (test_rows - mean) / deviation
