"""`python -m benchmarks`: measure speed, take a training step apart, reproduce the paper."""

import argparse
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import torch

from benchmarks import environment, halving, training_step
from benchmarks.paper.commands import add_commands as add_paper
from benchmarks.peers.commands import add_commands as add_comparisons
from benchmarks.speed.catalogue import catalogue
from benchmarks.speed.report import report
from benchmarks.speed.result_file import ResultError, ResultFile, make_folder
from benchmarks.speed.run import in_threads, run
from benchmarks.speed.searches import VARIABLE, DataError, find_data, load_table

RESULTS = Path(__file__).parent / "results"
SPEED = """Measure ratios of two ways of doing the same work.  Each result is written down at
once, so a run that was ended goes on where it stopped.  Progress goes to stderr, the table to
stdout.  See benchmarks/README.rst."""
PROFILE = "Print where the microseconds of a training step go."
QUICK_CASES = tuple(
    training_step.Case(f"{n_networks} x 4", n_networks, 3, (4,), 1) for n_networks in (1, 2))


class InputError(Exception):
    """What was asked for cannot be done; its text is one line for the user."""


class Interrupted(BaseException):
    """Ctrl-C.  No KeyboardInterrupt, which the models that are fitted take for an early end."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints read like all other errors of the program."""

    def error(self, message):
        raise InputError(message)


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
        print("interrupted; the same command goes on where this stopped", file=sys.stderr)
        return 130


@contextmanager
def interruptible():
    """Ctrl-C ends the program, not a single fit."""
    def interrupt(*_):
        raise Interrupted
    found = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, found)


def build_parser():
    parser = _Parser(prog="python -m benchmarks", description="Measurements of sklearn_gar.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_speed(commands)
    command = commands.add_parser("profile", description=PROFILE,
                                  help="where the microseconds of a training step go")
    command.add_argument("--threads", metavar="N", type=_number_of_threads,
                         default=torch.get_num_threads(),
                         help="threads at most (default: as many as torch takes)")
    command.add_argument("--quick", action="store_true", help="tiny networks: a smoke test")
    command.set_defaults(run=profile)
    halving.add_command(commands, RESULTS)
    add_comparisons(commands, RESULTS, _number_of_threads)
    add_paper(commands, RESULTS / "paper", _number_of_threads)
    return parser


def _add_speed(commands):
    command = commands.add_parser("speed", description=SPEED,
                                  help="measure ratios, of time and of memory")
    command.add_argument("--quick", action="store_true",
                         help="tiny work: a smoke test with a result file of its own")
    command.add_argument("--threads", metavar="N", type=_number_of_threads, nargs="+",
                         help="numbers of threads (default: 2 1, with --quick 1)")
    command.add_argument("--only", metavar="NAME", nargs="+", help="measurements to take")
    command.add_argument("--out", metavar="DIR", type=Path, default=RESULTS,
                         help="folder of the result file (default: benchmarks/results)")
    command.add_argument("--data-dir", metavar="DIR", type=Path,
                         help="folder that has concrete.npz, for the searches (default: "
                              f"{VARIABLE}; without it rows are made up)")
    command.add_argument("--rerun", action="store_true",
                         help="measure again what the result file has")
    command.add_argument("--report", action="store_true",
                         help="measure nothing, print the table of the result file")
    command.set_defaults(run=speed)


def _number_of_threads(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def speed(options) -> int:
    """Check everything, measure, print; 1 if a measurement failed."""
    known = catalogue(options.data_dir)
    names = _asked_for(options.only, known)
    path = options.out / ("speed_quick.json" if options.quick else "speed.json")
    if options.report:
        records = _reported(path, known, options)
    else:
        _check_data(options.data_dir)
        make_folder(options.out)
        threads = options.threads or ([1] if options.quick else [2, 1])
        records = run([known[name] for name in names], list(dict.fromkeys(threads)),
                      options.quick, ResultFile(path, order=known), options.rerun, tell)
    print(report(records))
    if options.quick:
        print("\nA smoke test: these figures say nothing about speed.")
    return int(any(record["failure"] is not None for record in records))


def profile(options) -> int:
    """Print the table, and what it rests on."""
    with environment.limited_threads(options.threads):
        if options.quick:
            table = training_step.profile(QUICK_CASES, n_rows=512, repetitions=1)
        else:
            table = training_step.profile()
    words = environment.in_words(environment.versions(), environment.machine())
    print(table, f"{in_threads(options.threads)} at most, {words}.", sep="\n\n")
    return 0


def tell(line):
    print(line, file=sys.stderr, flush=True)


def _asked_for(names, known):
    """The names in the order of a run."""
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise InputError(f"--only: no measurement {unknown[0]!r}, the known ones are: "
                         f"{', '.join(known)}")
    return [name for name in known if not names or name in names]


def _reported(path, known, options):
    if not path.is_file():
        raise InputError(f"no results to report: {path} is not there")
    records = ResultFile(path, order=known).records
    return [record for record in records if not options.only or record["name"] in options.only]


def _check_data(folder):
    """The file of the searches can be read, if there is one."""
    path = find_data(folder)
    load_table(path)
    if path is None and folder is not None:
        tell(f"note: no concrete.npz in {folder}, its rows are made up")


if __name__ == "__main__":
    sys.exit(main())
