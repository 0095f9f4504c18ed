"""What the file of each experiment's cells must hold, and a check that names what is wrong."""

from dataclasses import dataclass
from typing import Any

from benchmarks.paper.gradients.trials import ERRORS
from benchmarks.paper.images.protocol import IMAGE_METRICS
from benchmarks.paper.protocol import CURVE_EXPERIMENTS, EXPERIMENTS, METRICS, TIMING
from benchmarks.paper.rivals.trials import MEASURES

NUMBER = int, float
LONGEST = 40  # characters of a value in an error
OPTIONAL = *NUMBER, type(None)  # None for what diverged
WORDS = {NUMBER: "a number", OPTIONAL: "a number or null", int: "a whole number", str: "a text",
         bool: "true or false", dict: "an object", list: "a list that is not empty"}


@dataclass(frozen=True)
class Each:
    """An object of any names whose values have all the same form."""

    form: Any


def named(names, form) -> dict:
    """An object that has at least these names, all of the same form."""
    return dict.fromkeys(names, form)


# a form is a type, several types, Each, an object of forms by name, or a list of one form
CONDITIONS = {"seconds": NUMBER, "threads": int, "versions": Each(str),
              "machine": {"cpu": str, "cores": int}, "date": str}
CELL = {"experiment": str, "task": str, "case": str, "settings": dict, **CONDITIONS}
DATA = {"data": {"source": str, "split": str}}
TRAINING = {"grid": Each([NUMBER]), "recipe": {"n_epochs": int}}
_MOMENTS = {"mean": NUMBER, "std": NUMBER}
_TIMES = {"networks": int, "all": _MOMENTS, "loss": _MOMENTS}
_POINTS = named(("mean", "deviation"), [OPTIONAL])


def _scores(metrics, of):
    """Scores by metric, with those of folds or seeds."""
    return named(metrics, {"mean": OPTIONAL, "std": OPTIONAL, of: [{"test": OPTIONAL}]})


TABLE = {"settings": {**TRAINING, **DATA}, "networks": int, "scores": _scores(METRICS, "folds")}
CURVE = {"settings": {**TRAINING, **DATA}, "chosen": Each(NUMBER), "predictions": _POINTS,
         **named(("pearson_mean", "pearson_max", "pearson_mean_of_own_choices"), OPTIONAL),
         "candidates": [{"pearson": [OPTIONAL]}]}
FORMS = {
    **named(EXPERIMENTS, TABLE),
    "table6": {**TABLE, "curves": {**named(("mean", "deviation"), [[OPTIONAL]]),
                                   "truth": named(("mean", "deviation"), NUMBER)}},
    **named(TIMING, {"settings": {**TRAINING, **DATA}, "stack": _TIMES, "loop": _TIMES,
                     "networks_in_cell": int}),
    **named(CURVE_EXPERIMENTS, CURVE),
    "images": {**TABLE, "scores": _scores(IMAGE_METRICS, "seeds"), "chosen": Each(NUMBER)},
    "gradients": {"settings": TRAINING, "errors": named(ERRORS, [OPTIONAL]),
                  "all_rates": Each(named(ERRORS, [OPTIONAL]))},
    "spread": {"settings": {**TRAINING, **DATA}, "candidates": [{
        "weight_decay": NUMBER, "pearson": [OPTIONAL], "mae_test": [OPTIONAL]}]},
    "rivals": {"settings": {**TRAINING, **DATA}, "folds": [named(MEASURES, OPTIONAL)]},
    "symbolic": {"settings": DATA, "gplearn": str, "predictions": _POINTS, "found": [{
        "formula": str, "length": int, "pearson": NUMBER, "mae_test": NUMBER, "exact": bool,
        "shape": bool}]},
}


def check_cell(cell: Any) -> None:
    """Raise ValueError if a cell has not the form of its experiment, or of a smoke test of it."""
    check_form(cell, CELL)
    experiment = cell["experiment"].removesuffix("_quick")
    check_form(cell, FORMS.get(experiment, {}))
    if experiment in EXPERIMENTS and "alpha" in cell["settings"]["grid"]:
        check_form(cell["scores"], Each({"folds": [{"alpha": NUMBER}]}), "scores")
    if experiment in CURVE_EXPERIMENTS:
        chosen = [one for one in cell["candidates"] if cell["chosen"].items() <= one.items()]
        if len(chosen) != 1:
            raise ValueError(f"one of the candidates must be the chosen one, got {len(chosen)}")


def check_form(value: Any, form: Any, place: str = "the file") -> None:
    """Raise ValueError if a value of JSON has another form; `place` says which value it is."""
    if isinstance(form, dict | Each):
        _check_type(value, dict, place)
        names = value if isinstance(form, Each) else form
        if absent := [name for name in names if name not in value]:
            raise ValueError(f"{place} must have {', '.join(absent)}")
        for name in names:
            check_form(value[name], form.form if isinstance(form, Each) else form[name],
                       name if place == "the file" else f"{place}.{name}")
    elif isinstance(form, list):
        _check_type(value, list, place)
        for number, one in enumerate(value):
            check_form(one, form[0], f"{place}[{number}]")
    else:
        _check_type(value, form, place)


def _check_type(value, form, place):
    """In Python a bool is a number, in JSON it is not."""
    is_right = isinstance(value, form) and (form is bool or not isinstance(value, bool))
    if not is_right or value == []:
        text = repr(value)
        got = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
        raise ValueError(f"{place} must be {WORDS[form]}, got {got}")
