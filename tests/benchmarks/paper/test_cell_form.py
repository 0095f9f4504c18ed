"""Damaged cells are errors that name the file and what is wrong in it."""

import json

import pytest

from benchmarks.__main__ import RESULTS, main
from benchmarks.paper.cell_file import read_cell
from benchmarks.paper.cell_form import FORMS, Each, check_form
from tests.benchmarks.paper.made_up import write_concrete
from tests.benchmarks.paper.report.made_up_cells import write_table_cell


@pytest.mark.parametrize("experiment", FORMS)
def test_committed_cells_have_the_form_of_their_experiment(experiment):
    paths = list((RESULTS / "paper" / experiment).glob("*/*.json"))
    assert paths and all(read_cell(path)["experiment"] == experiment for path in paths)


@pytest.mark.parametrize("value, form, message", [
    (None, dict, "the file must be an object, got None"),
    ({"a": "3"}, {"a": (int, float)}, "a must be a number, got '3'"),
    ({"a": True}, {"a": int}, "a must be a whole number, got True"),
    ({"a": {"b": []}}, {"a": {"b": [int]}}, "a.b must be a list that is not empty, got []"),
    ({"a": [1, {}]}, {"a": [int]}, r"a[1] must be a whole number, got {}"),
    ({"a": {}}, {"a": {"b": str, "c": str}}, "a must have b, c"),
    ({"a": {"b": 1.0, "c": "x"}}, {"a": Each((int, float))}, "a.c must be a number, got 'x'"),
    ({"a": 1}, {"a": bool}, "a must be true or false, got 1"),
])
def test_error_says_what_must_stand_where(value, form, message):
    with pytest.raises(ValueError) as error:
        check_form(value, form)
    assert str(error.value) == message


DAMAGES = {
    "no score": (("scores",), {}, "scores must have MAE, RMSE, Pearson, Spearman"),
    "no data": (("settings", "data"), None, "settings.data must be an object, got None"),
    "no grid": (("settings", "grid"), "x", "settings.grid must be an object, got 'x'"),
    "no machine": (("machine",), {}, "machine must have cpu, cores"),
    "time in words": (("seconds",), "3", "seconds must be a number, got '3'"),
    "no alpha": (("scores", "MAE", "folds"), [{"test": 1.0}],
                 "scores.MAE.folds[0] must have alpha"),
}


@pytest.mark.parametrize("place, value, message", DAMAGES.values(), ids=list(DAMAGES))
def test_report_names_the_damaged_file(tmp_path, capsys, place, value, message):
    write_table_cell(tmp_path, "table1", "concrete", "GAR")
    path = tmp_path / "table1" / "concrete" / "gar.json"
    damage(path, place, value)
    assert main(["report", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"error: {path} must be the file of a cell, cannot read it: ValueError {message}\n")


def damage(path, place, value):
    cell = json.loads(path.read_text())
    inner = cell
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    path.write_text(json.dumps(cell))


def test_a_damaged_cell_is_not_finished(tmp_path, capsys):
    write_concrete(tmp_path)
    arguments = ["table1", "--dataset", "concrete", "--method", "MAE", "--epochs", "2",
                 "--learning-rate", "1e-2", "--weight-decay", "0", "--data-dir", str(tmp_path),
                 "--out", str(tmp_path)]
    assert main(arguments) == 0
    path = tmp_path / "table1" / "concrete" / "mae.json"
    whole = json.loads(path.read_text())
    damage(path, ("scores",), {})
    capsys.readouterr()
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert "finished already" not in err and f"error: {path} must be the file of a cell" in err
    assert main([*arguments, "--rerun"]) == 0
    assert json.loads(path.read_text())["scores"] == whole["scores"]


def test_damaged_statistics_are_named(tmp_path, capsys):
    write_table_cell(tmp_path, "table1", "concrete", "GAR")
    (tmp_path / "table3").mkdir()
    content = json.loads((RESULTS / "paper" / "table3" / "concrete.json").read_text())
    path = tmp_path / "table3" / "concrete.json"
    path.write_text(json.dumps({**content, "rows": None}))
    assert main(["report", "--out", str(tmp_path)]) == 2
    assert f"error: {path} must be statistics of data" in capsys.readouterr().err
