"""Cells are saved when they are finished, and not run again without need."""

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.paper.cell_file import cell_path, has_settings, read_cell
from benchmarks.paper.run import Cell, run_cells
from benchmarks.result_files import ResultError


def made_up_cell(folder, calls, settings=None, fails=None):
    def run(advance):
        calls.append(torch.get_num_threads())
        advance(1.0)
        if fails:
            raise fails
        return {"scores": {"MAE": {"mean": 0.5}}, "list": [1, 2]}
    return Cell(cell_path(folder, "made_up", "concrete", "Focal(MAE)"),
                {"experiment": "made_up", "task": "concrete", "case": "Focal(MAE)"},
                settings or {"rates": (1, 2)}, 1.0, run)


def test_finished_cells_are_skipped(tmp_path):
    calls, lines = [], []
    for _ in range(2):
        run_cells([made_up_cell(tmp_path, calls)], False, 1, lines.append)
    assert calls == [1] and lines == ["1 of 1 cell finished already"]
    cell = read_cell(tmp_path / "made_up" / "concrete" / "focal_mae.json")
    assert cell["case"] == "Focal(MAE)" and cell["seconds"] >= 0 and cell["threads"] == 1
    assert cell["versions"]["torch"] == torch.__version__ and cell["machine"]["cores"] >= 1
    run_cells([made_up_cell(tmp_path, calls)], True, 1, lines.append)
    assert len(calls) == 2


def test_cell_of_other_settings_is_replaced_with_rerun_only(tmp_path):
    calls = []
    run_cells([made_up_cell(tmp_path, calls)], False, 1, print)
    other = made_up_cell(tmp_path, calls, {"rates": (1,)})
    missing = replace(other, path=tmp_path / "made_up" / "concrete" / "mae.json")
    with pytest.raises(ResultError, match="files of other settings were not replaced, 1 of 2 "
                                          "cells; .*--rerun .*focal_mae.json$"):
        run_cells([other, missing], False, 1, print)
    assert len(calls) == 2 and has_settings(missing.path, missing.settings)  # was run all the same
    assert has_settings(other.path, made_up_cell(tmp_path, calls).settings)
    run_cells([other], True, 1, print)
    assert read_cell(other.path)["settings"] == {"rates": [1]}


def test_stopped_run_loses_one_cell_only(tmp_path):
    calls = []
    first = made_up_cell(tmp_path, calls)
    second = replace(made_up_cell(tmp_path, calls, fails=KeyboardInterrupt()),
                     path=tmp_path / "made_up" / "concrete" / "mae.json")
    with pytest.raises(KeyboardInterrupt):
        run_cells([first, second], False, 1, print)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first.path]


def test_cell_that_cannot_be_saved_is_rescued(tmp_path, monkeypatch, tmp_path_factory):
    calls = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))

    def replace_file(source, target):
        assert json.loads(Path(source).read_text())  # complete before it takes the place
        raise OSError("no space left")
    monkeypatch.setattr(os, "replace", replace_file)
    with pytest.raises(ResultError, match="cannot write .*: no space left; the result "
                                          "is in ") as error:
        run_cells([made_up_cell(tmp_path, calls)], False, 1, print)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    rescued = Path(str(error.value).rpartition(" is in ")[2])
    assert read_cell(rescued)["scores"] == {"MAE": {"mean": 0.5}}


def test_folder_of_results_is_written_to_before_anything_runs(tmp_path, monkeypatch):
    def full(**arguments):
        raise OSError("no space left")
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    calls = []
    with pytest.raises(ResultError, match="cannot write to .*concrete: no space left"):
        run_cells([made_up_cell(tmp_path, calls)], False, 1, print)
    assert calls == []


def test_cell_that_another_run_has_finished_is_not_run_again(tmp_path):
    calls = []
    second = made_up_cell(tmp_path, calls)

    def run(advance):
        run_cells([second], False, 1, print)
        return {}
    first = replace(second, path=tmp_path / "made_up" / "concrete" / "mae.json", run=run)
    run_cells([first, second], False, 1, print)
    assert len(calls) == 1
    for path in (first.path, second.path):
        path.unlink()
    with pytest.raises(ResultError, match="other settings were not replaced, 1 of 2 cells"):
        run_cells([first, replace(second, settings={"rates": (1,)})], False, 1, print)


def test_unreadable_result_is_an_error(tmp_path):
    path = tmp_path / "half.json"
    path.write_text('{"settings": ')
    with pytest.raises(ResultError, match="must be the file of a cell"):
        read_cell(path)
