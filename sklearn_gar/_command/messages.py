"""What the command says to the user: its result, notes, progress and errors."""

import sys
from contextlib import contextmanager

from sklearn_gar._command.streams import silence

MAX_NAMES_LISTED = 8
_recordings = []


class InputError(Exception):
    """The request cannot be fulfilled; the text is one line for the user."""


def print_result(text, end="\n"):
    """Print to stdout at once, so that a failure shows here and not when Python ends."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        silence(sys.stdout)
        raise
    except OSError as error:
        silence(sys.stdout)
        raise InputError("cannot write to the standard output: "
                         f"{error.strerror or error}") from None


def print_progress(line):
    """Print a line to stderr at once; stdout is for the result.

    If the line cannot be printed, the work goes on.
    """
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def print_note(text):
    """Print a line about what was done to the data."""
    print_progress(f"note: {text}")
    for notes in _recordings:
        notes.append(text)


@contextmanager
def recorded_notes():
    """A list of the notes that are printed in the block."""
    notes = []
    _recordings.append(notes)
    try:
        yield notes
    finally:
        _recordings.remove(notes)


def quote_names(names, remarks=None):
    """Names in quotes, so that blanks show, each with its remark; a long list is shortened."""
    names, remarks = list(names), remarks or {}
    listed = [repr(name) + (f" ({remarks[name]})" if remarks.get(name) else "")
              for name in names[:MAX_NAMES_LISTED]]
    n_more = len(names) - len(listed)
    return ", ".join(listed) + (f" and {n_more} more" if n_more else "")


def count(number, noun):
    """The number and the noun, in the plural where there is not exactly one."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def format_number(number):
    """The number with four digits, and without an exponent below a million."""
    return f"{number:.0f}" if 9999.5 <= abs(number) < 1e6 else f"{number:.4g}"


def one_line(error):
    """The text of an exception on one line, or the name of its type where there is no text."""
    return " ".join(str(error).split()) or type(error).__name__
