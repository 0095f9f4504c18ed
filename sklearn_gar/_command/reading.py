"""What a column of text says when it is read as dates or as numbers."""

from dataclasses import dataclass

import numpy as np

NUMBER_IN_TEXT, DATE, DURATION = "number in text", "date", "duration"


@dataclass
class Reading:
    """Values of the texts, NaN where a text does not fit, and how they were read.

    `convention` is what the columns of a file usually share ("day first", "decimal comma"), or
    None where it makes no difference.  `ambiguous` says that another convention fits as well.
    """

    values: np.ndarray
    kind: str
    remark: str = ""
    convention: str | None = None
    ambiguous: bool = False

    @property
    def share(self):
        """Share of texts that fit."""
        return np.isfinite(self.values).mean()

    @property
    def is_complete(self):
        """Whether all texts fit."""
        return bool(np.isfinite(self.values).all())
