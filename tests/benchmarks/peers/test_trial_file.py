"""Files of trials."""

import os
import tempfile

import pytest

from benchmarks.__main__ import RESULTS
from benchmarks.mixed_datasets import MIXED_DATASETS
from benchmarks.numeric_datasets import NUMERIC_DATASETS
from benchmarks.peers.trial_file import TrialFile, trial_path
from benchmarks.result_files import ResultError
from tests.benchmarks.peers.made_up_files import put


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = put(tmp_path, "first", "a", {0: (1.0, 0.5)})
    before = file.path.read_bytes()

    def replace(source, target):
        raise OSError("no space left")
    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ResultError, match="cannot write .*a.json: no space left"):
        file.put(file.header, 1, file.trials[0])
    assert file.path.read_bytes() == before and len(list(file.path.parent.iterdir())) == 1


def test_trials_of_two_runs_are_in_one_file(tmp_path):
    first = put(tmp_path, "first", "a", {1: (1.0, 0.5)})
    second = TrialFile(first.path)
    first.put(first.header, 2, first.trials[1])
    second.put(second.header, 0, second.trials[1])
    assert list(TrialFile(first.path).trials) == [0, 1, 2]


def test_splits_are_missing_if_they_failed_or_their_header_is_another(tmp_path):
    file = put(tmp_path, "first", "a", {0: (1.0, 0.5), 1: "RuntimeError: no"})
    assert file.missing_splits(file.header, [0, 1, 2]) == [1, 2]
    assert file.missing_splits({**file.header, "threads": 2}, [0, 1]) == [0, 1]
    file.put({**file.header, "threads": 2}, 1, file.trials[0])
    assert list(TrialFile(file.path).trials) == [1]


@pytest.mark.parametrize("name, datasets", [
    ("peers", NUMERIC_DATASETS), ("ablation", NUMERIC_DATASETS), ("peers_mixed", MIXED_DATASETS)])
def test_committed_results_are_read(name, datasets):
    paths = sorted((RESULTS / name).glob("*/*.json"))
    assert paths
    for path in paths:
        file = TrialFile(path)
        assert path == trial_path(RESULTS / name, file.header["dataset"], file.header["name"])
        assert file.header["dataset"] in datasets and file.trials
