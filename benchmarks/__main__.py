"""`python -m benchmarks`: measure speed, compare regressors, reproduce the paper."""

import signal
import sys
from contextlib import contextmanager
from pathlib import Path

from benchmarks.data_files import DataError
from benchmarks.files.commands import add_commands as add_files
from benchmarks.options import InputError, Parser
from benchmarks.paper.commands import add_commands as add_paper
from benchmarks.paper.gradients.commands import add_commands as add_gradients
from benchmarks.paper.symbolic.commands import add_commands as add_symbolic
from benchmarks.peers.commands import add_commands as add_peers
from benchmarks.peers.large.commands import add_commands as add_large
from benchmarks.result_files import ResultError
from benchmarks.search.commands import add_commands as add_search
from benchmarks.speed.commands import add_commands as add_speed

RESULTS = Path(__file__).parent / "results"


class Interrupted(BaseException):
    """Ctrl-C.  Estimators catch KeyboardInterrupt and end their training early; not this."""


def main(argv=None) -> int:
    """Run the program; return its exit code."""
    try:
        parser = build_parser()
        options = parser.parse_args(argv)
        if options.command is None:
            parser.print_help()
            return 0
        with interruptible():
            return options.run(options)
    except (InputError, DataError, ResultError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (Interrupted, KeyboardInterrupt):
        print("interrupted; run the same command again to continue", file=sys.stderr)
        return 130


@contextmanager
def interruptible():
    """Let Ctrl-C end the program, not a single fit."""
    def interrupt(*_):
        raise Interrupted
    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def build_parser() -> Parser:
    """The parser with the commands of all rooms."""
    parser = Parser(prog="python -m benchmarks", description="Measurements of sklearn_gar.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_speed(commands, RESULTS)
    add_search(commands, RESULTS)
    add_files(commands, RESULTS)
    add_peers(commands, RESULTS)
    add_large(commands, RESULTS)
    add_paper(commands, RESULTS / "paper")
    add_gradients(commands, RESULTS / "paper")
    add_symbolic(commands, RESULTS / "paper")
    return parser


if __name__ == "__main__":
    sys.exit(main())
