"""What the overview says of its rows besides counts."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

COMMITTED = Path(__file__).parents[2] / "results" / "paper"
"""Folder of the results that the reasons are about."""

README = Path(__file__).parents[1] / "README.rst"
# its headings
DIFFERENCES, SPREAD, RIVALS, DATA, IMAGES, GRADIENTS, SYMBOLIC = SECTIONS = (
    "Where the results differ", "Twenty seeds", "Where another method beats GAR",
    "Data", "Images", "Gradients", "Symbolic regression")
NO_IMAGES = "the images are given on request only"
NO_VALUES = "the paper prints no values"


class Note(NamedTuple):
    """A few words, and the section of the README that has the rest."""

    text: str
    section: str = ""


REASONS = {
    "Table 1": Note("Super Conductivity; MAE on wine, RMSE on the total scores", DIFFERENCES),
    "Table 1, Wine Quality": Note("ConR has a lower MAE than in the paper", DIFFERENCES),
    "Table 1, Parkinson (Total)": Note(
        "Huber is better than GAR, whose best learning rate is not tried", RIVALS),
    "Table 1, Super Conductivity": Note("reconstructed features, other test rows", DIFFERENCES),
    "Table 4": Note("the three alphas have nearly the same scores", DIFFERENCES),
    "Table 5": Note("Super Conductivity, whose features are reconstructed", DIFFERENCES),
    "Table 7": Note("ConR is far better than in the paper on Parkinson", RIVALS),
    "Figure 6": Note("MAE-Pearson is worse; MSE leads with 2 layers", DIFFERENCES),
}
"""Why the committed results differ, for each row that does."""

NOTES = {
    "Table 1, IC50": Note("a substitute, so no values to compare", DATA),
    "Table 1, AgeDB (Scratch)": Note(NO_IMAGES, IMAGES),
    "Table 1, AgeDB (RNC Linear Probe)": Note(NO_IMAGES, IMAGES),
    "Table 2": Note("times of an epoch"),
    "Figures 4 and 5": Note("gplearn instead of PySR", SYMBOLIC),
    "Figures 7 to 11": Note(NO_VALUES),
    "Figure 12": Note(NO_VALUES),
}
"""What else is to be known of other rows, whoever's results they are."""

NOTES_OF_COMMITTED = {
    "Table 3": Note("the published file of Wine Quality has more rows", DATA),
    "Figures 1 to 3": Note("GAR's two curves, with twenty seeds", SPREAD),
}
"""What else is to be known of other rows of the committed results."""

OTHER_VERDICTS = {
    "Table 1, IC50": "other rows",
    "Table 2": "another machine",
    "Figures 4 and 5": "another task",
    "Figures 7 to 11": "drawn",
    "Figure 12": "drawn",
}
"""Verdicts of rows that cannot be compared with the paper."""


def note_of(title: str, differs: bool, is_committed: bool) -> Note:
    """What there is to say of a row; reasons and sections are those of the committed results."""
    if not is_committed:
        return Note("" if differs else NOTES.get(title, Note("")).text)
    notes = REASONS if differs else {**NOTES, **NOTES_OF_COMMITTED}
    return notes.get(title, Note(""))


def reference(section: str, words: str = "") -> str:
    """A hyperlink to a section of the README, which :func:`targets` defines."""
    return f"`{words or section}`_"


def targets(folder: Path, notes: Iterable[Note]) -> str:
    """Targets of the references to sections and of notes, in the report of a folder of results."""
    readme = Path(os.path.relpath(README, folder / "report")).as_posix()
    links = {**{section: section for section in SECTIONS},
             **{note.text: note.section for note in notes if note.section}}
    return "\n".join(f".. _{words}: {readme}#{section.lower().replace(' ', '-')}"
                     for words, section in links.items())
