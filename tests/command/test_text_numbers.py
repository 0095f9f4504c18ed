"""Numbers in text, against the numbers that were written."""

import numpy as np
import pandas as pd
import pytest

from sklearn_gar._command.text_numbers import DECIMAL_COMMA, DECIMAL_POINT, read_numbers

NUMBERS = np.array([0.5, 12.25, 999.75, 1234.5, 1234567.25, -3.5, -45678.0])


def texts(values):
    return pd.Series(values, dtype=object)


def written(number, thousands, decimal):
    """The number with two decimals, its thousands separated."""
    whole, fraction = f"{number:,.2f}".split(".")
    return whole.replace(",", thousands) + decimal + fraction


@pytest.mark.parametrize("before, after, unit", [
    ("", "", ""), ("$", "", "$"), ("", " kg", "kg"), ("", "%", "%"), ("", " %", "%"),
    ("€ ", "", "€"), ("", " €", "€"), ("US$", "", "US$"), ("EUR ", "", "EUR"),
    ("", " km/h", "km/h"),
    ("", " m²", "m²"), ("", "°C", "°C"), ("", " per day", "per day"), ("", " g/100g", "g/100g")])
@pytest.mark.parametrize("thousands, decimal", [
    ("", "."), (",", "."), ("'", "."), (" ", "."), ("\u202f", ","), ("", ","), (".", ","),
    (" ", ",")])
def test_numbers_are_read_as_they_were_written(thousands, decimal, before, after, unit):
    values = [before + written(number, thousands, decimal) + after for number in NUMBERS]
    reading = read_numbers(texts(values))
    assert reading.is_complete and not reading.ambiguous
    np.testing.assert_array_equal(reading.values, NUMBERS)
    assert reading.remark == unit


@pytest.mark.parametrize("values, expected", [
    (["(1,234.50)", "12"], [-1234.5, 12]), (["($5.00)", "$7.00"], [-5, 7]),
    (["−5", "+5"], [-5, 5]),
    (["$-5", "-$6"], [-5, -6]), (["1e3", "2.5E-1"], [1000, 0.25]), ([".5", "5."], [0.5, 5]),
    (["12,34,567", "1,234"], [1234567, 1234]), (["0.05", "0"], [0.05, 0]),
    (["4 years", "10  years"], None), (["36 months", "60 months"], [36, 60])])
def test_signs_and_groups(values, expected):
    reading = read_numbers(texts(values))
    assert reading.values.tolist() == (expected or [4, 10])


@pytest.mark.parametrize("convention, expected, ambiguous", [
    (None, [1234, 5678], True), (DECIMAL_POINT, [1234, 5678], False),
    (DECIMAL_COMMA, [1.234, 5.678], False)])
def test_groups_of_three_follow_the_convention_else_separate_thousands(convention, expected,
                                                                       ambiguous):
    reading = read_numbers(texts(["1,234", "5,678"]), convention)
    assert reading.values.tolist() == expected and reading.ambiguous == ambiguous


def test_one_unambiguous_number_decides():
    assert read_numbers(texts(["1,234", "5,67"])).values.tolist() == [1.234, 5.67]
    assert read_numbers(texts(["1,234", "5.67"])).values.tolist() == [1234, 5.67]
    assert read_numbers(texts(["1.234", "5,67"])).values.tolist() == [1234, 5.67]
    assert read_numbers(texts(["1.234 m", "0.567 m"])).values.tolist() == [1.234, 0.567]


@pytest.mark.parametrize("values, fits", [
    (["5 kg", "6 kg", "300 g"], [1, 1, 0]), (["1.5", "2", "1.2.3"], [1, 1, 0]),
    (["5", "6", "-"], [1, 1, 0]), (["$5", "$6", "€7"], [1, 1, 0]), (["5", "(6", "7)"], [1, 0, 0]),
    (["Q1", "Q2"], [0, 0]), (["user1", "user2"], [0, 0]), (["12a1", "b"], [1, 0]),
    (["10-20", "20-30"], [0, 0]), (["1/2", "3/4"], [0, 0]), (["12:30", "12:31"], [0, 0]),
    (["1,2,3", "4,5,6"], [0, 0]), (["1,23.5"], [0]), (["a", ""], [0, 0]), (["5 (est.)"], [0])])
def test_texts_that_do_not_fit(values, fits):
    assert np.isfinite(read_numbers(texts(values)).values).tolist() == [bool(one) for one in fits]


@pytest.mark.parametrize("values", [["007", "123"], ["00012", "10001"], ["01 kg", "02 kg"]])
def test_codes_with_leading_zeros_are_no_numbers(values):
    assert read_numbers(texts(values)) is None
