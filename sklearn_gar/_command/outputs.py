"""The files that the user asks for: whether they can be written, and writing them."""

import os
import sys
from pathlib import Path

from sklearn_gar._command.html_report import write_report
from sklearn_gar._command.messages import InputError, one_line, print_progress
from sklearn_gar._command.plot import new_figure, write_plot
from sklearn_gar._command.report import write_scores
from sklearn_gar._command.streams import is_stream


def check_outputs(options):
    """The files to write can be written, as far as can be known before training."""
    paths = {"--plot": options.plot, "--report": options.report, "--json": options.json}
    taken = {} if options.file is None else {"the data": options.file}
    for option, path in paths.items():
        if path is None:
            continue
        try:
            _check_place(option, path)
            _check_is_free(option, path, taken)
            _check_can_be_opened(path)
        except OSError as error:
            raise InputError(f"{_not_written(option, path, error)}; name another file") from None
        taken[option] = path
    if options.plot is not None:
        formats = new_figure().canvas.get_supported_filetypes()
        if options.plot.suffix[1:].lower() not in formats:
            raise InputError(f"--plot must end in one of {', '.join(sorted(formats))}, got "
                             f"{options.plot.name}")
    if options.report is not None:
        if options.report.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--report must end in .html or .htm, got {options.report.name}")
        new_figure("--report")


def _check_place(option, path):
    """The path is that of a file in a folder that exists."""
    if path.parent.exists() and not path.parent.is_dir():
        raise InputError(f"{option}: {path.parent} is a file, not a folder")
    if not path.parent.is_dir():
        raise InputError(f"{option}: no such folder: {path.parent}")
    if path.is_dir():
        raise InputError(f"{option} must be a file, got the folder {path}: add the name of a "
                         "file")


def _check_is_free(option, path, taken):
    """The file is not one of those that are taken, of which it says what each is."""
    if path.exists() and not path.is_file():
        return  # a device or a pipe takes the text of several
    streams = {"the standard output": sys.stdout, "the standard error": sys.stderr}
    users = [*(user for user, other in taken.items() if _is_same_file(path, other)),
             *(user for user, stream in streams.items() if is_stream(stream, path))]
    if users:
        raise InputError(f"{option} must be another file than {users[0]}, got {path}")


def _is_same_file(path, other):
    """Whether both paths lead to one file, which need not exist."""
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.realpath(path) == os.path.realpath(other)


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
    """Write the scores, the report and the plot, if asked for; return whether all are written.

    One that cannot be written is told, and the others are written nevertheless.
    """
    writers = {"--json": (options.json, lambda path: write_scores(path, options, results)),
               "--report": (options.report, lambda path: write_report(path, report)),
               "--plot": (options.plot, lambda path: write_plot(path, dataset.y, results))}
    all_written = True
    for option, (path, write) in writers.items():
        if path is None:
            continue
        try:
            write(path)
        except OSError as error:
            print_progress(f"error: {_not_written(option, path, error)}")
            all_written = False
    return all_written


def _not_written(option, path, error):
    return f"{option}: cannot write {path}: {error.strerror or one_line(error)}"
