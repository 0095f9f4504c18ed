"""How far a run is: on stderr, so that stdout holds results only."""

import sys


def print_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
