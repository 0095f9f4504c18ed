"""Rows of the tasks, and errors of files and downloads that do not have them."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.data_files import VARIABLE, DataError
from benchmarks.paper import datasets
from tests.benchmarks.paper.made_up import made_up_rows, write_sets


@pytest.mark.parametrize("standardised", [False, True])
def test_rows_of_a_task_are_split_and_standardised(tmp_path, standardised):
    write_sets(tmp_path)
    motor, total = (datasets.load(task, tmp_path, standardised)
                    for task in ("parkinson_motor", "parkinson_total"))
    assert motor.X.shape == (40, 3) and motor.y_test.shape == (10, 1)
    with np.load(tmp_path / "parkinson.npz") as arrays:
        tests = arrays["ids"][:10]
        expected = (arrays["X"] - arrays["X"].mean(0)) / arrays["X"].std(0)
    np.testing.assert_allclose(motor.X_test, expected[tests])
    y = np.concatenate([motor.y, motor.y_test])
    if standardised:
        np.testing.assert_allclose((y.mean(), y.std()), (0, 1), atol=1e-12)
    else:
        np.testing.assert_array_equal(motor.y_test[:, 0], tests)
        np.testing.assert_array_equal(total.y_test[:, 0], 100 + tests)
    ic50 = datasets.load("ic50", tmp_path, standardised)
    assert set(np.unique(ic50.X)) == {0, 1} or standardised
    assert ic50.y.shape == (40, 2) and "random" in ic50.provenance["split"]


def test_missing_file_error_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "two"))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    with pytest.raises(DataError) as error:
        datasets.load("ic50", tmp_path / "one")
    message = str(error.value)
    assert str(tmp_path / "one") in message and str(tmp_path / "two") in message
    assert "--data-dir" in message and "README" in message


@pytest.mark.parametrize("damage", [
    lambda data: data[:len(data) // 2], lambda data: data[:40], lambda data: b"",
    lambda data: data[:200] + bytes([data[200] ^ 255]) + data[201:],
    lambda data: b"\x93NUMPY" + data])
def test_damaged_file_is_an_error(tmp_path, damage):
    write_sets(tmp_path)
    path = tmp_path / "concrete.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="concrete.npz must be an npz file with arrays trX, trY"):
        datasets.load("concrete", tmp_path)


@pytest.mark.parametrize("changes, message", [
    ({"ids": np.zeros(50, int)}, "ids, a permutation of 50 places"),
    ({"ids": np.arange(20)}, "ids, a permutation of 50 places"),
    ({"ids": np.arange(50.0)}, "ids, a permutation of 50 places"),
    ({"y": np.arange(50.0)}, r"y \(n, 2\), motor and total, got shape \(50,\)"),
    ({"y": np.zeros((50, 1))}, r"y \(n, 2\)"),
    ({"X": np.zeros((49, 3))}, r"got shapes \(49, 3\) and \(50, 1\)"),
    ({"X": np.zeros((50, 0))}, r"got shapes \(40, 0\)"),
    ({"X": np.full((50, 3), "a")}, "real numbers, got <U1"),
    ({"X": np.zeros((50, 3), complex)}, "real numbers, got complex128"),
    ({"X": np.full((50, 3), np.nan)}, "finite values within float32, got other features"),
    ({"y": np.full((50, 2), 1e300)}, "finite values within float32, got other targets"),
    ({"X": np.zeros((5, 3)), "y": np.zeros((5, 2)), "ids": np.arange(5)},
     "at least 5 rows to train on"),
])
def test_arrays_that_cannot_be_trained_on_are_an_error(tmp_path, changes, message):
    write_sets(tmp_path)
    with np.load(tmp_path / "parkinson.npz") as arrays:
        changed = {**arrays, **changes}
    np.savez(tmp_path / "parkinson.npz", **changed)
    with pytest.raises(DataError, match=f"parkinson.npz must hold .*{message}"):
        datasets.load("parkinson_motor", tmp_path)


def test_rows_of_other_targets_are_not_called_the_paper_s(tmp_path, monkeypatch):
    write_sets(tmp_path)
    assert datasets.load("concrete", tmp_path).provenance["split"] == (
        "the file's, of other targets than the paper's")
    with np.load(tmp_path / "concrete.npz") as arrays:
        digest = datasets.targets_sha256(np.concatenate([arrays["teY"], arrays["trY"]]))
    monkeypatch.setitem(datasets.OPENML, "concrete",
                        replace(datasets.OPENML["concrete"], sha256=digest))
    assert datasets.load("concrete", tmp_path).provenance["split"] == "the paper's"


class OpenML:
    """Stands for `fetch_openml`; records which data sets are requested."""

    def __init__(self, X, y):
        self.data, self.target, self.requested = X, y, []

    def __call__(self, **arguments):
        self.requested.append(arguments["data_id"])
        return self


def test_download_must_have_the_known_rows(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    X, y = made_up_rows(60)
    fetch = OpenML(X, y.ravel())
    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    with pytest.raises(DataError, match="must have shape .1030, 8. and targets with SHA-256"):
        datasets.load("concrete", tmp_path)
    known = replace(datasets.OPENML["concrete"], shape=X.shape,
                    sha256=datasets.targets_sha256(y[::-1]))  # the order does not count
    monkeypatch.setitem(datasets.OPENML, "concrete", known)
    table = datasets.load("concrete", tmp_path)
    assert fetch.requested == [44959] * 2 and len(table.X_test) == 12
    assert "not the paper's" in table.provenance["split"]
    fetch.target = fetch.target + 1
    with pytest.raises(DataError, match="SHA-256"):
        datasets.load("concrete", tmp_path)

    def fails(**arguments):
        raise OSError("no network")
    monkeypatch.setattr(datasets, "fetch_openml", fails)
    with pytest.raises(DataError, match="no file concrete.npz for concrete.*no network"):
        datasets.load("concrete")
