"""The program: parse the arguments, load the table, compare the models, print and write."""

import sys

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_gar._command import comparison
from sklearn_gar._command.arguments import build_parser
from sklearn_gar._command.dataset import load_dataset
from sklearn_gar._command.html_report import COVERAGE, Report
from sklearn_gar._command.messages import (
    InputError,
    count,
    print_progress,
    print_result,
    recorded_notes,
)
from sklearn_gar._command.outputs import check_outputs, write_outputs
from sklearn_gar._command.report import RULE, format_table
from sklearn_gar._command.verdict import verdict

# what shells tell of a program that SIGPIPE ended: 128 + 13
BROKEN_PIPE = 141


def main(argv=None):
    """Run the program; return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        parser = build_parser()
        options = parser.parse_args(arguments)
        if options.command is None:
            print_result(parser.format_help(), end="")
            return 0
        return compare(options, arguments)
    except InputError as error:
        print_progress(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        print_progress("interrupted")
        return 130
    except BrokenPipeError:  # the reader of stdout has enough
        return BROKEN_PIPE


def compare(options, arguments=()):
    """Check everything, train, print; return the exit code.

    `arguments` are the words of the command line, for the report.
    """
    check_outputs(options)
    with recorded_notes() as notes:
        dataset = load_dataset(options)
    check_dataset(dataset, options)
    models = comparison.build_models(options.losses, dataset, options.seed, options.epochs)
    with threadpool_limits(options.threads):
        results = comparison.cross_validate(
            models, dataset, options.folds, options.seed, print_progress,
            coverage=None if options.report is None else COVERAGE)
    source = "scikit-learn's diabetes data" if options.file is None else options.file.name
    n_rows, n_features = dataset.X.shape
    summary = (f"{count(n_rows, 'row')}, {count(n_features, 'feature')}, "
               f"{options.folds} folds, seed {options.seed}")
    report = Report(source, summary, dataset.y, models, results, notes, options, arguments)
    try:
        all_written = write_outputs(options, dataset, results, report)
    finally:
        print_result("\n".join([f"{source}: {summary}", *format_table(results), RULE,
                                verdict(results)]))
    if not all_written:
        return 2
    return 1 if all(result.failure for result in results.values()) else 0


def check_dataset(dataset, options):
    """There are enough rows for the folds, and the target varies."""
    n_rows, in_fold = len(dataset.y), comparison.MIN_ROWS_IN_FOLD
    if n_rows < options.folds * in_fold:
        folds = n_rows // in_fold
        remedy = f"pass --folds {folds}" if folds >= 2 else "use a table of more rows"
        raise InputError(f"{options.folds} folds need at least {options.folds * in_fold} rows, "
                         f"{in_fold} a fold, got {n_rows}: {remedy}")
    if np.ptp(dataset.y) == 0:
        raise InputError(f"the target is {dataset.y[0]:g} in every row, so there is nothing to "
                         "predict: name another column with --target")
