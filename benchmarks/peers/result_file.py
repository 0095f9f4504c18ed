"""One small file a contender and data set: its trials, whole at any moment."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from benchmarks.peers.trial import Trial
from benchmarks.speed.result_file import ResultError
from benchmarks.whole_file import write_whole

# what a trial depends on beside its split; trials of other words are dropped
HEAD = ("name", "dataset", "rule", "threads", "package", "settings")


class ResultFile:
    """Trials of one contender on one data set, a split each.

    Parameters
    ----------
    path : Path
        The file, which need not exist.
    """

    def __init__(self, path: Path):
        self.path = path
        self._read()

    def _read(self):
        self.head, self.trials = _parts(self.path) if self.path.exists() else (None, {})

    @staticmethod
    def place(folder: Path, dataset: str, name: str) -> Path:
        """Where the file of a contender and a data set is."""
        return folder / dataset / f"{name}.json"

    def missing(self, head: dict[str, Any], splits: Collection[int]) -> list[int]:
        """Splits without a finished trial under this head."""
        if self.head != head:
            return list(splits)
        return [split for split in splits
                if split not in self.trials or self.trials[split]["failure"] is not None]

    def put(self, head: dict[str, Any], split: int, trial: Trial) -> None:
        """Add a trial in place of an earlier one, and write the file.

        Trials under another head go.
        """
        # another run may have written meanwhile
        self._read()
        if self.head != head:
            self.head, self.trials = head, {}
        self.trials = dict(sorted({**self.trials, split: trial}.items()))
        text = json.dumps({**self.head, "trials": self.trials}, indent=1, allow_nan=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, text + "\n")
        except OSError as error:
            raise ResultError(f"cannot write {self.path}: {error}") from None


def _parts(path):
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        head = {key: found[key] for key in HEAD}
        trials = {int(split): trial for split, trial in found["trials"].items()}
        for trial in trials.values():
            trial["versions"], trial["machine"], trial["date"]
            if trial["failure"] is None:
                trial["scores"], trial["fit_seconds"], trial["predict_seconds"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f"{path} must be a file of trials, cannot read it: "
                          f"{type(error).__name__} {error}") from None
    return head, trials
