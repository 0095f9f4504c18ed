"""The commands of the tables: their cells, options and errors."""

import json
import re

import pytest

from benchmarks.__main__ import main
from benchmarks.data_files import VARIABLE
from benchmarks.paper.protocol import TASKS
from tests.benchmarks.paper.made_up import write_concrete


def run_command(folder, *arguments):
    return main([*arguments, "--data-dir", str(folder), "--out", str(folder / "out")])


def test_second_run_finds_the_cells_of_the_first(tmp_path, capsys):
    write_concrete(tmp_path)
    arguments = ("table1", "--dataset", "concrete", "--method", "MAE", "GAR", "--epochs", "2",
                 "--learning-rate", "1e-2", "--weight-decay", "1e-4")
    assert run_command(tmp_path, *arguments) == 0
    folder = tmp_path / "out" / "table1" / "concrete"
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(written) == {"mae.json", "gar.json"}
    cell = json.loads(written["gar.json"])
    assert cell["settings"]["grid"] == {"learning_rate": [0.01], "weight_decay": [1e-4],
                                        "alpha": [0.1, 1.0, 10.0]}
    assert cell["settings"]["recipe"]["n_epochs"] == 2 and cell["networks"] == 15
    assert len(cell["settings"]["data"]["sha256"]) == 64
    assert cell["device"] == "cpu" and "gpu" not in cell["machine"]
    capsys.readouterr()
    assert run_command(tmp_path, *arguments) == 0
    assert "2 of 2 cells finished already" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written
    assert run_command(tmp_path, *arguments[:-1], "1e-3") == 2
    assert "other settings" in capsys.readouterr().err


def test_order_and_repetition_of_options_do_not_count(tmp_path, capsys):
    write_concrete(tmp_path)
    shared = ("table1", "--dataset", "concrete", "--epochs", "2", "--learning-rate", "1e-2")
    assert run_command(tmp_path, *shared, "--method", "MSE", "MAE",
                       "--weight-decay", "1e-4", "0") == 0
    capsys.readouterr()
    assert run_command(tmp_path, *shared, "--method", "MAE", "MSE", "MAE",
                       "--weight-decay", "0", "1e-4", "0") == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["concrete: concrete.npz, split the file's, of other targets than the "
                         "paper's", "2 of 2 cells finished already"]
    cell = json.loads((tmp_path / "out" / "table1" / "concrete" / "mae.json").read_text())
    assert cell["settings"]["grid"]["weight_decay"] == [1e-4, 0.0]


@pytest.mark.parametrize("arguments, message", [
    (["--dataset", "abalone"], "invalid choice: 'abalone' .choose from .*wine_quality"),
    (["--method", "MLE"], "invalid choice: 'MLE' .choose from .*RankSim"),
    (["--epochs", "0"], "--epochs: must be a whole number of at least 2, got '0'"),
    (["--learning-rate", "-1"], "--learning-rate: must be a number above 0, got '-1'"),
    (["--weight-decay", "nan"], "--weight-decay: must be a number of at least 0, got 'nan'"),
    (["--device", "abacus"], "--device: must be a device of torch that can be used here, got "
                             "'abacus'"),
    (["--data-dir", "nowhere"], "no such folder of data: nowhere"),
    (["--dataset", "ic50"], "no file ic50.npz for ic50: there is no folder to look in"),
])
def test_errors_come_before_training(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert main(["table1", "--out", "out", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and re.search(message, err), err
    assert not (tmp_path / "out").exists()


def help_of(command, capsys):
    """The help as one line."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", ["table1", "table3"])
def test_help_says_which_data_sets_are_downloaded(command, capsys):
    """The README names the three that OpenML has."""
    text = help_of(command, capsys)
    downloaded = "concrete", "wine_quality", "superconductivity"
    others = [name for name in TASKS if name not in downloaded]
    assert (f"; downloaded if missing: {', '.join(downloaded)}; never downloaded: "
            f"{', '.join(others)})") in text


@pytest.mark.parametrize("command", ["synthetic", "depth", "spread", "symbolic"])
def test_curves_are_not_downloaded(command, capsys):
    text = help_of(command, capsys)
    assert "the test points are a random half, not the paper's" in text and "download" not in text


def test_data_sets_that_need_a_file_are_not_downloaded(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert main(["table1", "--dataset", "parkinson_motor", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "no file parkinson.npz for parkinson_motor" in err
    assert "the section Data of benchmarks/paper/README.rst says which arrays it must hold" in err
    assert "where to get" not in err


@pytest.mark.parametrize("command, option, words", [
    ("table1", "--method", "methods"), ("table1", "--dataset", "data sets"),
    ("table5", "--variant", "terms of the loss"), ("table6", "--batch-size", "batch sizes"),
    ("sensitivity", "--alpha", "values of alpha"), ("depth", "--layers",
                                                    "numbers of hidden layers"),
])
def test_help_says_what_an_option_names(command, option, words, capsys):
    text = help_of(command, capsys)
    assert f"...] {words} (default: all)" in text.rpartition(f" {option} {{")[2]
    assert "--threads N number of threads (default: 1, " in text


def test_help_says_whose_epochs_they_are(capsys):
    text = help_of("images", capsys)
    assert "linear probe, whose encoder keeps its own (default: that of the protocol)" in text
    assert "--threads N number of threads (default: 1, " in text
