"""Rows of the searches: those of a file, or synthetic ones."""

import numpy as np
import pytest

from benchmarks.data_files import VARIABLE, DataError
from benchmarks.speed import searches
from benchmarks.speed.catalogue import catalogue


def test_file_of_wrong_shape_is_an_error(tmp_path):
    np.savez(tmp_path / "concrete.npz", trX=np.zeros((3, 2)), trY=np.zeros(4))
    with pytest.raises(DataError, match="got shapes"):
        searches.load_concrete(tmp_path / "concrete.npz")


def test_searches_use_the_file_if_there_is_one(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    name = "search_vs_gridsearch"
    assert catalogue(tmp_path)[name].settings["data"].startswith("made-up rows")
    rng = np.random.default_rng(0)
    X, y = 5 + rng.normal(size=(30, 2)), 7 + 3 * rng.normal(size=(30, 1))
    np.savez(tmp_path / "concrete.npz", trX=X, trY=y)
    assert catalogue(tmp_path)[name].settings["data"] == "concrete.npz"
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert catalogue()[name].settings["data"] == "concrete.npz"
    for column in searches.load_concrete(searches.find_concrete()):
        assert column.dtype == np.float32
        np.testing.assert_allclose(column.mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(column.std(0), 1, rtol=1e-6)
