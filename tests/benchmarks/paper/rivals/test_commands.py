"""The command `rivals`: its cells, report and errors."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.__main__ import RESULTS, main
from benchmarks.paper.cell_file import read_cell
from benchmarks.paper.rivals import commands
from benchmarks.paper.rivals.report import table
from benchmarks.paper.rivals.settings import QUESTIONS
from benchmarks.paper.rivals.trials import MEASURES, run_rival
from tests.benchmarks.paper.made_up import write_sets
from tests.benchmarks.paper.stopping import stopped_in_the_third


@pytest.fixture
def run_quick(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_GAR_DATA", str(tmp_path))
    write_sets(tmp_path)
    return lambda *arguments: main(["rivals", "--quick", "--out", str(tmp_path), *arguments])


def test_stopped_run_continues_and_loses_one_cell_only(run_quick, tmp_path, capsys, monkeypatch):
    arguments = "--question", "conr", "--setting", "GAR(10)", "ConR, window 0.5"
    with monkeypatch.context() as patch:
        patch.setattr(commands, "run_rival", stopped_in_the_third(run_rival))
        assert run_quick(*arguments) == 130
    folder = tmp_path / "rivals_quick"
    written = {path: path.read_bytes() for path in folder.rglob("*.json")}
    assert {path.relative_to(folder).as_posix() for path in written} == {
        "conr_parkinson_total/gar_10.json", "conr_parkinson_motor/gar_10.json"}
    capsys.readouterr()
    assert run_quick(*arguments) == 0
    out, err = capsys.readouterr()
    assert "2 of 4 cells finished already" in err and "A smoke test" in out
    assert all(path.read_bytes() == content for path, content in written.items())
    assert len(list(folder.rglob("*.json"))) == 4
    settings = read_cell(folder / "conr_parkinson_total" / "conr_window_0.5.json")["settings"]
    assert settings["window"] == 0.5 and settings["standardised"] and settings["folds"] == [0]


@pytest.mark.parametrize("arguments, message", [
    (["--question", "why"], "invalid choice: 'why' (choose from"),
    (["--setting", "GAR(3)"], "invalid choice: 'GAR(3)' (choose from"),
    (["--report"], "no results to report in "),
    (["--question", "huber", "--setting", "ConR"], "none of the questions asked for (huber) "
     "has the settings ConR; conr has ConR"),
    (["--setting", "nothing"], "; ConR, window 0.1; "),
])
def test_errors_are_one_line(arguments, message, tmp_path, capsys):
    assert main(["rivals", "--out", str(tmp_path / "out"), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
    names = {name for question in QUESTIONS.values() for name in question.rivals}
    assert "--question" not in arguments[:1] or "invalid" not in message or all(
        name in err for name in QUESTIONS)
    assert "--setting" not in arguments[:1] or all(name in err for name in names)
    assert not (tmp_path / "out").exists()


def test_table_has_means_and_the_paired_test_of_scipy():
    rng = np.random.default_rng(0)
    found = {name: {"folds": [{measure: rng.uniform(1, 2) for measure in MEASURES}
                              for _ in range(4)]} for name in ("GAR(10)", "MAE", "Huber(1)")}
    found["Huber(1)"]["folds"][2]["RMSE"] = None  # diverged
    gar, mae, huber = (line.split() for line in table(found).splitlines()[3:-1])
    errors = [[fold["MAE"] for fold in found[name]["folds"]] for name in ("MAE", "GAR(10)")]
    assert mae[:3] == ["MAE", f"{np.mean(errors[0]):.3f}",
                       f"{stats.ttest_rel(*errors).pvalue:.3f}"]
    assert gar[2] == "-" and huber.count("lost") == 1
    assert mae[3:] == [f"{np.mean([fold[name] for fold in found['MAE']['folds']]):.3f}"
                       for name in MEASURES[1:]]


def test_committed_tables_are_in_the_readme(monkeypatch, capsys):
    monkeypatch.delenv("SKLEARN_GAR_DATA", raising=False)
    assert main(["rivals", "--report"]) == 0
    out, err = capsys.readouterr()
    assert "left out" not in err
    readme = (RESULTS.parent / "paper" / "README.rst").read_text(encoding="utf-8")
    tables = [block for block in out.split("\n\n") if block.startswith("====")]
    assert len(tables) == 3 and all(one in readme for one in tables)
    assert len(list((RESULTS / "paper" / "rivals").rglob("*.json"))) == sum(
        len(question.tasks) * len(question.rivals) for question in QUESTIONS.values())
