"""Types of options, and the parser of all commands."""

import argparse

import pytest

from benchmarks.options import (
    InputError,
    Parser,
    add_names,
    available_device,
    non_negative_number,
    positive_number,
    whole_number,
)


@pytest.mark.parametrize("convert, text, value", [
    (whole_number(1), "1", 1), (whole_number(0, 9), "9", 9), (positive_number, "1e-3", 1e-3),
    (non_negative_number, "0", 0.0), (non_negative_number, "2", 2.0)])
def test_values_within_the_limits_are_converted(convert, text, value):
    assert convert(text) == value


@pytest.mark.parametrize("convert, texts, rule", [
    (whole_number(1), ("0", "-1", "1.5", "two", ""), "must be a whole number of at least 1"),
    (whole_number(0, 2), ("3", "-1", "0.5"), "must be a whole number from 0 to 2"),
    (positive_number, ("0", "-1", "nan", "inf", "x"), "must be a number above 0"),
    (non_negative_number, ("-1", "nan", "inf", "x"), "must be a number of at least 0")])
def test_error_has_the_rule_and_the_value(convert, texts, rule):
    for text in texts:
        with pytest.raises(argparse.ArgumentTypeError) as error:
            convert(text)
        assert str(error.value) == f"{rule}, got {text!r}"


def test_errors_of_the_parser_are_input_errors():
    with pytest.raises(InputError, match="unrecognized arguments: --nonsense"):
        Parser().parse_args(["--nonsense"])


@pytest.mark.parametrize("names, text", [
    (["a", "b"], "a, b"), (["a", "b, c", "d"], "a; b, c; d")])
def test_names_with_commas_are_divided_by_semicolons(names, text):
    parser = Parser(prog="program")
    add_names(parser, "--names", [*names, "a"])
    assert f"among {text} (default: all)" in " ".join(parser.format_help().split())
    assert parser.parse_args(["--names", *names]).names == names
    with pytest.raises(InputError) as error:
        parser.parse_args(["--names", "x"])
    assert str(error.value) == f"argument --names: invalid choice: 'x' (choose from {text})"


def test_error_of_a_device_names_one_that_works():
    assert available_device("cpu") == "cpu"
    with pytest.raises(argparse.ArgumentTypeError) as error:
        available_device("abacus")
    assert str(error.value) == ("must be a device of torch that can be used here, got 'abacus', "
                                "which torch does not have here; cpu always works")
