"""The files that the user asks for: whether they can be written, and writing them."""

import os
from pathlib import Path

from sklearn_gar._command.html_report import write_report
from sklearn_gar._command.messages import InputError
from sklearn_gar._command.plot import new_figure, write_plot
from sklearn_gar._command.report import write_scores


def check_outputs(options):
    """The files to write can be written, as far as can be known before training."""
    paths = {"--plot": options.plot, "--report": options.report, "--json": options.json}
    for option, path in paths.items():
        if path is None:
            continue
        try:
            _check_place(option, path, options.file)
            _check_can_be_opened(path)
        except OSError as error:
            raise InputError(f"{option}: cannot write {path}: {error.strerror or error}; "
                             "name another file") from None
    if options.plot is not None:
        formats = new_figure().canvas.get_supported_filetypes()
        if options.plot.suffix[1:].lower() not in formats:
            raise InputError(f"--plot must end in one of {', '.join(sorted(formats))}, got "
                             f"{options.plot.name}")
    if options.report is not None:
        if options.report.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--report must end in .html or .htm, got {options.report.name}")
        new_figure("--report")


def _check_place(option, path, file):
    """The path is that of a file in a folder that exists, and not that of the data."""
    if path.parent.exists() and not path.parent.is_dir():
        raise InputError(f"{option}: {path.parent} is a file, not a folder")
    if not path.parent.is_dir():
        raise InputError(f"{option}: no such folder: {path.parent}")
    if path.is_dir():
        raise InputError(f"{option} must be a file, got the folder {path}")
    if file is not None and file.exists() and path.exists() and path.samefile(file):
        raise InputError(f"{option} must be another file than the data, got {path}")


def _check_can_be_opened(path):
    """The file can be opened to write, which leaves it as it is.

    Permissions do not tell: a file system may be read-only, or a name too long.
    """
    place = Path(os.path.realpath(path))  # of a link, that which it leads to
    if place.exists() and not place.is_file():
        return  # a device or a pipe, which opening may change
    is_new = not place.exists()
    place.open("ab").close()
    if is_new:
        place.unlink()


def write_outputs(options, dataset, results, report):
    """The plot, the report and the scores, if asked for."""
    try:
        if options.plot is not None:
            write_plot(options.plot, dataset.y, results)
        if options.report is not None:
            write_report(options.report, report)
        if options.json is not None:
            write_scores(options.json, options, results)
    except OSError as error:
        raise InputError(f"cannot write: {error}") from None
