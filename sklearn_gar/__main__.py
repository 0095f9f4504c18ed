"""Run the shell command: ``python -m sklearn_gar``."""

import os
import signal
import sys


def load_program():
    """The module of the program.

    While it loads, Ctrl-C ends the process at once: libraries may turn the exception into another.
    """
    def leave(signum, frame):
        os.write(sys.stderr.fileno(), b"interrupted\n")
        os._exit(130)
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # it is not ignored
        signal.signal(signal.SIGINT, leave)
    from sklearn_gar._command import program
    signal.signal(signal.SIGINT, handler)
    return program


def main(argv=None):
    """Run the program; return its exit code."""
    from sklearn_gar._command.program import main
    return main(argv)


if __name__ == "__main__":
    program = load_program()
    # the name of a file or the text of an error may hold what the terminal cannot show
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(program.main())
