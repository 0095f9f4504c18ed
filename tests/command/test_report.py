"""The table of scores and the JSON file."""

import json

from sklearn_gar._command.comparison import METRICS, TREES
from sklearn_gar._command.program import main
from tests.command.conftest import QUICK, read_cell, read_scores


def test_best_is_marked_and_first(csv, capsys):
    main(["compare", csv(), "--target", "y", *QUICK])
    rows = read_scores(capsys.readouterr().out)
    rmse = [read_cell(row["RMSE"])[0] for row in rows.values()]
    assert rmse == sorted(rmse)
    for metric in ("MAE", "RMSE", "Pearson", "Spearman", "R2"):
        best = min if metric in ("MAE", "RMSE") else max
        cells = [read_cell(row[metric]) for row in rows.values()]
        assert best(cells)[2]
        assert 1 <= sum(star for _, _, star in cells)


def test_same_seed_same_scores(csv, tmp_path, capsys):
    path, scores = csv(), []
    for name in ("first.json", "second.json"):
        assert main(["compare", path, "--target", "y", *QUICK,
                     "--json", str(tmp_path / name)]) == 0
        read = json.loads((tmp_path / name).read_text())
        scores.append({label: {metric: result[metric] for metric in METRICS}
                       for label, result in read["scores"].items()})
    assert scores[0] == scores[1]
    assert read["settings"]["losses"] == ["gar", "squared_error"]
    assert len(read["scores"][TREES]["R2"]) == 5
