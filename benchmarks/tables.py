"""Tables in reStructuredText."""

from collections.abc import Sequence


def rst_table(header: Sequence[str], rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """A simple table; columns are as wide as their longest cell."""
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in (header, *rows)]
    return "\n".join(indent + line for line in (rule, lines[0], rule, *lines[1:], rule))
