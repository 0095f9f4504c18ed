"""Arguments that are refused, and what the program says about itself."""

import os
import re
import sys
from pathlib import Path

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
    (["--report", "table.csv/out.html"], "--report: table.csv is a file, not a folder"),
    (["--report", "x" * 300 + ".html"], "--report: cannot write x*.html: .*; name another file"),
    (["--report", "link.html"], "--report: cannot write link.html: .*; name another file"),
    (["--plot", "link.html"], "--plot: cannot write link.html: "),
    (["--json", "table.csv/scores.json"], "--json: table.csv is a file, not a folder"),
    (["table.csv", "--target", "y", "--json", "table.csv"],
     "--json must be another file than the data, got table.csv"),
    (["--report", "a.html", "--json", "a.html"],
     "--json must be another file than --report, got a.html"),
    (["--plot", "same.svg", "--json", "./same.svg"],
     "--json must be another file than --plot, got same.svg"),
    (["--report", ""], "--report: must be a file, got '': name a file, or leave the option out"),
    (["--json", "new/"], "--json: must be a file, got the folder 'new/': add the name of a file"),
    (["--json", "new/."], "--json: must be a file, got the folder 'new/.': add the name of a f"),
    (["--json", "-"], "--json: must be a file, got '-', and the standard output is not offered: "
                      "name a file"),
    (["x" * 300, "--target", "y"], "cannot read x*: "),
    (["--report", "out.pdf"], "--report must end in .html or .htm, got out.pdf"),
    (["--colour"], "unrecognized arguments: --colour"),
])
def test_unfit_arguments(arguments, message, tmp_path, refused, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text("x,y\n1,2\n")
    (tmp_path / "link.html").symlink_to("nowhere/out.html")
    assert re.search(message, refused(*arguments))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "table.csv"]
    assert (tmp_path / "table.csv").read_text() == "x,y\n1,2\n"


def read_only_folder(tmp_path):
    """A folder that nobody can write to, whatever its permissions say to root."""
    folder = tmp_path / "read only"
    folder.mkdir(mode=0o500)
    return folder if os.geteuid() else Path("/proc")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have other permissions there")
@pytest.mark.parametrize("option, name", [("--report", "out.html"), ("--plot", "plot.png"),
                                          ("--json", "scores.json")])
def test_a_folder_that_cannot_be_written_to_is_refused(option, name, tmp_path, refused):
    path = read_only_folder(tmp_path) / name
    assert re.search(f"{option}: cannot write {path}: .*; name another file",
                     refused(option, str(path)))


def test_checking_a_place_leaves_files_as_they_are(tmp_path, refused):
    (tmp_path / "old.html").write_text("old")
    before = (tmp_path / "old.html").stat()
    refused("--report", str(tmp_path / "old.html"), "--json", str(tmp_path / "new.json"),
            "--plot", str(tmp_path / "plot.doc"))
    after = (tmp_path / "old.html").stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["old.html"]


@pytest.mark.parametrize("link, is_written", [(os.symlink, True), (os.symlink, False),
                                              (os.link, True)])
def test_a_link_to_another_output_is_refused(link, is_written, tmp_path, refused):
    report, scores = tmp_path / "out.html", tmp_path / "scores.json"
    if is_written:
        report.write_text("old")
    link(report, scores)
    assert refused("--report", str(report), "--json", str(scores)) == (
        f"--json must be another file than --report, got {scores}")
    assert not report.exists() or report.read_text() == "old"


@pytest.mark.parametrize("name, told", [("stdout", "the standard output"),
                                        ("stderr", "the standard error")])
def test_the_file_of_a_stream_is_refused(name, told, tmp_path, capsys, monkeypatch):
    path = tmp_path / "scores.json"
    with path.open("w") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, name, stream)
        assert main(["compare", "--json", str(path)]) == 2
    error = f"error: --json must be another file than {told}, got {path}\n"
    assert (path.read_text() if name == "stderr" else capsys.readouterr().err) == error


def test_a_link_to_a_new_file_may_be_written(tmp_path, capsys):
    (tmp_path / "scores.json").symlink_to("real.json")
    assert main(["compare", "--max-rows", "30", "--epochs", "1", "--losses", "gar", "--folds", "2",
                 "--json", str(tmp_path / "scores.json")]) == 0
    assert (tmp_path / "real.json").read_text().startswith("{")


def test_help_and_version(capsys):
    assert main([]) == 0
    assert "compare" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sklearn_gar {sklearn_gar.__version__}\n"
    assert main(["predict"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
