"""The arguments of the command."""

import argparse
import os
from pathlib import Path

from sklearn_gar import __version__
from sklearn_gar._command.messages import InputError, print_result
from sklearn_gar._command.preprocessing import MAX_INDICATORS, MAX_LEVELS
from sklearn_gar.losses import LOSSES

PROGRAM = "python -m sklearn_gar"
DEFAULT_LOSSES = ("gar", "squared_error", "absolute_error", "huber")
SEPARATORS_BY_NAME = {"tab": "\t", r"\t": "\t", "space": r"\s+", "blank": r"\s+", r"\s+": r"\s+"}
COMPARE = f"""Cross-validate GARRegressor with several losses, boosted trees and a multi-layer
perceptron on the same folds of a table.  Dates count as days, and text such as "$1,234" or "5 kg"
as a number.  Other text columns are categories, or left out if nearly all of their values differ,
even if most of these are numbers.  Row numbers and rows without a target are left out.
GARRegressor takes categories and missing values as they are.  So does
HistGradientBoostingRegressor, but of a column with more than {MAX_LEVELS} levels, the less
frequent ones are joined into one.  For MLPRegressor, categories are one-hot encoded, with at most
{MAX_INDICATORS} indicators a column, and missing numbers are replaced by the median and marked by
an indicator.  Notes say what was done to which column.  Notes and progress go to stderr, the
result to stdout."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors look like all other errors of the command."""

    def error(self, message):
        raise InputError(message)

    def exit(self, status=0, message=None):
        print_result("", end="")  # the help or the version waits in the buffer
        super().exit(status, message)


def build_parser():
    """The parser of the whole command line."""
    parser = _Parser(prog=PROGRAM, description="Gradient Aligned Regression for tables.")
    parser.add_argument("--version", action="version", version=f"sklearn_gar {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    command = commands.add_parser("compare", description=COMPARE,
                                  help="cross-validate losses and other models on a table")
    _add_data_arguments(command)
    _add_reading_arguments(command.add_argument_group("how to read FILE"))
    _add_comparison_arguments(command.add_argument_group("comparison"))
    _add_output_arguments(command.add_argument_group("output"))
    return parser


def _add_data_arguments(command):
    command.add_argument("file", nargs="?", metavar="FILE", type=Path,
                         help="CSV, Parquet or Excel (default: scikit-learn's diabetes data)")
    command.add_argument("--target", metavar="COLUMN", help="column of FILE to predict")
    command.add_argument("--drop", metavar="COLUMN", action="append", default=[],
                         help="leave out this column; may be repeated")


def _add_reading_arguments(group):
    group.add_argument("--sep", metavar="TEXT", type=_separator,
                       help="separator of a CSV file: a character, tab or space (default: "
                            "whichever of comma, semicolon, tab, bar and space fits)")
    group.add_argument("--encoding", metavar="NAME",
                       help="encoding of a CSV file (default: UTF-8, else UTF-16 or cp1252)")
    group.add_argument("--decimal", metavar="CHARACTER", choices=[".", ","],
                       help="decimal point or comma (default: whichever fits more columns)")
    group.add_argument("--day-first", action="store_true", default=None,
                       help="read 01/02/2020 as 1 February (default: if other dates of the "
                            "file show that the day comes first, else 2 January)")
    group.add_argument("--skip-lines", metavar="N", type=_whole_number(0), default=0,
                       help="lines above the names of the columns (default: 0)")
    group.add_argument("--no-header", action="store_true",
                       help="the first row holds data; columns are named 0, 1, 2, ...")
    group.add_argument("--missing", metavar="TEXT", action="append", default=[],
                       help="text that stands for a missing value, besides ?, NA and the like; "
                            "may be repeated")


def _add_comparison_arguments(group):
    group.add_argument("--losses", metavar="NAME,...", type=_losses, default=DEFAULT_LOSSES,
                       help="losses to train the network with, gar always among them; of "
                            f"{', '.join(LOSSES)} (default: {','.join(DEFAULT_LOSSES)})")
    group.add_argument("--folds", metavar="N", type=_whole_number(2), default=5,
                       help="folds of the cross-validation (default: 5)")
    group.add_argument("--seed", metavar="N", type=_whole_number(0, 2 ** 32 - 1), default=0,
                       help="random seed of folds and models (default: 0)")
    group.add_argument("--epochs", metavar="N", type=_whole_number(1),
                       help="epochs of every network (default: that of each estimator)")
    group.add_argument("--max-rows", metavar="N", type=_whole_number(1),
                       help="use at most this many rows, drawn at random (default: all)")
    group.add_argument("--threads", metavar="N", type=_whole_number(1), default=1,
                       help="threads of every model (default: 1)")


def _add_output_arguments(group):
    group.add_argument("--plot", metavar="PNG", type=_output,
                       help="draw out-of-fold predictions against true targets")
    group.add_argument("--report", metavar="HTML", type=_output,
                       help="write a page with the scores, figures of predictions, residuals and "
                            "prediction intervals, and how to repeat the comparison")
    group.add_argument("--json", metavar="FILE", type=_output,
                       help="write the scores of every fold")


def _output(text):
    """The path of a file to write; the text is checked, since a path drops the final slash."""
    if not text:
        raise argparse.ArgumentTypeError(
            "must be a file, got '': name a file, or leave the option out")
    if text == "-":
        raise argparse.ArgumentTypeError(
            "must be a file, got '-', and the standard output is not offered: name a file")
    if os.path.basename(text) in ("", ".") and text != ".":
        raise argparse.ArgumentTypeError(
            f"must be a file, got the folder {text!r}: add the name of a file")
    return Path(text)


def _whole_number(lowest, highest=float("inf")):
    def convert(text):
        if not text.lstrip("-").isdecimal() or not lowest <= int(text) <= highest:
            upper = "" if highest == float("inf") else f" and at most {highest}"
            raise argparse.ArgumentTypeError(
                f"must be a whole number of at least {lowest}{upper}, got {text!r}")
        return int(text)
    return convert


def _separator(text):
    separator = SEPARATORS_BY_NAME.get(text, text)
    if separator != r"\s+" and len(separator) != 1:
        raise argparse.ArgumentTypeError(
            f"must be one character, tab or space, got {text!r}")
    return r"\s+" if separator == " " else separator


def _losses(text):
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in LOSSES]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"must be of {', '.join(LOSSES)}, separated by commas, got {unknown[0]!r}")
    return tuple(dict.fromkeys(["gar", *names]))
