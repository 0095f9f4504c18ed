"""The questions, and the settings that are trained for each."""

from dataclasses import dataclass

from benchmarks.paper.protocol import Method


REFERENCE = "GAR(10)"  # which the others are compared with


@dataclass(frozen=True)
class Rival:
    """One setting: no grid, so nothing is chosen but the epoch.

    Attributes
    ----------
    loss : str
        Class of `sklearn_gar.losses`.
    values : dict
        Its parameters.
    learning_rate : float
        The initial learning rate.
    n_epochs : int
        Number of epochs; the schedule is stretched with it.
    is_published : bool
        Whether ConR is computed as in the authors' code.
    """

    loss: str
    values: dict
    learning_rate: float = 0.1
    n_epochs: int = 100
    is_published: bool = False

    @property
    def method(self) -> Method:
        return Method(self.loss, fixed=self.values, reads_features=self.loss == "ConRLoss")


@dataclass(frozen=True)
class Question:
    """Settings that are compared on the same rows, batches and folds.

    Attributes
    ----------
    tasks : tuple of str
        Names of the protocol's tasks.
    standardised : bool
        Whether the targets are standardised.
    weight_decay : float
        That of all settings.
    folds : tuple of int
        Which of the five folds are trained.
    rivals : dict
        The settings by name; one is REFERENCE.
    """

    tasks: tuple[str, ...]
    standardised: bool
    weight_decay: float
    folds: tuple[int, ...]
    rivals: dict[str, Rival]


def _gar(alpha, **training):
    return Rival("GARLoss", {"alpha": float(alpha)}, **training)


def _conr(window=1.0, beta=4.0, **training):
    return Rival("ConRLoss", {"beta": beta, "window": window}, **training)


def _mae(**training):
    return Rival("AbsoluteErrorLoss", {}, **training)


def _huber(delta, **training):
    return Rival("HuberLoss", {"delta": float(delta)}, **training)


QUESTIONS = {
    # Table 7: the folds of ConR choose rate 0.1 and beta 4, those of GAR rate 0.1, alpha 1 or 10
    "conr": Question(
        ("parkinson_total", "parkinson_motor"), True, 1e-4, (0, 1, 2), {
            REFERENCE: _gar(10), "GAR(1)": _gar(1), "GAR(0.1)": _gar(0.1), "MAE": _mae(),
            "ConR": _conr(),
            **{f"ConR, window {window}": _conr(window) for window in (0.1, 0.2, 0.5, 2.0)},
            **{f"ConR, beta {beta}": _conr(beta=beta) for beta in (0.2, 1.0)},
            **{f"ConR as published, beta {beta}": _conr(beta=beta, is_published=True)
               for beta in (0.2, 4.0)},
            **{f"{name}, rate {rate}": make(learning_rate=rate)
               for name, make in (("GAR(10)", lambda **training: _gar(10, **training)),
                                  ("MAE", _mae), ("ConR", _conr)) for rate in (0.2, 0.3)},
            "GAR(10), 300 epochs": _gar(10, n_epochs=300),
            "MAE, 300 epochs": _mae(n_epochs=300), "ConR, 300 epochs": _conr(n_epochs=300),
        }),
    # Table 1: the folds of Huber choose rate 0.1 with delta 1 or rate 0.01 with delta 4
    "huber": Question(
        ("parkinson_total",), False, 1e-5, (0, 1, 2, 3, 4), {
            REFERENCE: _gar(10), "GAR(1)": _gar(1), "GAR(0.1)": _gar(0.1), "GAR(100)": _gar(100),
            "Huber(1)": _huber(1), "Huber(4), rate 0.01": _huber(4, learning_rate=0.01),
            "Huber(4), rate 0.03": _huber(4, learning_rate=0.03),
            "Huber(1), rate 0.03": _huber(1, learning_rate=0.03),
            "Huber(0.25)": _huber(0.25), "MAE": _mae(),
            "MAE, rate 0.03": _mae(learning_rate=0.03),
            "GAR(10), rate 0.3": _gar(10, learning_rate=0.3),
            "GAR(10), rate 1.0": _gar(10, learning_rate=1.0),
            "GAR(10), 300 epochs": _gar(10, n_epochs=300),
            "GAR(10), rate 0.3, 300 epochs": _gar(10, learning_rate=0.3, n_epochs=300),
            "Huber(1), rate 0.03, 300 epochs": _huber(1, learning_rate=0.03, n_epochs=300),
            "Huber(4), rate 0.01, 300 epochs": _huber(4, learning_rate=0.01, n_epochs=300),
        }),
}


def task_name(question: str, task: str) -> str:
    """The folder of a question's results on one task, as conr_parkinson_total."""
    return f"{question}_{task}"
