"""Result files are never half written, and errors say which file is wrong."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from benchmarks.result_files import (
    ResultError,
    as_json,
    prepare_folder,
    read_result,
    write_result,
)


@pytest.fixture
def full_disk(monkeypatch, tmp_path):
    """No file can take the place of another; the temporary folder is one of the test's own."""
    def replace(source, target):
        assert json.loads(Path(source).read_text())  # complete before it takes the place
        raise OSError("no space left")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(os, "replace", replace)


def test_result_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "new" / "folder" / "a.json"
    write_result(path, {"b": [1, 2], "a": {"c": None}})
    assert path.read_text() == json.dumps({"b": [1, 2], "a": {"c": None}}, indent=1) + "\n"
    assert read_result(path, "a file", lambda content: content["a"]["c"]) == {
        "b": [1, 2], "a": {"c": None}}
    assert [one.name for one in path.parent.iterdir()] == ["a.json"]


def test_lists_of_plain_values_stand_on_one_line_if_wanted(tmp_path):
    content = {"plain": [1, None, 2.5], "nested": [[1, 2], {"a": [3]}], "text": "a [b, c] d"}
    write_result(tmp_path / "a.json", content, lists_on_one_line=True)
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text) == content
    assert '"plain": [ 1, null, 2.5 ],' in text and "[ 1, 2 ]," in text and '"a": [ 3 ]' in text


def test_failed_write_leaves_the_old_file_and_rescues_the_result(tmp_path, full_disk):
    path = tmp_path / "results" / "a.json"
    path.parent.mkdir()
    path.write_text("old")
    with pytest.raises(ResultError, match="cannot write .*a.json: no space left; the result is "
                                          "in ") as error:
        write_result(path, {"new": [1]})
    assert path.read_text() == "old" and list(path.parent.iterdir()) == [path]
    rescued = Path(str(error.value).rpartition(" is in ")[2])
    assert json.loads(rescued.read_text()) == {"new": [1]}
    assert tmp_path / "temporary" in rescued.parents


def test_result_that_cannot_be_rescued_is_called_lost(tmp_path, full_disk, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ResultError, match="no space left; the result is lost"):
        write_result(tmp_path / "a.json", {"new": [1]})


@pytest.mark.parametrize("text", ['{"a": ', "[]", "{}", '{"a": {"b": 1}}', "[" * 100_000, "\x00"])
def test_unreadable_result_is_an_error(tmp_path, text):
    path = tmp_path / "half.json"
    path.write_text(text)
    with pytest.raises(ResultError, match="half.json must be a file of b, cannot read it: "):
        read_result(path, "a file of b", lambda content: content["a"]["b"]["c"])


def test_result_without_a_file_is_none(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "a.json", tmp_path / "no" / "a.json", tmp_path / "file" / "a.json"):
        assert read_result(path, "a file", print) is None


def test_folder_is_made_and_written_to(tmp_path, monkeypatch):
    prepare_folder(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(ResultError, match="cannot write to .*file: .*; choose another folder with "
                                          "--out"):
        prepare_folder(tmp_path / "file")

    def full(**arguments):
        raise OSError("no space left")
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(ResultError, match="cannot write to .*folder: no space left"):
        prepare_folder(tmp_path / "new" / "folder")


def test_values_compare_as_json_gives_them_back():
    assert as_json({"a": (1, (2.5, None)), "b": "c"}) == {"a": [1, [2.5, None]], "b": "c"}
