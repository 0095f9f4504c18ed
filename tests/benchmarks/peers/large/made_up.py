"""Trials without fits."""

from benchmarks.peers.large.run import folder_of_threads
from benchmarks.peers.trial_file import TrialFile, trial_path

CONDITIONS = {"versions": {"torch": "2", "extra": "7"}, "machine": {"cpu": "c", "cores": 2},
              "date": "2026-01-02T00"}


def trial(seconds, error, n_train=100, peak_bytes=3e6):
    """A trial whose processor time is twice, and whose prediction takes a tenth of, the time."""
    return {"n_train": n_train, "failure": None, "fit_seconds": seconds,
            "fit_processor_seconds": 2 * seconds, "predict_seconds": seconds / 10,
            "peak_bytes": peak_bytes, **CONDITIONS,
            "scores": {"RMSE": error, "MAE": error / 2, "Pearson": 0.5, "Spearman": 0.5}}


def failed(reason):
    return {"failure": reason, **CONDITIONS}


def put(folder, n_threads, dataset, name, trials):
    """A file of made-up trials by split."""
    file = TrialFile(trial_path(folder_of_threads(folder, n_threads), dataset, name))
    header = {"name": name, "dataset": dataset, "rule": "made up", "threads": n_threads,
              "package": {"sklearn": "1"}, "settings": {}}
    for split, one in trials.items():
        file.put(header, split, one)
    return file
