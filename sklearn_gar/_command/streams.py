"""The standard streams, which may be closed, full, or without a reader."""

import os
import sys
from contextlib import suppress


def prepare_streams():
    """Make stdout and stderr fit to print on: a closed one is as good as the null device."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
    # the name of a file or the text of an error may hold what the terminal cannot show
    sys.stdout.reconfigure(errors="backslashreplace")


def silence(stream):
    """Send the stream to the null device after a failure.

    Otherwise Python tries to write the rest of the buffer when it ends, and fails again.
    """
    with suppress(OSError):  # a stream in memory has no descriptor
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, stream.fileno())
        finally:
            os.close(null)


def is_stream(stream, path):
    """Whether the stream is redirected to this file, which exists."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except OSError:  # a stream in memory has no descriptor
        return False
