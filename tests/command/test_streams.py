"""Streams that are closed, full or without a reader, and files that cannot be written."""

import json
import os
import shlex
import subprocess
import sys

import pytest

from sklearn_gar._command import program
from sklearn_gar._command.program import main

QUICKEST = ["compare", "--max-rows", "30", "--epochs", "1", "--losses", "gar", "--folds", "2"]
FULL = "error: cannot write to the standard output: No space left on device"
needs_full_device = pytest.mark.skipif(not os.path.exists("/dev/full"),
                                       reason="Linux has a device that is always full")


def errors_after_progress(stderr):
    """Lines after one note, on the rows that are drawn, and a line for each of 3 models x 2 folds.
    """
    note, *lines = stderr.splitlines()
    assert note.startswith("note: ")
    assert len(lines) >= 6 and all(line.startswith("[") for line in lines[:6])
    return lines[6:]


def is_complete(path):
    """Whether the scores of all three models are in the file."""
    return len(json.loads(path.read_text())["scores"]) == 3


def shell(arguments, redirection, **kwargs):
    """The finished command, its streams redirected by the shell."""
    command = shlex.join([sys.executable, "-m", "sklearn_gar", *arguments])
    return subprocess.run(["sh", "-c", f"{command} {redirection}"], text=True, timeout=60,
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs})


@needs_full_device
def test_stdout_is_full(tmp_path):
    done = shell([*QUICKEST, "--json", str(tmp_path / "scores.json")], "> /dev/full")
    assert done.returncode == 2
    assert is_complete(tmp_path / "scores.json")
    assert errors_after_progress(done.stderr) == [FULL]


@pytest.mark.skipif(os.name == "nt", reason="a broken pipe is another error there")
def test_stdout_has_no_reader(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = shell([*QUICKEST, "--json", str(tmp_path / "scores.json")], "", stdout=writer)
    finally:
        os.close(writer)
    assert done.returncode == 128 + 13  # as after SIGPIPE
    assert is_complete(tmp_path / "scores.json")
    assert errors_after_progress(done.stderr) == []


@pytest.mark.skipif(os.name == "nt", reason="the shell is another there")
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams(redirection, tmp_path):
    done = shell([*QUICKEST, "--json", str(tmp_path / "scores.json")], redirection)
    assert done.returncode == 0
    assert is_complete(tmp_path / "scores.json")
    has_stdout, has_stderr = ">&-" not in redirection.split(), "2>&-" not in redirection
    assert done.stdout.startswith("scikit-learn's diabetes data: 30 rows" * has_stdout)
    assert bool(done.stdout) == has_stdout
    assert errors_after_progress(done.stderr) == [] if has_stderr else done.stderr == ""


@needs_full_device
def test_stderr_is_full(tmp_path, capsys, monkeypatch):
    with open("/dev/full", "w") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", full)
        assert main([*QUICKEST, "--json", str(tmp_path / "scores.json")]) == 0
    assert is_complete(tmp_path / "scores.json")
    assert capsys.readouterr().out.startswith("scikit-learn's diabetes data: 30 rows")


@needs_full_device
@pytest.mark.parametrize("arguments", [[], ["--help"], ["compare", "--help"], ["--version"]])
def test_help_without_space(arguments, capsys, monkeypatch):
    # leaving the block closes the file, which fails if the text is still in its buffer
    with open("/dev/full", "w") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        assert main(arguments) == 2
    assert capsys.readouterr().err == FULL + "\n"


@needs_full_device
def test_each_output_is_written_on_its_own(tmp_path, capsys):
    plot, report, scores = (tmp_path / name for name in ("full.svg", "ok.html", "ok.json"))
    plot.symlink_to("/dev/full")
    assert main([*QUICKEST, "--plot", str(plot), "--report", str(report),
                 "--json", str(scores)]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("scikit-learn's diabetes data: 30 rows")
    assert errors_after_progress(err) == [
        f"error: --plot: cannot write {plot}: No space left on device"]
    assert is_complete(scores)
    assert report.read_text(encoding="utf-8").endswith("</html>\n")


@needs_full_device
def test_every_output_that_cannot_be_written_is_told(tmp_path, capsys):
    paths = {"--json": "a.json", "--report": "a.html", "--plot": "a.png"}
    for name in paths.values():
        (tmp_path / name).symlink_to("/dev/full")
    arguments = [word for option, name in paths.items() for word in (option, tmp_path / name)]
    assert main([*QUICKEST, *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("scikit-learn's diabetes data: 30 rows")
    assert sorted(errors_after_progress(err)) == sorted(
        f"error: {option}: cannot write {tmp_path / name}: No space left on device"
        for option, name in paths.items())


def test_the_result_is_printed_if_writing_is_interrupted(tmp_path, capsys, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt
    monkeypatch.setattr(program, "write_outputs", interrupt)
    assert main([*QUICKEST, "--json", str(tmp_path / "scores.json")]) == 130
    out, err = capsys.readouterr()
    assert out.startswith("scikit-learn's diabetes data: 30 rows")
    assert err.splitlines()[-1] == "interrupted"
