"""The parts of a training step."""

import pytest
import torch

from benchmarks.__main__ import main
from benchmarks.speed import training_step


def test_profile_prints_every_part(capsys):
    before = torch.get_num_threads()
    assert main(["profile", "--quick", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    labels = [training_step.BATCH, *(label for label, *_ in training_step.PARTS),
              training_step.REST, training_step.STEP, training_step.PRODUCTS]
    lines = out.splitlines()[3:3 + len(labels)]
    assert [line.split("  ")[0] for line in lines] == labels
    assert "1 thread at most, python " in out
    assert torch.get_num_threads() == before


def test_parts_of_a_step_add_up_to_the_step():
    case = training_step.Case("tiny", 2, 3, (4,), 2)
    parts = training_step.case_profile(case, n_rows=512, repetitions=1)
    whole, products = parts.pop(training_step.STEP), parts.pop(training_step.PRODUCTS)
    assert sum(parts.values()) == pytest.approx(whole) and products > 0
    assert all(microseconds > 0 for microseconds in parts.values())
