"""What commands with tables of their own share: figures, references, rows."""

import json
import shutil

import numpy as np
import pytest

from benchmarks.__main__ import RESULTS, main
from benchmarks.data_files import VARIABLE

DRAWN = {"gradients": ("errors.png",), "spread": ("changes.png",),
         "symbolic": ("figure_4.png", "figure_5.png")}
SOME = {"gradients": ("--function", "sine", "--noise", "none", "--loss", "GAR", "MSE"),
        "spread": ("--change", "relu"),
        "symbolic": ("--dataset", "sine", "--fitness", "MAE")}


@pytest.fixture
def committed(tmp_path):
    """Copies the committed results of a command, with figures that any drawing replaces."""
    def copy(command):
        folder = shutil.copytree(RESULTS / "paper" / command, tmp_path / command)
        for name in DRAWN.get(command, ()):
            (folder / name).write_text("as it was")
        return folder
    return copy


def drawn_anew(folder):
    return [path.name for path in sorted(folder.glob("*.png"))
            if path.read_bytes().startswith(b"\x89PNG")]


@pytest.mark.parametrize("command", DRAWN)
def test_figures_are_drawn_of_all_cells_only(command, committed, tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="the figures need it")
    folder = committed(command)
    n_cells = len(list(folder.rglob("*.json")))
    for names in (SOME[command], SOME[command][:2]):
        assert main([command, "--report", "--out", str(tmp_path), *names]) == 0
        assert (f"note: the figures are left as they are; they are drawn when all {n_cells} cells "
                "are asked for, not ") in capsys.readouterr().err
        assert drawn_anew(folder) == []
    assert main([command, "--report", "--out", str(tmp_path)]) == 0
    assert "left as they are" not in capsys.readouterr().err
    assert drawn_anew(folder) == list(DRAWN[command])


def test_run_of_some_names_leaves_the_figures_as_they_are(committed, tmp_path, capsys):
    folder = committed("gradients")
    assert main(["gradients", "--out", str(tmp_path), *SOME["gradients"]]) == 0
    err = capsys.readouterr().err
    assert "2 of 2 cells finished already" in err and "left as they are" in err
    assert drawn_anew(folder) == []


def rows_of(out, start):
    """Words of the lines whose first cell this is."""
    return [line.split() for line in out.splitlines() if line.startswith(f"{start}  ")]


def tables_of(out):
    return [block.splitlines() for block in out.split("\n\n") if block.startswith("====")]


def test_reference_on_disk_is_used_though_it_is_not_named(committed, tmp_path, capsys):
    committed("spread")
    assert main(["spread", "--report", "--out", str(tmp_path)]) == 0
    whole = capsys.readouterr().out.splitlines()
    assert main(["spread", "--report", "--out", str(tmp_path), "--dataset", "sine", "--change",
                 "relu"]) == 0
    out, err = capsys.readouterr()
    assert "not compared" not in err and "sq_sine" not in out
    choices, changes, trials = tables_of(out)
    squeezed = [line.split() for line in whole]
    for table in (choices, changes, trials):
        assert len(table) > 4  # the header and its rules
        assert all(line.split() in squeezed for line in table[3:-1])
    assert ["none", "ReLU"] == [line.split()[1] for line in changes[3:-1]]


def test_without_its_reference_a_table_has_no_comparison(committed, tmp_path, capsys):
    folder = committed("spread")
    (folder / "sine" / "protocol.json").unlink()
    assert main(["spread", "--report", "--out", str(tmp_path), "--dataset", "sine", "--change",
                 "relu", "tanh"]) == 0
    out, err = capsys.readouterr()
    assert ("note: sine is not compared with protocol, whose result is missing; --change "
            "protocol runs it") in err
    changes, _ = tables_of(out)
    for line in changes[3:-1]:
        *_, difference, p, agreement, share = line.split()
        assert (difference, p, agreement) == ("-", "-", "-") and share.endswith("%")
    assert "Five of the twenty seeds" not in out and len(changes) == 6


def test_a_reference_of_other_settings_is_noted_once(committed, tmp_path, capsys):
    path = committed("spread") / "sine" / "protocol.json"
    cell = json.loads(path.read_text())
    path.write_text(json.dumps({**cell, "settings": {**cell["settings"], "seeds": [1]}}))
    for names in ([], ["--change", "relu"]):
        assert main(["spread", "--report", "--out", str(tmp_path), *names]) == 0
        err = capsys.readouterr().err
        assert err.count("left out") == err.count("sine is not compared with protocol") == 1


def test_rivals_are_compared_with_the_reference_on_disk(committed, tmp_path, capsys):
    folder = committed("rivals")
    assert main(["rivals", "--report", "--out", str(tmp_path)]) == 0
    whole = rows_of(capsys.readouterr().out, "ConR")
    arguments = ["rivals", "--report", "--out", str(tmp_path), "--question", "conr", "--setting",
                 "ConR"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert rows_of(out, "ConR") == whole and len(whole) == 2 and "not compared" not in err
    for path in folder.glob("*/gar_10.json"):
        path.unlink()
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert [row[:3] for row in rows_of(out, "ConR")] == [[*row[:2], "-"] for row in whole]
    assert err.count("missing; --setting 'GAR(10)' runs it") == 2


def test_cells_of_different_rows_are_not_compared(tmp_path, monkeypatch, capsys):
    """Those of a random half of the points, beside those of the half of a file."""
    monkeypatch.delenv(VARIABLE, raising=False)
    arguments = ["spread", "--quick", "--dataset", "sine", "--out", str(tmp_path)]
    assert main([*arguments, "--change", "relu"]) == 0
    np.savez(tmp_path / "sine.npz", ids=np.random.default_rng(0).permutation(629))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main([*arguments, "--change", "protocol"]) == 0
    capsys.readouterr()
    assert main([*arguments, "--report"]) == 2
    out, err = capsys.readouterr()
    folder = tmp_path / "spread_quick" / "sine"
    assert out == "" and err == (
        "error: the cells of sine must be trained on the same rows, got formula and sine.npz, "
        f"split the paper's in {folder / 'protocol.json'}, but formula, split random, seed 123; "
        f"not the paper's in {folder / 'relu.json'}; run them again with the same data and "
        "--rerun\n")
    assert main([*arguments, "--report", "--change", "relu"]) == 0
    out, err = capsys.readouterr()
    assert f"note: {folder / 'protocol.json'} is left out, it was trained on other rows" in err
    (row,) = rows_of(out, "sine   ReLU instead of ELU")
    assert row[-4:-1] == ["-", "-", "-"] and "not compared with protocol" in err


@pytest.mark.parametrize("command, names", [("rivals", "conr_parkinson_total/conr"),
                                            ("symbolic", "sine_trigonometry/mse")])
def test_rows_are_checked_in_every_report(command, names, committed, tmp_path, capsys):
    path = committed(command) / f"{names}.json"
    cell = json.loads(path.read_text())
    cell["settings"]["data"]["sha256"] = "0" * 64
    path.write_text(json.dumps(cell))
    assert main([command, "--report", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "must be trained on the same rows" in err and str(path) in err
