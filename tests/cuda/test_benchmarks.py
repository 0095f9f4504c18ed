"""Cells of the paper's tables on a GPU have the scores that they have on the CPU."""

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.paper.protocol import METHODS, METRICS
from tests.benchmarks.paper.made_up import write_concrete


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_those_of_the_cpu(method, tmp_path):
    write_concrete(tmp_path)
    cells = []
    for device in ("cpu", "cuda"):
        out = tmp_path / device
        assert main(["table1", "--dataset", "concrete", "--method", method, "--epochs", "4",
                     "--weight-decay", "1e-4", "--device", device, "--data-dir", str(tmp_path),
                     "--out", str(out)]) == 0
        (path,) = out.rglob("*.json")
        cells.append(json.loads(path.read_text()))
    here, there = cells
    assert there["device"] == "cuda" and there["machine"]["gpu"]
    assert here["settings"] == there["settings"]
    for metric in METRICS:
        assert there["scores"][metric]["mean"] == pytest.approx(
            here["scores"][metric]["mean"], rel=0.02, abs=0.02)
