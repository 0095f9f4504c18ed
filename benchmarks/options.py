"""Options that the commands share, and the parser that reads them."""

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch

from benchmarks.data_files import VARIABLE


class InputError(Exception):
    """The request cannot be carried out; the message is one line for the user."""


class Parser(argparse.ArgumentParser):
    """A parser that raises :class:`InputError`, so that all errors look alike."""

    def error(self, message):
        raise InputError(message)


def add_data_dir(command, without: str = "") -> None:
    """Folder of the data; `without` says what happens without it."""
    command.add_argument("--data-dir", metavar="DIR", type=Path,
                         help="folder of the data sets (default: that of the environment "
                              f"variable {VARIABLE}{without})")


def add_out(command, folder: Path, name: str = "benchmarks/results") -> None:
    """Folder of the results; `name` is that of the default in the help."""
    command.add_argument("--out", metavar="DIR", type=Path, default=folder,
                         help=f"folder of the results (default: {name})")


def add_names(command, option: str, names: Iterable[str], default: str = "all",
              **settings) -> None:
    """Some of the known names; `default` says in words which are taken if none is given."""
    names = tuple(dict.fromkeys(names))
    settings = {"nargs": "+", **settings}
    command.add_argument(option, metavar="NAME", type=known_name(names), **settings,
                         help=f"among {listed(names)} (default: {default})")


def add_threads(command, default, explanation: str, **settings) -> None:
    """Number of threads; `explanation` says what it is and what the default is."""
    command.add_argument("--threads", metavar="N", type=whole_number(1), default=default,
                         help=explanation, **settings)


def add_device(command) -> None:
    """Device to train on."""
    command.add_argument("--device", type=available_device, default="cpu", metavar="DEVICE",
                         help="device of torch to train on, such as cuda (default: cpu)")


def add_rerun(command, explanation: str = "run again what the result files have") -> None:
    command.add_argument("--rerun", action="store_true", help=explanation)


def add_report(command) -> None:
    command.add_argument("--report", action="store_true",
                         help="run nothing, print the tables of the result files")


def add_quick(command, work: str) -> None:
    """A smoke test; `work` says how little it does."""
    command.add_argument("--quick", action="store_true",
                         help=f"{work}: a smoke test with result files of its own")


def available_device(text: str) -> str:
    """The type of an option that takes a device of torch."""
    try:
        torch.zeros(1, device=text).item()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise argparse.ArgumentTypeError(
            f"must be a device of torch that can be used here, got {text!r}, which torch does "
            "not have here; cpu always works") from None
    return text


def known_name(names: Sequence[str]) -> Callable[[str], str]:
    """The type of an option that takes some of the known names."""
    def convert(text):
        if text not in names:
            raise argparse.ArgumentTypeError(
                f"invalid choice: {text!r} (choose from {listed(names)})")
        return text
    return convert


def listed(names: Iterable[str]) -> str:
    """Names in a sentence, with semicolons between them if some have commas."""
    names = list(names)
    return ("; " if any("," in name for name in names) else ", ").join(names)


def whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """The type of an option that takes whole numbers in a range."""
    limits = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def convert(text):
        number = int(text) if text.isdecimal() else -1
        if number < minimum or (maximum is not None and number > maximum):
            raise argparse.ArgumentTypeError(f"must be a whole number {limits}, got {text!r}")
        return number
    return convert


def positive_number(text: str) -> float:
    """The type of an option that takes numbers above 0."""
    number = _number(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return number


def non_negative_number(text: str) -> float:
    """The type of an option that takes numbers of at least 0."""
    number = _number(text)
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, got {text!r}")
    return number


def _number(text):
    """A finite number, or NaN, which no limit admits."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
