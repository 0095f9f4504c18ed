"""Files of fitted regressors are measured."""

import io
import json

import joblib
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

from benchmarks.__main__ import RESULTS, main
from benchmarks.files import commands, formats


def test_files_are_measured(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(commands, "REGRESSORS", ("GARRegressor", "HistGradientBoosting"))
    assert main(["files", "--quick", "--out", str(tmp_path)]) == 0
    records = json.loads((tmp_path / "files_quick.json").read_text())["records"]
    assert [record["regressor"] for record in records] == ["GARRegressor", "HistGradientBoosting"]
    ours, trees = (record["formats"] for record in records)
    assert all(result["bytes"] > 1000 and result["seconds"] > 0 for result in ours.values())
    assert trees["onnx"] is None and trees["joblib"]["bytes"] > 1000
    assert capsys.readouterr().out == commands.table(records) + "\n"


def test_the_size_is_that_of_the_file():
    model = Ridge().fit(*load_diabetes(return_X_y=True))
    joblib.dump(model, file := io.BytesIO())
    assert formats.measure(model, 1)["joblib"]["bytes"] == len(file.getvalue())


def test_table_equals_one_made_by_hand():
    results = {"joblib": {"bytes": 1234, "seconds": 0.0256}, "skops": None, "onnx": None}
    (row,) = commands.table([{"table": "a", "regressor": "b", "formats": results}]
                            ).splitlines()[3:-1]
    assert row.split() == ["a", "b", "1", "25.6", "--", "--", "--", "--"]


@pytest.mark.parametrize("name", formats.REGRESSORS[:3])
def test_regressors_have_the_defaults_of_their_libraries(name):
    model = formats.regressor(name, quick=False)
    changed = {key for key, value in model.get_params().items()
               if value != type(model)().get_params()[key]}
    assert changed == {"random_state"}


def test_committed_results_are_read():
    records = json.loads((RESULTS / "files.json").read_text())["records"]
    readme = (RESULTS.parent / "README.rst").read_text(encoding="utf-8")
    for line in commands.table(records).splitlines():
        assert f"    {line}\n" in readme
