"""Files of made-up trials."""

from benchmarks.peers.trial_file import TrialFile, trial_path

HEADER = {"rule": "made up", "threads": 1, "package": {"sklearn": "1"}, "settings": {}}


def put(folder, dataset, name, values):
    """A made-up file: (error, correlation) by split, or the reason of a failure."""
    file = TrialFile(trial_path(folder, dataset, name))
    for split, value in values.items():
        trial = {"failure": None, "versions": {"torch": "2", "extra": "7"},
                 "machine": {"cpu": "c", "cores": 2}, "date": "2026-01-02T00"}
        if isinstance(value, str):
            trial["failure"] = value
        else:
            error, correlation = value
            scores = {"RMSE": error, "MAE": error, "Pearson": correlation,
                      "Spearman": correlation}
            trial |= {"scores": scores, "fit_seconds": 10 * error, "predict_seconds": 0.1}
        file.put({"name": name, "dataset": dataset, **HEADER}, split, trial)
    return file


def files_of(folder, results):
    """Files by data set and contender."""
    return {key: put(folder, *key, values) for key, values in results.items()}
