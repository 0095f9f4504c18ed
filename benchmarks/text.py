"""Text of reports and of progress: tables in reStructuredText, counts, durations, dates."""

from collections.abc import Iterable, Sequence


def rst_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A simple table; each column is as wide as its longest cell.  Empty if there is no row."""
    if not rows:
        return ""
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in (header, *rows)]
    return "\n".join((rule, lines[0], rule, *lines[1:], rule))


def titled_tables(titles: Sequence[str], tables: Sequence[str]) -> list[str]:
    """Titles and tables in turn; a table without rows has no title either."""
    return [block for title, table in zip(titles, tables) if table for block in (title, table)]


def rst_heading(title: str, underline: str = "-") -> str:
    return f"{title}\n{underline * len(title)}"


def counted(number: int, noun: str) -> str:
    """As "1 thread" or "2 threads"."""
    return f"{number} {noun}{'s' * (number != 1)}"


def be(number: int) -> str:
    """The verb of a count: "is" for 1, otherwise "are"."""
    return "is" if number == 1 else "are"


def duration(seconds: float) -> str:
    """Seconds below 100, minutes above."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def days(dates: Iterable[str]) -> str:
    """The first and the last day of dates in ISO format, or the one day that all share."""
    ordered = sorted(date[:10] for date in dates)
    return " to ".join(dict.fromkeys((ordered[0], ordered[-1])))


def failure(error: Exception) -> str:
    """Kind and message of an error on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
