"""Where files of data are looked for, and errors of those that cannot be read."""

import numpy as np
import pytest

from benchmarks.data_files import (
    VARIABLE,
    DataError,
    data_folders,
    find_file,
    missing_file,
    read_arrays,
)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A folder to be given, and the folder of the environment variable."""
    for name in ("given", "variable"):
        (tmp_path / name / "uci").mkdir(parents=True)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "variable"))
    return tmp_path / "given", tmp_path / "variable"


def test_given_folder_comes_before_the_environment_variable(folders):
    given, variable = folders
    for path in (given / "uci" / "a.npz", variable / "uci" / "a.npz", variable / "b.npz"):
        path.touch()
    assert find_file("uci/a.npz", given) == given / "uci" / "a.npz"
    assert find_file("uci/a.npz") == variable / "uci" / "a.npz"
    assert find_file("b.npz", given) == variable / "b.npz"
    assert find_file("c.npz", given) is None


def test_folder_that_does_not_exist_is_an_error(folders, monkeypatch, tmp_path):
    with pytest.raises(DataError, match="no such folder of data: .*nowhere"):
        find_file("a.npz", tmp_path / "nowhere")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(DataError, match="no such folder of data: .*elsewhere"):
        data_folders(folders[0])


def test_missing_file_error_says_where_it_looked_and_what_to_do(folders, monkeypatch):
    given, variable = folders
    message = str(missing_file("a.npz", "the task", given, "or do without."))
    assert message == (f"no file a.npz for the task: looked in {given} and {variable}.  Pass the "
                       f"folder that has it with --data-dir or {VARIABLE}; or do without.")
    monkeypatch.delenv(VARIABLE)
    assert "there is no folder to look in" in str(missing_file("a.npz", "the task", None, ""))


def test_arrays_are_read_by_name_or_all(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, X=np.eye(2), y=np.arange(2))
    assert list(read_arrays(path)) == ["X", "y"]
    assert list(read_arrays(path, "y", "X")) == ["y", "X"]
    np.testing.assert_array_equal(read_arrays(path, "X")["X"], np.eye(2))


@pytest.mark.parametrize("names, content", [((), ""), (("X", "y"), " with arrays X, y")])
@pytest.mark.parametrize("damage", [
    lambda data: data[:len(data) // 2], lambda data: data[:40], lambda data: b"",
    lambda data: data[:200] + bytes([data[200] ^ 255]) + data[201:],
    lambda data: b"\x93NUMPY" + data, lambda data: b"junk"])
def test_damaged_file_is_an_error(tmp_path, damage, names, content):
    path = tmp_path / "a.npz"
    np.savez(path, X=np.random.default_rng(0).normal(size=(50, 4)), y=np.arange(50))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=f"a.npz must be an npz file{content}, cannot read it"):
        read_arrays(path, *names)


def test_file_of_one_array_is_an_error(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, np.zeros(3))
    for names in ((), ("X",)):
        with pytest.raises(DataError, match="must be an npz file"):
            read_arrays(tmp_path / "a.npz", *names)


def test_missing_array_is_an_error(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.zeros(3))
    with pytest.raises(DataError, match="must be an npz file with arrays X, y, .*'?y"):
        read_arrays(tmp_path / "a.npz", "X", "y")
