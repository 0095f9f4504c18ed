"""Files that are whole at any moment."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write to a file beside it first: a run killed meanwhile leaves the old one whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
