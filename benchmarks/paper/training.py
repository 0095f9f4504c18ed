"""Networks of one architecture on the same rows, trained side by side by the protocol."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.paper.protocol import Method, Recipe
from sklearn_gar import losses
from sklearn_gar.nn import StackedAdam, StackedMLP, StackedSGD

BLOCK_BYTES = 8 << 20  # of a block's activations; more leave the cache


class Candidate(NamedTuple):
    """What one network of a grid is trained with."""

    learning_rate: float
    weight_decay: float
    own: float | None = None


class Rows(NamedTuple):
    """Float32 rows to train on, X (n, d) and y (n, k), and the seed of all that is drawn."""

    X: Tensor
    y: Tensor
    seed: tuple[int, ...]


# told the epoch, the candidates' places and the network; tells which members are sound
Watch = Callable[[int, Tensor, StackedMLP], Tensor]


def blocks(candidates: Sequence[Candidate], method: Method, recipe: Recipe) -> list[list[int]]:
    """Places of the candidates that train as one stack.

    A stack fits the cache, and has one value of the method's own hyper-parameter unless
    the loss takes one a member.  Equal learning rates stand next to each other, so that
    the optimiser takes them at once.
    """
    by_own = {}
    for place, candidate in enumerate(candidates):
        by_own.setdefault(None if method.by_member else candidate.own, []).append(place)
    n_bytes = 2 * 4 * recipe.batch_size * sum(recipe.hidden_layer_sizes)
    at_most = max(1, BLOCK_BYTES // n_bytes)
    found = []
    for places in by_own.values():
        places = sorted(places, key=lambda place: candidates[place])
        found += np.array_split(places, -(-len(places) // at_most))
    return [block.tolist() for block in found]


def train_grid(rows: Rows, candidates: Sequence[Candidate], method: Method, recipe: Recipe,
               watch: Watch, tell: Callable[[float], None]) -> None:
    """Train all candidates block by block; `tell` is told the shares of the work done."""
    for block in blocks(candidates, method, recipe):
        share = len(block) / (len(candidates) * recipe.n_epochs)
        epochs = []

        def watch_and_tell(epoch, places, network):
            epochs.append(epoch)
            tell(share)
            return watch(epoch, places, network)
        train(rows, candidates, block, method, recipe, watch_and_tell)
        tell(share * (recipe.n_epochs - len(epochs)))  # which a diverged block needs not


def train(rows: Rows, candidates: Sequence[Candidate], places: Sequence[int], method: Method,
          recipe: Recipe, watch: Watch) -> None:
    """Train a block; `watch` sees the networks after each epoch and lets diverged ones go.

    Batches are drawn from the seed of the rows, the same for all networks; first weights
    from that and from the candidate's values, so that a network is the same in every grid.
    """
    generator = torch.Generator().manual_seed(drawn_seed(*rows.seed))
    stack = Stack(rows, [candidates[place] for place in places], method, recipe)
    places = torch.tensor(places)
    for epoch in range(recipe.n_epochs):
        stack.begin_epoch(epoch)
        for index in epoch_batches(len(rows.X), recipe, generator):
            stack.step(rows.X[index], rows.y[index])
        sound = watch(epoch, places, stack.network)
        if not sound.all():
            kept = sound.nonzero().ravel()
            if not len(kept):
                return
            places = places[kept]
            stack.keep_members(kept)


def drawn_seed(*entropy: int) -> int:
    """One seed from several numbers."""
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def weights_seed(rows: Rows, candidate: Candidate) -> int:
    """Seed of a network's first weights."""
    return drawn_seed(*rows.seed, zlib.crc32(repr(tuple(candidate)).encode()))


def epoch_batches(n_rows: int, recipe: Recipe, generator: torch.Generator):
    """Batches of a new order; fewer rows than one batch are one."""
    order = torch.randperm(n_rows, generator=generator)
    if recipe.drop_last and n_rows > recipe.batch_size:
        order = order[:n_rows // recipe.batch_size * recipe.batch_size]
    return order.split(recipe.batch_size)


class Stack:
    """Networks, their optimiser and their loss."""

    def __init__(self, rows: Rows, candidates: list[Candidate], method: Method, recipe: Recipe):
        self.candidates, self.method, self.recipe = candidates, method, recipe
        sizes = rows.X.shape[1], *recipe.hidden_layer_sizes, rows.y.shape[1]
        seeds = [weights_seed(rows, candidate) for candidate in candidates]
        self.network = StackedMLP(sizes, seeds)
        self.pretrains = method.pretrains
        self._prepare()

    def _prepare(self):
        """Optimiser and loss of what is trained now: the body alone, or everything."""
        tensors = self.network.tensors
        rates, decays, _ = map(list, zip(*self.candidates))
        solver, settings = StackedAdam, {}
        if self.recipe.solver == "sgd":
            solver, settings = StackedSGD, {"momentum": self.recipe.momentum}
        self.optimizer = solver(tensors[:-2] if self.pretrains else tensors, rates,
                                weight_decay=decays, **settings)
        self.loss = self._make_loss()

    def _make_loss(self):
        if self.method.pretrains and not self.pretrains:
            return losses.AbsoluteErrorLoss()
        return make_loss(self.method, [candidate.own for candidate in self.candidates])

    def begin_epoch(self, epoch: int) -> None:
        """Set the learning rates; end the pre-training."""
        progress = epoch / self.recipe.n_epochs
        if self.pretrains and progress >= self.recipe.pretraining_share:
            self.pretrains = False
            self._prepare()
        self.optimizer.scale_learning_rate(
            0.1 ** sum(progress >= share for share in self.recipe.milestones))

    def step(self, X: Tensor, y: Tensor) -> None:
        """Gradients of every member's own loss, and the optimiser's step."""
        self.backward(*self.forward(X), y)
        self.optimizer.step()

    @property
    def _reads_features(self):
        """Whether the loss of the epoch takes features: pre-training's successor does not."""
        return self.method.reads_features and self.pretrains == self.method.pretrains

    def forward(self, X: Tensor) -> tuple[Tensor, Any]:
        """Predictions, and what :meth:`backward` needs: features or kept activations."""
        if self._reads_features:
            features = self.network.features(X)
            return self.network.output(features), features
        return self.network.forward_and_keep(X)

    def backward(self, prediction: Tensor, kept: Any, y: Tensor) -> None:
        """Set the gradients; autograd goes no further than a loss that needs it."""
        if self._reads_features:
            self.optimizer.zero_grad()
            self.loss(prediction, y, features=kept).sum().backward()
        elif hasattr(self.loss, "value_and_gradient"):
            self.network.backward(self.loss.value_and_gradient(prediction, y)[1], kept)
        else:
            prediction.requires_grad_()
            (grad,) = torch.autograd.grad(self.loss(prediction, y).sum(), prediction)
            self.network.backward(grad, kept)

    def keep_members(self, kept: Tensor) -> None:
        """Let all members go but those of the index."""
        self.candidates = [self.candidates[member] for member in kept.tolist()]
        self.network.keep_members(kept)
        self.optimizer.keep_members(kept)
        self.loss = self._make_loss()


def make_loss(method: Method, own: list) -> torch.nn.Module:
    """The loss with each member's value, or with the one that they share."""
    settings = dict(method.fixed)
    if method.own is not None:
        value = own[0]
        if len(set(own)) > 1:
            value = torch.tensor(own, dtype=torch.float64)
        settings[method.own] = value
    return getattr(losses, method.loss)(**settings)
