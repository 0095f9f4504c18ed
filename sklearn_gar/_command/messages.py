"""What the command says to the user beside its result."""

import sys
from contextlib import contextmanager

MAX_NAMES_LISTED = 8
_recordings = []


class InputError(Exception):
    """The request cannot be fulfilled; the text is one line for the user."""


def print_progress(line):
    """Print a line to stderr at once; stdout is for the result."""
    print(line, file=sys.stderr, flush=True)


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
