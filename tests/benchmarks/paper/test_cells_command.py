"""What commands with tables of their own share: figures, references, rows."""

import shutil

import pytest

from benchmarks.__main__ import RESULTS, main

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
        assert "note: no figures, which are drawn when all cells are asked for, here " in (
            err := capsys.readouterr().err) and f" of {n_cells}" in err
        assert drawn_anew(folder) == []
    assert main([command, "--report", "--out", str(tmp_path)]) == 0
    assert "no figures" not in capsys.readouterr().err
    assert drawn_anew(folder) == list(DRAWN[command])


def test_run_of_some_names_leaves_the_figures_as_they_are(committed, tmp_path, capsys):
    folder = committed("gradients")
    assert main(["gradients", "--out", str(tmp_path), *SOME["gradients"]]) == 0
    err = capsys.readouterr().err
    assert "2 of 2 cells are finished already" in err and "note: no figures" in err
    assert drawn_anew(folder) == []
