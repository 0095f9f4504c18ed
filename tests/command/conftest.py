"""Files to compare on, and ways to load or refuse them without training."""

import re

import numpy as np
import pandas as pd
import pytest

from sklearn_gar._command import comparison
from sklearn_gar._command.arguments import build_parser
from sklearn_gar._command.dataset import load_dataset
from sklearn_gar._command.program import main

QUICK = ["--epochs", "3", "--losses", "gar,squared_error"]
LABELS = {"GARRegressor(loss=gar)", "GARRegressor(loss=squared_error)",
          "HistGradientBoostingRegressor", "MLPRegressor"}
# the note about every table that has categories
CATEGORIES = ("GARRegressor is given categories as they are, HistGradientBoostingRegressor the "
              "200 most frequent levels of each column and the others as one, MLPRegressor at "
              "most 20 indicators a column")


def plain_frame(n_rows=60):
    """Three features and a target, all of them floats."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["a", "b", "c"])
    frame["y"] = frame["a"] + frame["b"] ** 2 + 0.1 * rng.normal(size=n_rows)
    return frame


@pytest.fixture
def csv(tmp_path):
    """Write a frame, by default a plain one of 60 rows, as CSV; return the path."""
    def write(frame=None, name="table.csv", **kwargs):
        path = tmp_path / name
        (plain_frame() if frame is None else frame).to_csv(path, **{"index": False, **kwargs})
        return str(path)
    return write


@pytest.fixture
def text_file(tmp_path):
    """Write text or bytes; return the path."""
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)
    return write


@pytest.fixture
def load(capsys):
    """The dataset of a file and the notes about it; column y is the target."""
    def load_file(path, *arguments):
        if "--target" not in arguments:
            arguments = ("--target", "y", *arguments)
        dataset = load_dataset(build_parser().parse_args(["compare", path, *arguments]))
        out, err = capsys.readouterr()
        assert out == ""
        notes = err.splitlines()
        assert all(note.startswith("note: ") for note in notes)
        return dataset, [note.removeprefix("note: ") for note in notes]
    return load_file


@pytest.fixture
def refused(capsys, monkeypatch):
    """The one line of an error that comes before any training."""
    def run(*arguments):
        monkeypatch.setattr(comparison, "cross_validate", None)
        assert main(["compare", *arguments]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        *notes, error = err.splitlines()
        assert error.startswith("error: ")
        assert all(note.startswith("note: ") for note in notes)
        return error.removeprefix("error: ")
    return run


def features(dataset):
    """Features by name, as lists with None where missing."""
    return {name: [None if value != value else value for value in column]
            for name, column in dataset.X.items()}


def read_scores(stdout):
    """The cells of the printed table, by model and then by metric, in order."""
    lines = stdout.splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("model"))
    names = lines[header].split()
    rows = {}
    for line in lines[header + 1:]:
        if not line.startswith(("GAR", "Hist", "MLP")) or line.startswith("GAR "):
            break
        label, *cells = re.split(r"\s{2,}", line)
        rows[label] = dict(zip(names[1:], cells))
    return rows


def read_cell(text):
    """Mean, standard deviation and whether it is marked as the best."""
    mean, deviation, star = re.fullmatch(r"(\S+) \((\S+)\)(\*?)", text).groups()
    return float(mean), float(deviation), star == "*"
