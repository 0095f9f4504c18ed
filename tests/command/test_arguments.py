"""Arguments that are refused, and what the program says about itself."""

import re

import pytest

import sklearn_gar
from sklearn_gar._command.program import main


@pytest.mark.parametrize("arguments, message", [
    (["none.csv", "--target", "y"], "no such file: none.csv"),
    (["--target", "y"], "--target needs a FILE"),
    (["--folds", "1"], "--folds: must be a whole number of at least 2, got '1'"),
    (["--folds", "five"], "--folds: must be a whole number of at least 2, got 'five'"),
    (["--seed", "-1"], "--seed: must be a whole number of at least 0 and at most 4294967295"),
    (["--epochs", "0"], "--epochs: must be a whole number of at least 1"),
    (["--losses", "gar,l2"], "--losses: must be of absolute_error, .*got 'l2'"),
    (["--plot", "nowhere/plot.png"], "--plot: no such folder: nowhere"),
    (["--plot", "plot.doc"], "--plot must end in one of .*png.*, got plot.doc"),
    (["--plot", "plot"], "--plot must end in one of"),
    (["--json", "nowhere/scores.json"], "--json: no such folder: nowhere"),
    (["--json", "."], "--json must be a file, got the folder"),
    (["--report", "nowhere/out.html"], "--report: no such folder: nowhere"),
    (["--report", "."], "--report must be a file, got the folder"),
    (["--report", "out.pdf"], "--report must end in .html or .htm, got out.pdf"),
    (["--colour"], "unrecognized arguments: --colour"),
])
def test_unfit_arguments(arguments, message, tmp_path, refused, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert re.search(message, refused(*arguments))


def test_help_and_version(capsys):
    assert main([]) == 0
    assert "compare" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sklearn_gar {sklearn_gar.__version__}\n"
    assert main(["predict"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
