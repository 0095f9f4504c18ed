"""Numbers in text: with a unit, a currency, a per cent sign or separators of thousands."""

import re

import numpy as np

from sklearn_gar._command.reading import NUMBER_IN_TEXT, Reading

SIGNS = "$£€¥₹₽₩₺₫₴₦₱฿¢"
CURRENCY = (rf"(?:[A-Z]{{0,3}}[{SIGNS}]|Rs\.?|kr\.?|"
            r"(?:AUD|BRL|CAD|CHF|CNY|DKK|EUR|GBP|INR|JPY|KRW|MXN|NOK|PLN|SEK|USD|ZAR)\b)")
# a letter or a sign, then at most 19 characters that separate nothing
UNIT = rf"(?:[^\W\d_]|[%°‰\"'{SIGNS}])[^,;:|()]{{0,19}}"
BLANKS = " '’\u00a0\u2009\u202f"
DECIMAL_POINT, DECIMAL_COMMA = "decimal point", "decimal comma"
MARKS = {DECIMAL_POINT: (".", ","), DECIMAL_COMMA: (",", ".")}


def _pattern(decimal, thousands):
    decimal, thousands = re.escape(decimal), re.escape(thousands)
    # Indian numbers group two digits before the last three
    number = (rf"[1-9]\d{{0,2}}(?:{thousands}\d{{2,3}})*{thousands}\d{{3}}(?:{decimal}\d*)?"
              rf"|[1-9]\d{{0,2}}(?:[{BLANKS}]\d{{3}})+(?:{decimal}\d*)?"
              rf"|\d+(?:{decimal}\d*)?(?:[eE][+-]?\d+)?|{decimal}\d+")
    return (rf"^(?P<sign>[-+−(]?)\s*(?P<before>{CURRENCY}?)\s*(?P<inner_sign>[-+−]?)"
            rf"(?P<number>{number})\s*(?P<after>(?:{UNIT})?)(?P<close>\)?)$")


PATTERNS = {convention: _pattern(*marks) for convention, marks in MARKS.items()}
# 007 is a code, not a number
CODE = r"^[-+]?0\d"


def read_numbers(texts, convention=None):
    """The distinct texts (a Series) as numbers of one unit; None for codes such as 007.

    A comma between groups of three digits separates thousands, unless `convention` or another
    text of the column says otherwise.  Numbers of a rarer unit become NaN.
    """
    if texts.str.contains(CODE).any():
        return None
    point, comma = (_read(texts, name) for name in MARKS)
    if point.share != comma.share:
        return max(point, comma, key=lambda reading: reading.share)
    if np.array_equal(point.values, comma.values, equal_nan=True):
        point.convention = None
    elif convention == DECIMAL_COMMA:
        return comma
    elif convention is None:
        point.ambiguous = True
    return point


def _read(texts, convention):
    """The reading of the texts with one decimal mark."""
    decimal, thousands = MARKS[convention]
    parts = texts.str.extract(PATTERNS[convention]).dropna(subset="number")
    parts = parts[(parts["sign"] == "(") == (parts["close"] == ")")]
    units = (parts["before"] + " " + parts["after"]).str.strip()
    unit = next(iter(units.mode()), "")
    parts = parts[units == unit]
    digits = (parts["number"].str.replace(f"[{re.escape(thousands)}{BLANKS}]", "", regex=True)
              .str.replace(decimal, ".", regex=False))
    minus = parts["sign"].isin(["-", "−", "("]) ^ parts["inner_sign"].isin(["-", "−"])
    values = np.full(len(texts), np.nan)
    values[texts.index.get_indexer(parts.index)] = (digits.to_numpy(object).astype(np.float64)
                                                    * np.where(minus, -1, 1))
    return Reading(values, NUMBER_IN_TEXT, unit, convention)
