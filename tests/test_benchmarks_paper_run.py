"""The paper's protocol, its data, and its cells run from the command line."""

import csv
import itertools
import json
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.__main__ import main
from benchmarks.environment import flushed_denormals
from benchmarks.paper import datasets, protocol, result_file
from benchmarks.paper.datasets import DataError
from benchmarks.paper.protocol import METHODS, Recipe
from benchmarks.paper.run import Cell, run_cells
from tests.paper_rows import made_up_rows, write_concrete, write_sets

PUBLISHED = Path(protocol.__file__).parent / "published"


# the protocol


def test_protocol_is_the_appendix():
    recipe = Recipe(protocol.SMALL)
    assert (recipe.n_epochs, recipe.batch_size, recipe.momentum) == (100, 256, 0.9)
    assert [epoch for epoch in range(100) if any(
        epoch / 100 >= share > (epoch - 1) / 100 for share in recipe.milestones)] == [50, 75]
    with open(PUBLISHED / "table1.csv", encoding="utf-8") as file:
        published = {(row["dataset"], row["method"]) for row in csv.DictReader(file)}
    table1 = protocol.EXPERIMENTS["table1"]
    assert set(itertools.product(table1.tasks, table1.cases)) <= published
    for name, method in METHODS.items():
        assert len(method.values) == (1 if name in ("MAE", "MSE") else 3)
    for task in protocol.TASKS.values():
        for name, case in table1.cases.items():
            rates = case.learning_rates(task)
            assert len(rates) == 5 if (name, task.title) == (
                "RankSim", "Concrete Compressive Strength") else len(rates) == 3
    assert table1.cases["MSE"].learning_rates(protocol.TASKS["superconductivity"])[0] == 1e-3
    assert table1.cases["GAR"].learning_rates(protocol.TASKS["superconductivity"])[0] == 1e-1


# results


def made_up_cell(folder, calls, settings=None, fails=None):
    def run(tell):
        calls.append(torch.get_num_threads())
        tell(1.0)
        if fails:
            raise fails
        return {"scores": {"MAE": {"mean": 0.5}}, "list": [1, 2]}
    return Cell(result_file.cell_path(folder, "table1", "concrete", "Focal(MAE)"),
                {"experiment": "table1", "task": "concrete", "case": "Focal(MAE)"},
                settings or {"rates": (1, 2)}, 1.0, run)


def test_finished_cells_are_skipped(tmp_path):
    calls, lines = [], []
    for _ in range(2):
        run_cells([made_up_cell(tmp_path, calls)], False, 1, lines.append)
    assert calls == [1] and lines == ["1 of 1 cells are finished already"]
    cell = result_file.read(tmp_path / "table1" / "concrete" / "focal_mae.json")
    assert cell["case"] == "Focal(MAE)" and cell["seconds"] >= 0 and cell["threads"] == 1
    assert cell["versions"]["torch"] == torch.__version__ and cell["machine"]["cores"] >= 1
    run_cells([made_up_cell(tmp_path, calls)], True, 1, lines.append)
    assert len(calls) == 2


def test_cell_of_other_settings_is_not_replaced_unasked(tmp_path):
    calls = []
    run_cells([made_up_cell(tmp_path, calls)], False, 1, print)
    other = made_up_cell(tmp_path, calls, {"rates": (1,)})
    missing = replace(other, path=tmp_path / "table1" / "concrete" / "mae.json")
    with pytest.raises(result_file.ResultError, match="1 of 2 cells have files of other settings, "
                                                      "which stay .* --rerun .*focal_mae.json$"):
        run_cells([other, missing], False, 1, print)
    assert len(calls) == 2 and result_file.has(missing.path, missing.settings)  # still run
    assert result_file.has(other.path, made_up_cell(tmp_path, calls).settings)
    run_cells([other], True, 1, print)
    assert result_file.read(other.path)["settings"] == {"rates": [1]}


def test_ended_run_loses_its_cell_alone(tmp_path, monkeypatch):
    calls = []
    with pytest.raises(KeyboardInterrupt):
        run_cells([made_up_cell(tmp_path, calls, fails=KeyboardInterrupt())], False, 1, print)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def replace_file(source, target):
        assert json.loads(Path(source).read_text())  # whole before it takes the place
        raise OSError("no space left")
    monkeypatch.setattr(os, "replace", replace_file)
    with pytest.raises(result_file.ResultError, match="cannot write .*: no space left; the cell "
                                                      "is in ") as error:
        run_cells([made_up_cell(tmp_path, calls)], False, 1, print)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    spare = Path(str(error.value).rpartition(" is in ")[2])
    assert result_file.read(spare)["scores"] == {"MAE": {"mean": 0.5}}
    shutil.rmtree(spare.parent)


def test_folder_of_results_is_tried_before_anything_is_run(tmp_path, monkeypatch):
    def full(**arguments):
        raise OSError("no space left")
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    calls = []
    with pytest.raises(result_file.ResultError, match="cannot write to .*concrete: no space left"):
        run_cells([made_up_cell(tmp_path, calls)], False, 1, print)
    assert calls == []


def test_cell_that_another_run_finished_meanwhile_is_left(tmp_path):
    calls = []
    second = made_up_cell(tmp_path, calls)

    def run(tell):
        run_cells([second], False, 1, print)
        return {}
    first = replace(second, path=tmp_path / "table1" / "concrete" / "mae.json", run=run)
    run_cells([first, second], False, 1, print)
    assert len(calls) == 1
    for path in (first.path, second.path):
        path.unlink()
    with pytest.raises(result_file.ResultError, match="1 of 2 cells have files of other settings"):
        run_cells([first, replace(second, settings={"rates": (1,)})], False, 1, print)


def test_unreadable_result_is_told(tmp_path):
    path = tmp_path / "half.json"
    path.write_text('{"settings": ')
    with pytest.raises(result_file.ResultError, match="must be the file of a cell"):
        result_file.read(path)


def test_denormals_are_left_as_found():
    tiny = torch.full((1,), 1e-310, dtype=torch.float64)
    for flushes in (False, True):
        torch.set_flush_denormal(flushes)
        with flushed_denormals():
            assert (tiny * 1.0).item() == 0.0
        assert ((tiny * 1.0).item() == 0.0) == flushes
    torch.set_flush_denormal(False)


# the data and the command


@pytest.mark.parametrize("standardised", [False, True])
def test_rows_of_a_task(tmp_path, standardised):
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


def test_missing_file_tells_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.VARIABLE, str(tmp_path / "two"))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    with pytest.raises(DataError) as error:
        datasets.load("ic50", tmp_path / "one")
    message = str(error.value)
    assert str(tmp_path / "one") in message and str(tmp_path / "two") in message
    assert "--data-dir" in message and "README" in message


@pytest.mark.parametrize("damage", [
    lambda whole: whole[:len(whole) // 2], lambda whole: whole[:40], lambda whole: b"",
    lambda whole: whole[:200] + bytes([whole[200] ^ 255]) + whole[201:],
    lambda whole: b"\x93NUMPY" + whole])
def test_damaged_file_is_told(tmp_path, damage):
    write_sets(tmp_path)
    path = tmp_path / "concrete.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="concrete.npz must be an npz file with arrays trX, trY"):
        datasets.load("concrete", tmp_path)


def test_an_array_in_place_of_a_file_of_arrays_is_told(tmp_path):
    with open(tmp_path / "concrete.npz", "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="must be an npz file"):
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
def test_unfit_arrays_are_told(tmp_path, changes, message):
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
    def __init__(self, X, y):
        self.data, self.target, self.asked = X, y, []

    def __call__(self, **arguments):
        self.asked.append(arguments["data_id"])
        return self


def test_download_is_checked(tmp_path, monkeypatch):
    monkeypatch.delenv(datasets.VARIABLE, raising=False)
    X, y = made_up_rows(60)
    fetch = OpenML(X, y.ravel())
    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    with pytest.raises(DataError, match="must have shape .1030, 8. and targets with SHA-256"):
        datasets.load("concrete", tmp_path)
    known = replace(datasets.OPENML["concrete"], shape=X.shape,
                    sha256=datasets.targets_sha256(y[::-1]))  # the order does not count
    monkeypatch.setitem(datasets.OPENML, "concrete", known)
    table = datasets.load("concrete", tmp_path)
    assert fetch.asked == [44959] * 2 and len(table.X_test) == 12
    assert "not the paper's" in table.provenance["split"]
    fetch.target = fetch.target + 1
    with pytest.raises(DataError, match="SHA-256"):
        datasets.load("concrete", tmp_path)

    def fails(**arguments):
        raise OSError("no network")
    monkeypatch.setattr(datasets, "fetch_openml", fails)
    with pytest.raises(DataError, match="no concrete.npz for concrete.*no network"):
        datasets.load("concrete")


def command(folder, *arguments):
    return main([*arguments, "--data-dir", str(folder), "--out", str(folder / "out")])


def test_command_runs_and_goes_on(tmp_path, capsys, monkeypatch):
    write_concrete(tmp_path)
    arguments = ("table1", "--dataset", "concrete", "--method", "MAE", "GAR", "--epochs", "2",
                 "--learning-rate", "1e-2", "--weight-decay", "1e-4")
    assert command(tmp_path, *arguments) == 0
    folder = tmp_path / "out" / "table1" / "concrete"
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(found) == {"mae.json", "gar.json"}
    cell = json.loads(found["gar.json"])
    assert cell["settings"]["grid"] == {"learning_rate": [0.01], "weight_decay": [1e-4],
                                        "alpha": [0.1, 1.0, 10.0]}
    assert cell["settings"]["recipe"]["n_epochs"] == 2 and cell["networks"] == 15
    assert len(cell["settings"]["data"]["sha256"]) == 64
    capsys.readouterr()
    assert command(tmp_path, *arguments) == 0
    assert "2 of 2 cells are finished already" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == found
    assert command(tmp_path, *arguments[:-1], "1e-3") == 2
    assert "other settings" in capsys.readouterr().err


def test_order_and_repetition_of_options_do_not_count(tmp_path, capsys):
    write_concrete(tmp_path)
    shared = ("table1", "--dataset", "concrete", "--epochs", "2", "--learning-rate", "1e-2")
    assert command(tmp_path, *shared, "--method", "MSE", "MAE", "--weight-decay", "1e-4", "0") == 0
    capsys.readouterr()
    assert command(tmp_path, *shared, "--method", "MAE", "MSE", "MAE",
                   "--weight-decay", "0", "1e-4", "0") == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["concrete: concrete.npz, split the file's, of other targets than the "
                         "paper's", "2 of 2 cells are finished already"]
    cell = json.loads((tmp_path / "out" / "table1" / "concrete" / "mae.json").read_text())
    assert cell["settings"]["grid"]["weight_decay"] == [1e-4, 0.0]


@pytest.mark.parametrize("arguments, message", [
    (["--dataset", "abalone"], "invalid choice: 'abalone' .choose from .*wine_quality"),
    (["--method", "MLE"], "invalid choice: 'MLE' .choose from .*RankSim"),
    (["--epochs", "0"], "--epochs: must be a whole number of at least 2, got '0'"),
    (["--learning-rate", "-1"], "--learning-rate: must be a number above 0, got '-1'"),
    (["--weight-decay", "nan"], "--weight-decay: must be a number of at least 0, got 'nan'"),
    (["--data-dir", "nowhere"], "no such folder of data: nowhere"),
    (["--dataset", "ic50"], "no ic50.npz for ic50: there is no folder to look in"),
])
def test_errors_come_before_training(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(datasets.VARIABLE, raising=False)
    assert main(["table1", "--out", "out", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and re.search(message, err), err
    assert not (tmp_path / "out").exists()
