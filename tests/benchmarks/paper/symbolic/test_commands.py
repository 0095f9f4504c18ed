"""The command `symbolic`: its cells, report and errors."""

import json
import shutil

import pytest

from benchmarks.__main__ import RESULTS, main
from benchmarks.data_files import VARIABLE
from benchmarks.paper.symbolic.report import tables
from benchmarks.paper.symbolic.searches import CURVES, FITNESSES, SPACES


FILES = ("gar", "mae", "mse", "log_mae", "log_mse")


def run_quick(folder, *arguments):
    return main(["symbolic", "--quick", "--out", str(folder), *arguments])


def test_second_run_finds_the_cells_of_the_first(tmp_path, monkeypatch, capsys):
    pytest.importorskip("gplearn", reason="the extra symbolic is absent")
    monkeypatch.delenv(VARIABLE, raising=False)
    assert run_quick(tmp_path, "--dataset", "sine") == 0
    folder = tmp_path / "symbolic_quick"
    written = {path: path.read_bytes() for path in folder.rglob("*.json")}
    assert {path.relative_to(folder).as_posix() for path in written} == {
        f"sine_{space}/{name}.json" for space in SPACES for name in FILES}
    assert {path.name for path in folder.glob("*.png")} == {"figure_4.png", "figure_5.png"}
    out, err = capsys.readouterr()
    assert "A smoke test" in out and "gplearn" in out and "% [" in err
    lost = folder / "sine_trigonometry" / "mae.json"  # as of a run that was killed in this cell
    lost.unlink()
    assert run_quick(tmp_path, "--dataset", "sine") == 0
    assert "9 of 10 cells finished already" in capsys.readouterr().err
    for path, content in written.items():
        again = path.read_bytes()
        if path == lost:
            content, again = (json.loads(text)["found"] for text in (content, again))
        assert again == content
    assert run_quick(tmp_path, "--report", "--space", "trigonometry", "--dataset", "sine") == 0
    out = capsys.readouterr().out
    assert "trigonometry" in out and "no_trigonometry" not in out


@pytest.mark.parametrize("arguments, message", [
    (["--dataset", "cosine"], "invalid choice: 'cosine' (choose from"),
    (["--space", "all"], "invalid choice: 'all' (choose from"),
    (["--fitness", "R2"], "invalid choice: 'R2' (choose from"),
    (["--report"], "no results to report in "),
])
def test_errors_are_one_line(arguments, message, tmp_path, capsys):
    assert main(["symbolic", "--out", str(tmp_path / "out"), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
    for option, names in (("--dataset", CURVES), ("--space", SPACES), ("--fitness", FITNESSES)):
        assert option not in arguments or all(name in err for name in names)
    assert not (tmp_path / "out").exists()


def made_up_results():
    def result(pearson):
        return {"found": [
            {"seed": 1, "formula": "sin(X0)", "length": 2, "pearson": pearson, "mae_test": 0.25,
             "exact": pearson == 1, "shape": True},
            {"seed": 2, "formula": "add(X0, " * 20 + ")" * 20, "length": 40, "pearson": 0.5,
             "mae_test": 0.75, "exact": False, "shape": False}]}
    return {("sine", "trigonometry", "GAR"): result(1.0),
            ("sine", "no_trigonometry", "MAE"): result(0.25)}


def test_tables_equal_those_made_by_hand():
    scores, formulas = tables(made_up_results())
    rows = [line.split() for line in scores.splitlines()]
    assert rows[3] == ("sine trigonometry GAR 0.750 0.250 1.000 0.500 21 1 of 2 1 of 2").split()
    assert rows[4] == ("sine no_trigonometry MAE 0.375 0.125 0.500 0.500 21 0 of 2 1 of 2").split()
    rows = formulas.splitlines()
    assert rows[3].split() == ["sine", "trigonometry", "GAR", "sin(x)"]
    assert rows[4].endswith("... (160 characters)") and "add(x, " in rows[4]


def test_committed_tables_are_in_the_readme(tmp_path, capsys):
    folder = shutil.copytree(RESULTS / "paper" / "symbolic", tmp_path / "symbolic")
    assert main(["symbolic", "--report", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    readme = (RESULTS.parent / "paper" / "README.rst").read_text(encoding="utf-8")
    tables_of_out = [block for block in out.split("\n\n") if block.startswith("====")]
    assert len(tables_of_out) == 2 and all(table in readme for table in tables_of_out)
    assert len(list(folder.rglob("*.json"))) == len(CURVES) * len(SPACES) * len(FITNESSES)


def test_a_report_draws_the_figures_of_the_results_that_there_are(tmp_path):
    pytest.importorskip("matplotlib", reason="the figures need it")
    folder = tmp_path / "symbolic"
    shutil.copytree(RESULTS / "paper" / "symbolic" / "sine_trigonometry",
                    folder / "sine_trigonometry")
    assert main(["symbolic", "--report", "--out", str(tmp_path)]) == 0
    assert [path.name for path in folder.glob("*.png")] == ["figure_5.png"]


def test_committed_searches_find_the_sine():
    for name in FILES:
        path = RESULTS / "paper" / "symbolic" / "sine_trigonometry" / f"{name}.json"
        assert all(one["exact"] for one in json.loads(path.read_text())["found"])
