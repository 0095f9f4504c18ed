"""The result files that a report may show: those of the present settings."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.datasets import Dataset
from benchmarks.peers.contenders import Contender
from benchmarks.peers.run import header_of
from benchmarks.peers.scoreboard import TrialFiles
from benchmarks.peers.trial import settings
from benchmarks.peers.trial_file import TrialFile, trial_path
from benchmarks.progress import print_progress
from sklearn_gar import GARRegressor, GARRegressorCV


def current_files(contenders: Iterable[Contender], datasets: Iterable[Dataset], folder: Path,
                  quick: bool) -> TrialFiles:
    """Files by data set and name, without those of other settings than the present ones."""
    files = {}
    for contender in contenders:
        for dataset in datasets:
            file = TrialFile(trial_path(folder, dataset.name, contender.name))
            if not file.trials:
                continue
            if _is_current(file, contender, dataset, quick):
                files[dataset.name, contender.name] = file
            else:
                print_progress(f"note: {file.path} is left out, its settings are not the "
                               "present ones")
    return files


def _is_current(file, contender, dataset, quick):
    """Whether settings are the present ones; assumed if the library is not installed."""
    try:
        header = header_of(contender, dataset, file.header["threads"], quick)
    except ImportError:
        return True
    # results of an earlier version of a package remain true, and the report names the version;
    # a parameter that it did not have yet has its default
    former = {**_later_parameters(file, header), **file.header["settings"]}
    return ({**file.header, "package": None, "settings": former}
            == {**header, "package": None})


def _later_parameters(file, header):
    """Parameters of our estimators that are newer than a file, where they have the default."""
    ours = {one.__name__: one for one in (GARRegressor, GARRegressorCV)}
    name = header["settings"]["class"]
    defaults = settings(ours[name]()) if name in ours else {}
    return {name: value for name, value in defaults.items()
            if name not in file.header["settings"] and value == header["settings"][name]}
