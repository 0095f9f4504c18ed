"""The protocol is that of the paper."""

import csv
import itertools
from pathlib import Path

from benchmarks.paper import protocol
from benchmarks.paper.protocol import METHODS, Recipe

PUBLISHED = Path(protocol.__file__).parent / "published"


def test_protocol_follows_the_appendix():
    recipe = Recipe(protocol.SMALL)
    assert (recipe.n_epochs, recipe.batch_size, recipe.momentum) == (100, 256, 0.9)
    assert [epoch for epoch in range(100) if any(
        epoch / 100 >= share > (epoch - 1) / 100 for share in recipe.milestones)] == [50, 75]
    with open(PUBLISHED / "table1.csv", encoding="utf-8") as file:
        published = {(row["dataset"], row["method"]) for row in csv.DictReader(file)}
    table1 = protocol.EXPERIMENTS["table1"]
    assert set(itertools.product(table1.tasks, table1.cases)) <= published
    for name, method in METHODS.items():
        assert len(method.values) == (1 if name in ("MAE", "MSE") else 3)
    for task in protocol.TASKS.values():
        for name, case in table1.cases.items():
            rates = case.learning_rates(task)
            assert len(rates) == 5 if (name, task.title) == (
                "RankSim", "Concrete Compressive Strength") else len(rates) == 3
    assert table1.cases["MSE"].learning_rates(protocol.TASKS["superconductivity"])[0] == 1e-3
    assert table1.cases["GAR"].learning_rates(protocol.TASKS["superconductivity"])[0] == 1e-1
