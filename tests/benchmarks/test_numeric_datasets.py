"""The data sets: how their rows are split, and errors of files with other content."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from benchmarks.data_files import VARIABLE, DataError
from benchmarks.datasets import Split
from benchmarks.numeric_datasets import NUMERIC_DATASETS


def arrays_of(name, rng):
    """Arrays as the file of a data set has them, with targets that are the numbers of the rows."""
    if NUMERIC_DATASETS[name].rule.startswith("the paper"):
        return {"trX": rng.normal(size=(16, 2)), "trY": np.arange(16)[:, None],
                "teX": rng.normal(size=(4, 2)), "teY": np.arange(16, 20)[:, None]}
    X, y = rng.normal(size=(20, 2)), np.arange(20.0)
    if name.startswith("parkinson"):
        return {"X": X, "y": np.column_stack((y, -y)), "ids": rng.permutation(20)}
    if name == "ic50":
        return {"X": X.astype(np.float32), "y": np.column_stack((y, -y))}
    mask = rng.permuted(np.repeat([[True], [False]], [2, 18], axis=0) * np.ones(10, bool), axis=0)
    return {"X": X, "y": y, "test_mask": mask}


@pytest.mark.parametrize("name", NUMERIC_DATASETS)
def test_every_split_divides_the_rows(name):
    dataset, arrays = NUMERIC_DATASETS[name], arrays_of(name, np.random.default_rng(0))
    sign = -1 if name == "parkinson_total" else 1
    seen = []
    for number in dataset.existing_splits(None):
        split = dataset.split(arrays, number)
        assert sorted([*split.y, *split.y_test]) == sorted(sign * np.arange(20.0))
        assert len(split.X_test) == len(split.y_test) == (2 if "90/10" in dataset.rule else 4)
        X = np.concatenate([split.X, split.X_test])
        rows = np.abs(np.concatenate([split.y, split.y_test])).astype(int)
        every = arrays["X"] if "X" in arrays else np.concatenate([arrays["trX"], arrays["teX"]])
        np.testing.assert_array_equal(X, every[rows].astype(np.float64))
        assert {X.dtype, split.y.dtype} == {np.dtype(np.float64)}
        seen.append(tuple(sorted(split.y_test)))
    assert len(set(seen)) > 1 or dataset.n_splits == 1
    again = dataset.split(arrays, 0)
    assert tuple(sorted(again.y_test)) == seen[0]


def test_parkinson_tests_on_the_first_fifth_of_the_order():
    arrays = arrays_of("parkinson_motor", np.random.default_rng(0))
    split = NUMERIC_DATASETS["parkinson_motor"].split(arrays, 0)
    np.testing.assert_array_equal(split.y_test, arrays["ids"][:4])
    np.testing.assert_array_equal(split.y, arrays["ids"][4:])


def test_rows_of_different_shapes_are_an_error():
    arrays = {"trX": np.zeros((5, 2)), "trY": np.zeros(5), "teX": np.zeros((3, 3)),
              "teY": np.zeros(3)}
    with pytest.raises(DataError, match=r"got shapes \(5, 2\), \(5,\), \(3, 3\), \(3,\)"):
        NUMERIC_DATASETS["concrete"].split(arrays, 0)


@pytest.mark.parametrize("arrays, message", [
    ({"X": np.zeros((9, 2))}, "energy.npz must hold an array 'y', it has X"),
    ({"X": np.zeros((9, 2)), "y": np.zeros(9), "test_mask": np.zeros((8, 10), bool)},
     "energy.npz must hold the rows of energy: "),
    ({"X": np.zeros((9, 2)), "y": np.zeros(9), "test_mask": np.zeros((9, 0), bool)},
     "energy.npz must hold the rows of energy: "),
])
def test_other_arrays_are_an_error(arrays, message):
    with pytest.raises(DataError, match=message):
        NUMERIC_DATASETS["energy"].split(arrays, 0)


def test_only_existing_splits_are_run():
    assert NUMERIC_DATASETS["energy"].existing_splits([0, 3, 10]) == [0, 3]
    assert NUMERIC_DATASETS["concrete"].existing_splits([0, 3]) == [0]
    assert NUMERIC_DATASETS["concrete"].existing_splits(None) == [0]


def test_file_is_found_below_the_folder_of_data(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "uci").mkdir()
    with pytest.raises(DataError, match="no file uci/energy.npz for the data set energy: looked "
                                        "in .*UCI 242.*--datasets"):
        NUMERIC_DATASETS["energy"].find(tmp_path)
    (tmp_path / "uci" / "energy.npz").touch()
    assert NUMERIC_DATASETS["energy"].find(tmp_path) == tmp_path / "uci" / "energy.npz"


def test_diabetes_needs_no_file():
    diabetes = NUMERIC_DATASETS["diabetes"]
    assert diabetes.find(None) is None
    arrays = diabetes.read(None)
    for array, expected in zip((arrays["X"], arrays["y"]), load_diabetes(return_X_y=True)):
        np.testing.assert_array_equal(array, expected)


def test_head_has_the_first_rows_of_both_parts():
    rows = np.arange(10.0)
    head = Split(rows[:, None], rows, rows[:4, None], rows[:4]).head(2)
    for part in (head.X[:, 0], head.y, head.X_test[:, 0], head.y_test):
        assert part.tolist() == [0.0, 1.0]
