"""Networks of one architecture on the same rows, trained side by side by the protocol."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.paper.protocol import Method, Recipe
from sklearn_gar import losses
from sklearn_gar.nn import StackedAdam, StackedMLP, StackedSGD

BLOCK_BYTES = 8 << 20  # of the activations of a block; more do not fit the cache


class Candidate(NamedTuple):
    """What one network of a grid is trained with; `value` is that of the method's parameter."""

    learning_rate: float
    weight_decay: float
    value: float | None = None


class Rows(NamedTuple):
    """Training rows X (n, d) and y (n, k), and the seed of all random numbers.

    Networks are on the device of X and have its precision, which is float32 in the protocol.
    """

    X: Tensor
    y: Tensor
    seed: tuple[int, ...]


# called after each epoch with its number, the places of the candidates and the network; returns
# for each member whether it is finite, in main memory
AfterEpoch = Callable[[int, Tensor, StackedMLP], Tensor]


def blocks(candidates: Sequence[Candidate], method: Method, recipe: Recipe,
           device: torch.device = torch.device("cpu")) -> list[list[int]]:
    """Places of the candidates that train as one stack.

    On a processor a stack fits the cache; on another device it has no such limit.  It has one
    value of the method's parameter, unless the loss takes a value for each member.  Equal
    learning rates are next to each other, so that the optimiser can treat them as one.
    """
    by_value = {}
    for place, candidate in enumerate(candidates):
        by_value.setdefault(None if method.by_member else candidate.value, []).append(place)
    n_bytes = 2 * 4 * recipe.batch_size * sum(recipe.hidden_layer_sizes)
    largest = max(1, BLOCK_BYTES // n_bytes) if device.type == "cpu" else len(candidates)
    arrays = []
    for places in by_value.values():
        places = sorted(places, key=lambda place: candidates[place])
        arrays += np.array_split(places, -(-len(places) // largest))
    return [block.tolist() for block in arrays]


def train_grid(rows: Rows, candidates: Sequence[Candidate], method: Method, recipe: Recipe,
               after_epoch: AfterEpoch, advance: Callable[[float], None],
               make_stack: type["Stack"] | None = None) -> None:
    """Train all candidates block by block; `advance` is called with shares of the work.

    `make_stack` is a subclass of :class:`Stack` that departs from the protocol.
    """
    for block in blocks(candidates, method, recipe, rows.X.device):
        share = len(block) / (len(candidates) * recipe.n_epochs)
        n_epochs_done = 0

        def count_and_call(epoch, places, network):
            nonlocal n_epochs_done
            n_epochs_done += 1
            advance(share)
            return after_epoch(epoch, places, network)
        train(rows, candidates, block, method, recipe, count_and_call, make_stack)
        advance(share * (recipe.n_epochs - n_epochs_done))  # if the whole block diverged


def train(rows: Rows, candidates: Sequence[Candidate], places: Sequence[int], method: Method,
          recipe: Recipe, after_epoch: AfterEpoch,
          make_stack: type["Stack"] | None = None) -> None:
    """Train a block; networks that `after_epoch` finds not to be finite are removed.

    Batches are drawn from the seed of the rows and are the same for all networks.  Initial
    weights are drawn from that seed and the candidate's values, so that a network is the same
    in every grid.
    """
    generator = torch.Generator().manual_seed(combined_seed(*rows.seed))
    stack = (make_stack or Stack)(rows, [candidates[place] for place in places], method, recipe)
    places = torch.tensor(places)
    for epoch in range(recipe.n_epochs):
        stack.begin_epoch(epoch)
        for index in stack.batches(generator):
            stack.step(rows.X[index], rows.y[index])
        is_finite = after_epoch(epoch, places, stack.network)
        if not is_finite.all():
            members = is_finite.nonzero().ravel()
            if not len(members):
                return
            places = places[members]
            stack.keep_members(members)


def combined_seed(*entropy: int) -> int:
    """One seed from several numbers."""
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def weights_seed(rows: Rows, candidate: Candidate) -> int:
    """Seed of a network's initial weights."""
    return combined_seed(*rows.seed, zlib.crc32(repr(tuple(candidate)).encode()))


def epoch_batches(n_rows: int, recipe: Recipe, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Batches of the rows in random order; fewer rows than the batch size are one batch."""
    order = torch.randperm(n_rows, generator=generator)
    if recipe.drop_last and n_rows > recipe.batch_size:
        order = order[:n_rows // recipe.batch_size * recipe.batch_size]
    return order.split(recipe.batch_size)


class Stack:
    """Networks, their optimiser and their loss."""

    def __init__(self, rows: Rows, candidates: list[Candidate], method: Method, recipe: Recipe):
        self.rows, self.candidates, self.method, self.recipe = rows, candidates, method, recipe
        sizes = rows.X.shape[1], *recipe.hidden_layer_sizes, rows.y.shape[1]
        seeds = self.weights_seeds()
        self.network = StackedMLP(sizes, seeds, recipe.activation).to(rows.X)
        self.is_pretraining = method.pretrains
        self._prepare()

    def weights_seeds(self) -> list[int]:
        """The seed of each member's initial weights."""
        return [weights_seed(self.rows, candidate) for candidate in self.candidates]

    def batches(self, generator: torch.Generator) -> Iterable[Tensor]:
        """Places of the rows in each batch of an epoch."""
        return epoch_batches(len(self.rows.X), self.recipe, generator)

    def _prepare(self):
        """Make the optimiser and the loss: for all layers, or for all but the output layer."""
        tensors = self.network.tensors
        rates, decays, _ = map(list, zip(*self.candidates))
        solver, settings = StackedAdam, {}
        if self.recipe.solver == "sgd":
            solver, settings = StackedSGD, {"momentum": self.recipe.momentum}
        self.optimizer = solver(tensors[:-2] if self.is_pretraining else tensors, rates,
                                weight_decay=decays, **settings)
        self.loss = self.make_loss()

    def make_loss(self) -> torch.nn.Module:
        """The loss of the present members."""
        if self.method.pretrains and not self.is_pretraining:
            return losses.AbsoluteErrorLoss()
        return make_loss(self.method, [candidate.value for candidate in self.candidates])

    def begin_epoch(self, epoch: int) -> None:
        """Set the learning rates; end the pre-training."""
        progress = epoch / self.recipe.n_epochs
        if self.is_pretraining and progress >= self.recipe.pretraining_share:
            self.is_pretraining = False
            self._prepare()
        self.optimizer.scale_learning_rate(
            0.1 ** sum(progress >= share for share in self.recipe.milestones))

    def step(self, X: Tensor, y: Tensor) -> None:
        """Compute the gradients of each member's own loss, and take a step."""
        self.backward(*self.forward(X), y)
        self.optimizer.step()

    @property
    def _reads_features(self):
        """Whether the present loss takes features; the loss after pre-training does not."""
        return self.method.reads_features and self.is_pretraining == self.method.pretrains

    def forward(self, X: Tensor) -> tuple[Tensor, Any]:
        """Predictions, and what :meth:`backward` needs: features or activations."""
        if self._reads_features:
            features = self.network.features(X)
            return self.network.output(features), features
        return self.network.forward_and_save(X)

    def backward(self, prediction: Tensor, saved: Any, y: Tensor) -> None:
        """Set the gradients; autograd is used for losses that need it, not for the network.

        Only a loss of features is differentiated by autograd through all layers.
        """
        if self._reads_features:
            self.optimizer.zero_grad()
            self.loss(prediction, y, features=saved).sum().backward()
        elif hasattr(self.loss, "value_and_gradient"):
            self.network.backward(self.loss.value_and_gradient(prediction, y)[1], saved)
        else:
            prediction.requires_grad_()
            (grad,) = torch.autograd.grad(self.loss(prediction, y).sum(), prediction)
            self.network.backward(grad, saved)

    def keep_members(self, index: Tensor) -> None:
        """Keep only the members at these indices."""
        self.candidates = [self.candidates[member] for member in index.tolist()]
        self.network.keep_members(index)
        self.optimizer.keep_members(index)
        self.loss = self.make_loss()


def make_loss(method: Method, values: list) -> torch.nn.Module:
    """The loss with the value of each member, or with the value that they share."""
    settings = dict(method.fixed)
    if method.parameter is not None:
        value = values[0]
        if len(set(values)) > 1:
            value = torch.tensor(values, dtype=torch.float64)
        settings[method.parameter] = value
    return getattr(losses, method.loss)(**settings)
