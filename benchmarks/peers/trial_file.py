"""The results of one contender on one data set: a file with a trial for each split."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from benchmarks.peers.trial import Trial
from benchmarks.result_files import read_result, write_result

# what a trial depends on besides its split
HEADER = ("name", "dataset", "rule", "threads", "package", "settings")


def trial_path(folder: Path, dataset: str, name: str) -> Path:
    """Where the file of a contender on a data set is."""
    return folder / dataset / f"{name}.json"


class TrialFile:
    """A file that is written after each trial.

    Parameters
    ----------
    path : Path
        The file, which need not exist.
    """

    def __init__(self, path: Path):
        self.path = path
        self._read()

    def _read(self):
        content = read_result(self.path, "a file of trials", _check)
        self.header, self.trials = None, {}
        if content is not None:
            self.header = {key: content[key] for key in HEADER}
            self.trials = {int(split): trial for split, trial in content["trials"].items()}

    def missing_splits(self, header: dict[str, Any], splits: Collection[int]) -> list[int]:
        """The splits without a finished trial under this header."""
        if self.header != header:
            return list(splits)
        return [split for split in splits
                if split not in self.trials or self.trials[split]["failure"] is not None]

    def put(self, header: dict[str, Any], split: int, trial: Trial) -> None:
        """Add a trial, replace an earlier one of the same split, and write the file.

        Trials under another header are removed.
        """
        # another run may have written in the meantime
        self._read()
        if self.header != header:
            self.header, self.trials = header, {}
        self.trials = dict(sorted({**self.trials, split: trial}.items()))
        write_result(self.path, {**self.header, "trials": self.trials})


def _check(content):
    for key in HEADER:
        content[key]
    for split, trial in content["trials"].items():
        int(split), trial["versions"], trial["machine"], trial["date"]
        if trial["failure"] is None:
            trial["scores"], trial["fit_seconds"], trial["predict_seconds"]
