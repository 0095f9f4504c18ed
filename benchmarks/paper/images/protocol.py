"""The image tasks as data: Section 4.2, tasks 7 and 8, and Appendix B.7."""

from dataclasses import dataclass, replace

from benchmarks.paper.protocol import FAST, METHODS, METRICS, Method, gar_method
from benchmarks.paper.training import Candidate

EXPERIMENT, QUICK_EXPERIMENT = "images", "images_quick"
IMAGE_METRICS = (*METRICS, "R2")
SEEDS = (1, 2, 3, 4, 5)
# as in the public code of RNC; the paper leaves it open
MOMENTUM = 0.9


@dataclass(frozen=True)
class ImageRecipe:
    """How a ResNet18 is trained, by SGD with a cosine schedule; the defaults are B.7.

    Attributes
    ----------
    width : int
        Channels of the first stage.
    small_images : bool
        Whether the network begins with a 3x3 convolution of stride 1.
    n_epochs, batch_size : int
        Number of epochs, and images in a batch.
    n_views : int
        Augmented views of each image of a batch.
    """

    width: int = 64
    small_images: bool = False
    n_epochs: int = 400
    batch_size: int = 256
    n_views: int = 2


@dataclass(frozen=True)
class ProbeRecipe:
    """How a linear model of an encoder's features is trained, by SGD with a cosine schedule."""

    n_epochs: int = 100
    batch_size: int = 256


@dataclass(frozen=True)
class Encoder:
    """The first stage of a probe: RNC trains a ResNet18 without its output layer.

    B.7 chooses the temperature 2.  It searches learning rate and weight decay, but does not say
    by what they are chosen; here they are fixed.
    """

    recipe: ImageRecipe
    candidate: Candidate
    method: Method = replace(METHODS["RNC"], values=(2.0,))


@dataclass(frozen=True)
class ImageTask:
    """Images, and whether a network is trained on them from scratch or a probe on an encoder.

    Attributes
    ----------
    title : str
        What it is called in the report.
    data : {"agedb", "digits"}
        The images.
    methods : dict
        The methods that the paper has for it.
    recipe : ImageRecipe or ProbeRecipe
        How each method is trained.
    learning_rates, weight_decays : tuple of float
        Values that are tried.
    encoder : Encoder or None
        The first stage of a probe.
    seeds : tuple of int
        Seeds of the repetitions; the first one also tries the grid.
    n_images : int or None
        Number of images of each part that a smoke test takes.
    """

    title: str
    data: str
    methods: dict[str, Method]
    recipe: ImageRecipe | ProbeRecipe
    learning_rates: tuple[float, ...] = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
    weight_decays: tuple[float, ...] = (1e-6, 1e-5, 1e-4, 1e-3)
    encoder: Encoder | None = None
    seeds: tuple[int, ...] = SEEDS
    n_images: int | None = None


# RNC is an encoder, not a method of its own; RankSim and ConR need features that are trained
SCRATCH = {name: method for name, method in METHODS.items() if name != "RNC"}
PROBES = {name: method for name, method in SCRATCH.items() if not method.reads_features}
WITH_NO_DECAY = (0.0, 1e-6, 1e-5, 1e-4, 1e-3)
# learning rate and weight decay are those of the public code of RNC
RNC_CANDIDATE = Candidate(0.5, 1e-4, 2.0)
AGEDB = ImageRecipe()
# sizes that one core can train; see benchmarks/paper/README.rst
DIGITS = ImageRecipe(width=4, small_images=True, n_epochs=16, batch_size=64)
DIGITS_ENCODER = ImageRecipe(width=4, small_images=True, n_epochs=30)

IMAGE_TASKS = {
    "agedb_scratch": ImageTask(
        "AgeDB (Scratch)", "agedb", {**SCRATCH, "GAR": gar_method((0.1,))}, AGEDB),
    "agedb_rnc_linear_probe": ImageTask(
        "AgeDB (RNC Linear Probe)", "agedb", {**PROBES, "GAR": gar_method((1.0,))},
        ProbeRecipe(), weight_decays=WITH_NO_DECAY,
        encoder=Encoder(AGEDB, RNC_CANDIDATE)),
    "digits_scratch": ImageTask(
        "Turned digits (Scratch)", "digits", SCRATCH, DIGITS, FAST, (1e-4,)),
    "digits_rnc_linear_probe": ImageTask(
        # the second GAR has the alpha of the paper's linear probe
        "Turned digits (RNC Linear Probe)", "digits",
        {**PROBES, "GAR(alpha=1)": gar_method((1.0,))}, ProbeRecipe(),
        weight_decays=WITH_NO_DECAY, encoder=Encoder(DIGITS_ENCODER, RNC_CANDIDATE)),
}
KNOWN_METHODS = tuple(dict.fromkeys(
    method for task in IMAGE_TASKS.values() for method in task.methods))
DEFAULT_TASKS = ("digits_scratch", "digits_rnc_linear_probe")


def quick(task: ImageTask) -> ImageTask:
    """A smoke test of a task: few images, a tiny network, one candidate, two seeds."""
    tiny = ImageRecipe(2, task.data == "digits", n_epochs=2, batch_size=16)
    encoder = task.encoder and replace(task.encoder, recipe=tiny)
    return replace(
        task, recipe=tiny if encoder is None else ProbeRecipe(2, 16), encoder=encoder,
        methods={name: replace(method, values=method.values[:1])
                 for name, method in task.methods.items()},
        learning_rates=task.learning_rates[:1], weight_decays=task.weight_decays[-1:],
        seeds=task.seeds[:2], n_images=32)
