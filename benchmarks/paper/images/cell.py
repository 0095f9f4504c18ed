"""One cell of the image tasks: a method on a task, with its grid and all seeds."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.paper.cell import Grid, named_values
from benchmarks.paper.images import agedb, digits
from benchmarks.paper.images.dataset import Images
from benchmarks.paper.images.probe import encoder_settings, find_features, train_probe
from benchmarks.paper.images.protocol import MOMENTUM, ImageTask
from benchmarks.paper.images.scratch import train_scratch
from benchmarks.paper.images.trials import CHOICE, run_trials
from benchmarks.paper.training import Candidate


@dataclass(frozen=True)
class Hardware:
    """Where networks are trained, and how many processes load images."""

    device: str = "cpu"
    n_workers: int = 0


def load_images(task: ImageTask, folder: Path | None = None) -> Images:
    """The images of a task; `folder` is that of the data sets."""
    images = agedb.load(folder) if task.data == "agedb" else digits.load()
    return images if task.n_images is None else images.first(task.n_images)


def settings(task: ImageTask, case: str, grid: Grid, provenance: dict) -> dict:
    """All settings that the results of a cell depend on."""
    method = task.methods[case]
    encoder = {} if task.encoder is None else {"encoder": encoder_settings(task.encoder)}
    return {
        "loss": method.loss, **method.fixed,
        "grid": named_values(method, Candidate(grid.learning_rates, grid.weight_decays,
                                               grid.values)),
        "recipe": {**asdict(task.recipe), "solver": "sgd", "momentum": MOMENTUM,
                   "schedule": "cosine"},
        **encoder, "seeds": task.seeds, "n_images": task.n_images, "chosen_by": CHOICE,
        "data": provenance,
    }


def protocol_grid(task: ImageTask, case: str) -> Grid:
    """What a cell tries if no option says otherwise."""
    return Grid(task.learning_rates, task.weight_decays, task.methods[case].values)


def run_cell(task: ImageTask, case: str, grid: Grid, images: Images, encoders: Path,
             hardware: Hardware, advance: Callable[[float], None]) -> dict:
    """Scores of a cell; `encoders` is the folder of the features of encoders."""
    method = task.methods[case]

    def train(candidate, seed):
        if task.encoder is None:
            return train_scratch(images, method, task.recipe, candidate, seed, hardware.device,
                                 hardware.n_workers)
        features = find_features(images, task.encoder, seed, encoders, hardware.device,
                                 hardware.n_workers)
        return train_probe(images, features, method, task.recipe, candidate, seed,
                           hardware.device)
    return run_trials(method, grid, task.seeds, images.test.y, train, advance)
