"""What is changed, one thing at a time; the rest is the protocol's."""

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from benchmarks.paper.protocol import CURVE_WEIGHT_DECAYS, Recipe
from benchmarks.paper.training import Stack, combined_seed
from sklearn_gar.losses import functional

PROTOCOL, AUTHORS = "protocol", "published-code"
LEARNING_RATE = 1e-2  # the one that the trials choose among those of the protocol
CHOSEN_DECAY = 1e-4  # with it, on the squared sine
AUTHORS_DECAY = 0.0  # of the authors' predictions of both curves


class PublishedGAR(torch.nn.Module):
    """GAR as in the authors' code: half of the variance, and the deviations of a sample.

    With sample deviations the third term is (1 - rho) (n - 1) / n, for n rows.
    """

    def __init__(self, alpha: float):
        super().__init__()
        self.alpha = alpha

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        n = input.shape[-2]
        terms = torch.stack([
            functional.absolute_error(input, target),
            functional.pairwise_difference(input, target) / 2,
            functional.normalized_pairwise_difference(input, target) * (n - 1) / n])
        return self.alpha * ((terms.log() / self.alpha).logsumexp(0) - math.log(len(terms)))


class PublishedLoss(Stack):
    """Networks that are trained with :class:`PublishedGAR`."""

    def make_loss(self):
        return PublishedGAR(self.candidates[0].value)


class OtherBatches(Stack):
    """Batches are drawn from another seed; the initial weights are the same."""

    def batches(self, generator):
        if not hasattr(self, "generator"):
            self.generator = torch.Generator().manual_seed(combined_seed(*self.rows.seed, 1))
        return super().batches(self.generator)


class SameBatches(Stack):
    """The batches of the first epoch are those of every epoch."""

    def batches(self, generator):
        if not hasattr(self, "first"):
            self.first = list(super().batches(generator))
        return self.first


class OneStart(Stack):
    """All candidates of a seed begin with the same weights, as after `torch.manual_seed`."""

    def weights_seeds(self):
        return [combined_seed(*self.rows.seed)] * len(self.candidates)


class Glorot(Stack):
    """Initial weights as Glorot and Bengio draw them, uniform, and biases of zero."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        for weight, bias in zip(self.network.tensors[::2], self.network.tensors[1::2]):
            inputs, outputs = weight.shape[1:]
            # torch's default is uniform up to 1 / sqrt(inputs)
            weight.data *= (6 * inputs / (inputs + outputs)) ** 0.5
            bias.data.zero_()


class PublishedDraws(Stack):
    """Initial weights and batches as in the authors' code, which calls `torch.manual_seed`.

    The seed of the rows is that of all random numbers: torch draws the layers in their order,
    and then in every epoch what the loaders of the training and of the test half ask for.
    """

    def __init__(self, rows, *arguments):
        super().__init__(rows, *arguments)
        sizes = self.network.layer_sizes
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(*rows.seed)
            layers = [torch.nn.Linear(*shape) for shape in zip(sizes, sizes[1:])]
            self.random_state = torch.get_rng_state()
        tensors = self.network.tensors
        for layer, weight, bias in zip(layers, tensors[::2], tensors[1::2]):
            weight.data[:], bias.data[:] = layer.weight.detach().T, layer.bias.detach()

    def batches(self, generator):
        places, recipe = range(len(self.rows.X)), self.recipe
        loaders = [DataLoader(places, recipe.batch_size, shuffle=True, drop_last=recipe.drop_last),
                   DataLoader(places[:1])]
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self.random_state)
            batches, _ = map(list, loaders)
            self.random_state = torch.get_rng_state()
        return batches


class PublishedCode(PublishedDraws, PublishedLoss):
    """Draws and loss of the authors' code."""


@dataclass(frozen=True)
class Change:
    """A departure from the protocol.

    Attributes
    ----------
    words : str
        What differs.
    of_recipe : dict
        Fields of the recipe that have other values.
    learning_rate : float
        The initial learning rate.
    make_stack : type
        How networks begin, and how they take rows and losses.
    dtype : torch.dtype
        Precision of networks and rows.
    standardised : bool
        Whether the feature has mean 0 and deviation 1.
    """

    words: str
    of_recipe: dict = field(default_factory=dict)
    learning_rate: float = LEARNING_RATE
    make_stack: type[Stack] = Stack
    dtype: torch.dtype = torch.float32
    standardised: bool = False

    def recipe(self, recipe: Recipe) -> Recipe:
        return replace(recipe, **self.of_recipe)


CHANGES = {
    PROTOCOL: Change("none"),
    "other-batches": Change("batches drawn from another seed", make_stack=OtherBatches),
    "same-batches": Change("the same batches in every epoch", make_stack=SameBatches),
    "all-rows": Change("the last, smaller batch is kept", {"drop_last": False}),
    "one-start": Change("initial weights of the seed alone", make_stack=OneStart),
    "glorot": Change("initial weights of Glorot, zero biases", make_stack=Glorot),
    "relu": Change("ReLU instead of ELU", {"activation": "relu"}),
    "tanh": Change("tanh instead of ELU", {"activation": "tanh"}),
    "float64": Change("float64", dtype=torch.float64),
    "rate-0.03": Change("learning rate 0.03", learning_rate=3e-2),
    "rate-0.003": Change("learning rate 0.003", learning_rate=3e-3),
    "constant-rate": Change("learning rate not reduced", {"milestones": ()}),
    "late-steps": Change("learning rate reduced after 1/2 and 3/4", {"milestones": (1/2, 3/4)}),
    "standardised-x": Change("feature standardised", standardised=True),
    "published-loss": Change("GAR as the authors' code computes it", make_stack=PublishedLoss),
    "published-draws": Change("weights and batches drawn as in the authors' code",
                              make_stack=PublishedDraws),
    AUTHORS: Change("draws and loss of the authors' code", make_stack=PublishedCode),
}


def weight_decays(curve: str, change: str) -> tuple[float, ...]:
    """All of the protocol; for a change on the squared sine, which takes longer, the chosen."""
    if curve == "sine" or change == PROTOCOL:
        return CURVE_WEIGHT_DECAYS
    return (CHOSEN_DECAY, AUTHORS_DECAY) if change == AUTHORS else (CHOSEN_DECAY,)
