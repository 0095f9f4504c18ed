"""The command `images`: smoke tests of all tasks, interruptions, options and errors."""

import json
import math
import re

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.data_files import VARIABLE
from benchmarks.paper.images import cell
from benchmarks.paper.images.protocol import IMAGE_METRICS, IMAGE_TASKS
from tests.benchmarks.paper.images.made_up import write_agedb


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def run_command(folder, *arguments):
    return main(["images", *arguments, "--out", str(folder)])


def read_cells(folder):
    return {(content["task"], content["case"]): content for content in (
        json.loads(path.read_text()) for path in sorted(folder.rglob("*.json")))}


def check_scores(content, n_seeds):
    assert list(content["scores"]) == list(IMAGE_METRICS)
    for score in content["scores"].values():
        tests = [run["test"] for run in score["seeds"]]
        assert len(tests) == n_seeds and all(map(math.isfinite, tests))
        assert score["mean"] == pytest.approx(sum(tests) / n_seeds)


def test_quick_run_has_a_cell_for_every_method_and_is_not_repeated(tmp_path, capsys):
    assert run_command(tmp_path, "--quick") == 0
    cells = read_cells(tmp_path / "images_quick")
    assert set(cells) == {(task, method) for task in ("digits_scratch", "digits_rnc_linear_probe")
                          for method in IMAGE_TASKS[task].methods}
    for content in cells.values():
        check_scores(content, n_seeds=2)
        assert content["experiment"] == "images_quick" and content["device"] == "cpu"
        assert content["settings"]["n_images"] == 32 and content["networks"] == 2
    assert not (tmp_path / "images").exists()
    capsys.readouterr()
    assert run_command(tmp_path, "--quick") == 0
    assert "15 of 15 cells finished already" in capsys.readouterr().err


def test_quick_run_reads_the_images_of_agedb(tmp_path):
    write_agedb(tmp_path)
    assert run_command(tmp_path, "--quick", "--dataset", "agedb_scratch",
                       "agedb_rnc_linear_probe", "--method", "GAR", "--seeds", "1",
                       "--data-dir", str(tmp_path)) == 0
    cells = read_cells(tmp_path / "images_quick")
    assert set(cells) == {("agedb_scratch", "GAR"), ("agedb_rnc_linear_probe", "GAR")}
    for content in cells.values():
        check_scores(content, n_seeds=1)
        assert content["settings"]["data"]["split"] == "10/3/3, not the paper's"


@pytest.fixture
def trainings(monkeypatch):
    """Trainings that take no time; those of the list `stops` are interrupted."""
    calls, stops = [], []

    def train(images, method, recipe, candidate, seed, *hardware):
        calls.append((method.loss, candidate, seed))
        if len(calls) in stops:
            raise KeyboardInterrupt
        return np.full((2, 4, 1), 0.5)
    monkeypatch.setattr(cell, "train_scratch", train)
    train.calls, train.stops = calls, stops
    return train


def test_interrupted_run_loses_one_cell_only(tmp_path, trainings, capsys):
    arguments = "--dataset", "digits_scratch", "--method", "MAE", "MSE", "GAR"
    trainings.stops.append(10)  # each cell of MAE and of MSE has 3 + 4 trainings
    assert run_command(tmp_path, *arguments) == 130
    assert "run the same command again to continue" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "images" / "digits_scratch").iterdir()] == [
        "mae.json"]
    trainings.calls.clear()
    trainings.stops.clear()
    assert run_command(tmp_path, *arguments) == 0
    assert "1 of 3 cells finished already" in capsys.readouterr().err
    losses = [loss for loss, *_ in trainings.calls]
    assert losses == ["SquaredErrorLoss"] * 7 + ["GARLoss"] * 13
    assert len(read_cells(tmp_path / "images")) == 3


def test_grid_epochs_and_seeds_can_be_changed(tmp_path, trainings):
    assert run_command(tmp_path, "--dataset", "digits_scratch", "--method", "Huber",
                       "--learning-rate", "0.01", "0.5", "--weight-decay", "0", "--seeds", "3",
                       "--epochs", "7") == 0
    (content,) = read_cells(tmp_path).values()
    assert content["settings"]["grid"] == {"learning_rate": [0.5, 0.01], "weight_decay": [0.0],
                                           "delta": [0.25, 1.0, 4.0]}
    assert content["settings"]["seeds"] == [1, 2, 3]
    assert content["settings"]["recipe"]["n_epochs"] == 7
    assert [seed for *_, seed in trainings.calls] == [1] * 6 + [2, 3]


@pytest.mark.parametrize("arguments, message", [
    (["--dataset", "imdb"], "invalid choice: 'imdb' .choose from .*agedb_scratch.*digits_scratch"),
    (["--method", "RNC"], "invalid choice: 'RNC' .choose from .*RankSim.*GAR"),
    (["--method", "ConR", "RankSim", "--dataset", "digits_rnc_linear_probe"],
     "--method must name a method of the tasks, got ConR, RankSim; the tasks have "
     "digits_rnc_linear_probe: MAE, MSE, .*GAR"),
    (["--seeds", "6"], "--seeds: must be a whole number from 1 to 5, got '6'"),
    (["--dataset", "agedb_scratch"], "no file agedb.csv for AgeDB: there is no folder to look "
                                     "in.*must hold agedb.csv with the columns"),
    (["--dataset", "agedb_scratch", "--data-dir", "."], "no file agedb.csv for AgeDB: looked in"),
    (["--device", "abacus"], "--device: must be a device of torch that can be used here, got "
                             "'abacus'"),
    (["--device", "meta"], "--device: must be .*got 'meta'"),
])
def test_errors_come_before_training(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_command(tmp_path / "out", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and re.search(message, err), err
    assert not (tmp_path / "out").exists()


def test_tasks_are_those_of_the_paper():
    """Section 4.2 and Table 1: RNC only as the encoder; RankSim and ConR only from scratch."""
    scratch, probe = (IMAGE_TASKS[f"agedb_{name}"] for name in ("scratch", "rnc_linear_probe"))
    assert list(scratch.methods) == ["MAE", "MSE", "Huber", "Focal(MAE)", "Focal(MSE)",
                                     "RankSim", "ConR", "GAR"]
    assert list(probe.methods) == ["MAE", "MSE", "Huber", "Focal(MAE)", "Focal(MSE)", "GAR"]
    # B.7
    assert scratch.methods["GAR"].values == (0.1,) and probe.methods["GAR"].values == (1.0,)
    assert scratch.recipe.n_epochs == probe.encoder.recipe.n_epochs == 400
    assert probe.recipe.n_epochs == 100 and probe.encoder.candidate.value == 2.0
    for task in (scratch, probe):
        assert task.recipe.batch_size == 256 and len(task.seeds) == 5
        assert task.learning_rates == (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
    assert scratch.weight_decays == (1e-6, 1e-5, 1e-4, 1e-3)
    assert set(probe.weight_decays) == {0.0, *scratch.weight_decays}
