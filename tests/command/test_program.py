"""The program as a whole: what it prints and writes, from the shell as well."""

import subprocess
import sys

import matplotlib.image
import pytest

from sklearn_gar.__main__ import main
from sklearn_gar._command.preprocessing import MAX_INDICATORS, MAX_LEVELS
from tests.command.conftest import LABELS, QUICK, plain_frame, read_scores


def test_diabetes_without_arguments(capsys):
    assert main(["compare", "--epochs", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("scikit-learn's diabetes data: 442 rows, 10 features, 5 folds")
    assert list(read_scores(out)) and len(read_scores(out)) == 6
    assert len(err.splitlines()) == 30
    assert out.splitlines()[-1].endswith(".")


def test_max_rows(csv, capsys):
    assert main(["compare", csv(), "--target", "y", "--max-rows", "30", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert "table.csv: 30 rows" in out
    assert "note: 30 of 60 rows drawn" in err


def test_one_feature(csv, capsys):
    path = csv(plain_frame()[["a", "y"]], index=True)
    assert main(["compare", path, "--target", "y", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("table.csv: 60 rows, 1 feature, 5 folds, seed 0\n")
    assert err.startswith("note: 1 column of row numbers left out")


def test_plot(csv, tmp_path, capsys):
    assert main(["compare", csv(), "--target", "y", *QUICK,
                 "--plot", str(tmp_path / "plot.png")]) == 0
    height, width, _ = matplotlib.image.imread(tmp_path / "plot.png").shape
    assert width > 2 * height > 400


def test_output_that_cannot_be_written(csv, tmp_path, capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_text", fail)
    assert main(["compare", csv(), "--target", "y", *QUICK, "--json",
                 str(tmp_path / "scores.json")]) == 2
    out, err = capsys.readouterr()
    assert set(read_scores(out)) == LABELS
    assert err.splitlines()[-1] == (
        f"error: --json: cannot write {tmp_path}/scores.json: No space left on device")


def test_diabetes_needs_no_extra():
    code = """if True:
        import sys
        from importlib.machinery import PathFinder

        class Finder(PathFinder):
            def find_spec(name, *args):
                if name.split(".")[0] not in ("pandas", "polars", "pyarrow", "matplotlib"):
                    return PathFinder.find_spec(name, *args)

        sys.meta_path[:] = [Finder if one is PathFinder else one for one in sys.meta_path]
        from sklearn_gar.__main__ import main
        sys.exit(main(["compare", "--max-rows", "40", "--epochs", "1", "--losses", "gar"]))
        """
    shell = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                           timeout=60)
    assert shell.returncode == 0
    assert "40 rows, 10 features" in shell.stdout and "failed" not in shell.stdout


def test_help_says_what_each_model_is_given(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["compare", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "GARRegressor takes categories and missing values as they are" in text
    assert f"more than {MAX_LEVELS} levels" in text
    assert f"at most {MAX_INDICATORS} indicators a column" in text
    assert "replaced by the median and marked by an indicator" in text


def test_from_the_shell():
    shell = subprocess.run([sys.executable, "-m", "sklearn_gar", "compare", "--help"],
                           capture_output=True, text=True, timeout=60)
    assert shell.returncode == 0 and shell.stderr == ""
    for option in ("--target", "--losses", "--folds", "--seed", "--epochs", "--plot",
                   "--report"):
        assert option in shell.stdout
