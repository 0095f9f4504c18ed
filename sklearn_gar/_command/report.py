"""Scores as a table of text and as a JSON file."""

import json

import numpy as np

from sklearn_gar._command.comparison import LOWER_IS_BETTER, METRICS

RULE = ("Mean (standard deviation) over folds; * best; median seconds to fit and predict.\n"
        "A clear difference lies outside the 95% interval of the difference paired over folds.")
SETTINGS = ("target", "drop", "losses", "folds", "seed", "epochs", "max_rows")


def format_table(results):
    """Lines of a table: mean and standard deviation over folds, best first, failures last."""
    columns = table_columns(results)
    widths = [max(map(len, column)) for column in columns]
    widths[0] = max(map(len, results))
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in zip(*columns)]
    failed = [f"{label.ljust(widths[0])}  {result.failure}"
              for label, result in results.items() if result.failure is not None]
    return lines + failed


def table_columns(results):
    """Columns of the table, each with its name, of the models that did not fail."""
    finished = sorted((label for label in results if results[label].failure is None),
                      key=lambda label: results[label].mean("RMSE"))
    columns = [["model", *finished]]
    for metric in METRICS:
        columns.append([metric, *_cells(metric, [results[label].scores[metric]
                                                 for label in finished])])
    # the median ignores the first fold, which loads libraries
    columns.append(["seconds",
                    *(f"{np.median(results[label].seconds):.2f}" for label in finished)])
    return columns


def _cells(metric, scores):
    """'mean (standard deviation)' of each model's scores, the best marked with a star."""
    if not scores:
        return []
    means, deviations = np.mean(scores, axis=1), np.std(scores, axis=1, ddof=1)
    best = means.min() if metric in LOWER_IS_BETTER else means.max()
    smallest = np.abs(means[means != 0]).min(initial=np.inf)
    if metric not in LOWER_IS_BETTER:
        style = ".3f"
    elif 1e-3 <= smallest < 1e6:
        style = f".{max(0, 3 - int(np.floor(np.log10(smallest))))}f"
    else:
        style = ".3e"
    return [f"{mean:{style}} ({deviation:{style}}){'*' * bool(mean == best)}"
            for mean, deviation in zip(means, deviations)]


def write_scores(path, options, results):
    """Write the settings and the scores of every fold as JSON."""
    scores = {label: {"failure": result.failure, "seconds": result.seconds, **result.scores}
              for label, result in results.items()}
    settings = {name: getattr(options, name) for name in SETTINGS}
    text = json.dumps({"settings": settings, "scores": scores}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
