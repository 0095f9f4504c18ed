"""What the overview says of its rows besides counts."""

from typing import NamedTuple

README = "../../../paper/README.rst"  # from the folder of the committed report
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
    "Table 1": Note("Super Conductivity, and two scores of other tasks", DIFFERENCES),
    "Table 1, Wine Quality": Note("ConR has a lower MAE than in the paper", DIFFERENCES),
    "Table 1, Parkinson (Total)": Note(
        "Huber is better than GAR, whose best learning rate is not tried", RIVALS),
    "Table 1, Super Conductivity": Note("reconstructed features, other test rows", DIFFERENCES),
    "Table 4": Note("the three alphas have nearly the same scores", DIFFERENCES),
    "Table 7": Note("ConR is far better than in the paper on Parkinson", RIVALS),
    "Figure 6": Note("MAE-Pearson is worse; MSE leads with 2 layers", DIFFERENCES),
}
"""Why the committed results differ, for each row that does."""

NOTES = {
    "Table 1, IC50": Note("other rows, so no values to compare", DATA),
    "Table 1, AgeDB (Scratch)": Note(NO_IMAGES, IMAGES),
    "Table 1, AgeDB (RNC Linear Probe)": Note(NO_IMAGES, IMAGES),
    "Table 2": Note("seconds an epoch; another machine than the paper's"),
    "Figures 1 to 3": Note("GAR's two curves, with twenty seeds", SPREAD),
    "Figures 4 and 5": Note("gplearn instead of PySR", SYMBOLIC),
    "Figures 7 to 11": Note(NO_VALUES),
    "Figure 12": Note(NO_VALUES),
}
"""What else is to be known of other rows."""

OTHER_VERDICTS = {
    "Figures 4 and 5": "another task",
    "Figures 7 to 11": "drawn",
    "Figure 12": "drawn",
}
"""Verdicts of rows that cannot be compared with the paper."""


def reference(section: str) -> str:
    """A hyperlink to a section of the README, which :func:`targets` defines."""
    return f"`{section}`_" if section else ""


def targets() -> str:
    """Targets of the references."""
    return "\n".join(f".. _{section}: {README}#{section.lower().replace(' ', '-')}"
                     for section in SECTIONS)
