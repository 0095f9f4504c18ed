"""A finished cell in one line."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.data_files import VARIABLE
from benchmarks.paper.cell_line import line
from tests.benchmarks.paper.made_up import write_concrete

PATH = Path("a") / "b.json"
SHORT = "--epochs", "2", "--learning-rate", "1e-2", "--weight-decay", "0"


@pytest.mark.parametrize("cell, text", [
    ({"scores": {"MAE": {"mean": 4.5578}, "Pearson": {"mean": 0.92849}}},
     "MAE 4.558, Pearson 0.928"),
    ({"scores": {"MAE": {"mean": None, "folds": []}, "RMSE": {"mean": None, "folds": []}}},
     "lost: all networks of a fold diverged"),
    ({"scores": {"MAE": {"mean": None, "seeds": []}}}, "lost: all networks of a seed diverged"),
    ({"pearson_mean": 0.68349}, "mean correlation 0.683"),
    ({"pearson_mean": None}, "lost: the networks diverged"),
    ({"stack": {"all": {"mean": 0.00015180}}, "loop": {"all": {"mean": 0.0389061}}},
     "0.152 ms an epoch in a stack, 38.9 ms an epoch in a loop"),
])
def test_line_has_the_file_and_the_main_scores(cell, text):
    assert line(PATH, cell) == f"{PATH}: {text}"


def test_each_cell_asked_for_has_a_line(tmp_path, capsys):
    write_concrete(tmp_path)

    def run(*methods, rate="1e-2"):
        code = main(["table1", "--dataset", "concrete", "--method", *methods, "--epochs", "2",
                     "--learning-rate", rate, "--weight-decay", "0", "--data-dir", str(tmp_path),
                     "--out", str(tmp_path / "out")])
        return code, *capsys.readouterr()
    run("MAE")
    code, out, err = run("MAE", "MSE")  # one is finished already
    folder = tmp_path / "out" / "table1" / "concrete"
    assert code == 0 and len(out.splitlines()) == 2
    for text, name in zip(out.splitlines(), ("mae.json", "mse.json")):
        scores = json.loads((folder / name).read_text())["scores"]
        means = {metric: np.mean([fold["test"] for fold in score["folds"]])
                 for metric, score in scores.items()}
        assert text == f"{folder / name}: " + ", ".join(
            f"{metric} {mean:.3f}" for metric, mean in means.items())
    assert err.splitlines()[-1] == (
        f"for the tables: python -m benchmarks report --out {tmp_path / 'out'}")
    assert main(["report", "--out", str(tmp_path / "out"), "--to", str(tmp_path / "page")]) == 0
    assert (tmp_path / "page" / "README.rst").is_file()
    capsys.readouterr()
    code, out, err = run("MAE", rate="1e-3")  # of other settings: not what was asked for
    assert code == 2 and out == "" and "for the tables" not in err


@pytest.mark.parametrize("arguments, text", [
    (["synthetic", "--dataset", "sine", "--method", "MAE", *SHORT], ": mean correlation "),
    (["depth", "--layers", "2", "--method", "MAE", *SHORT], ": mean correlation "),
    (["table2", "--dataset", "concrete", "--method", "MAE", *SHORT], " ms an epoch in a loop"),
    (["images", "--quick", "--dataset", "digits_rnc_linear_probe", "--method", "MAE"], ", R2 "),
])
def test_every_experiment_has_lines(arguments, text, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    write_concrete(tmp_path)
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    out, err = capsys.readouterr()
    (path,) = (tmp_path / "out").glob("*/*/mae.json")
    assert out.startswith(f"{path}: ") and out.count("\n") == 1 and text in out
    assert ("for the tables: " in err) == ("--quick" not in arguments)
