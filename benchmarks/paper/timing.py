"""Table 2: seconds per epoch of a network, in a stack and in a loop over single networks."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.paper.cell import Grid, grid_settings
from benchmarks.paper.datasets import Table
from benchmarks.paper.protocol import N_FOLDS, SEED, Case, Method, Recipe
from benchmarks.paper.training import Rows, Stack, blocks, epoch_batches, make_loss

N_WORKERS = 1  # processes of the DataLoader of the loop
N_LOOPS = 3    # networks that the loop trains, one after another


def settings(case: Case, grid: Grid, recipe: Recipe, provenance: dict) -> dict:
    """All settings that the times depend on."""
    return {**grid_settings(case.method, grid, recipe), "seed": SEED, "data": provenance,
            "workers": N_WORKERS, "epochs_timed": recipe.n_epochs, "networks_in_loop": N_LOOPS}


def time_method(method: Method, grid: Grid, recipe: Recipe, table: Table,
                advance: Callable[[float], None]) -> dict:
    """Seconds per epoch of one network, on the rows of four folds.

    "all" is everything except validation: batches, forward pass, loss, backward pass and
    optimiser.  "loss" is the loss and the backward pass, as in the paper.  For a method with
    pre-training, the pre-training is timed.

    Parameters
    ----------
    method, grid, recipe, table : Method, Grid, Recipe, Table
        What is timed, over `recipe.n_epochs` epochs.
    advance : callable
        Called with shares of the work as they are done.
    """
    n_rows = len(table.X) * (N_FOLDS - 1) // N_FOLDS
    X, y = (torch.tensor(values[:n_rows], dtype=torch.float32) for values in (table.X, table.y))
    rows = Rows(X, y, (SEED,))
    recipe = replace(recipe, n_epochs=recipe.n_epochs + 1, pretraining_share=1.0)
    (block, *_) = blocks(grid.candidates, method, recipe)
    candidates = [grid.candidates[place] for place in block]
    stack = stack_seconds(rows, candidates, method, recipe)
    advance(0.2)
    loop = []
    for candidate in candidates[:N_LOOPS]:
        with torch.random.fork_rng(devices=[]):  # layers and DataLoader use the global one
            torch.manual_seed(SEED)
            loop.append(loop_seconds(rows, candidate, method, recipe))
        advance(0.8 / len(candidates[:N_LOOPS]))
    return {"stack": {"networks": len(block), **_summary(stack / len(block))},
            "loop": {"networks": len(loop), **_summary(np.concatenate(loop))},
            "networks_in_cell": N_FOLDS * len(grid.candidates)}


class TimedStack(Stack):
    """A stack that adds up the seconds of the loss and the backward pass."""

    loss_seconds = 0.0

    def backward(self, *arguments):
        start = time.perf_counter()
        super().backward(*arguments)
        self.loss_seconds += time.perf_counter() - start


def stack_seconds(rows, candidates, method, recipe) -> np.ndarray:
    """Seconds (epoch, 2) of a whole stack: all, and loss."""
    stack = TimedStack(rows, candidates, method, recipe)
    generator = torch.Generator().manual_seed(SEED)
    seconds = []
    for epoch in range(recipe.n_epochs):
        start, stack.loss_seconds = time.perf_counter(), 0.0
        stack.begin_epoch(epoch)
        for index in epoch_batches(len(rows.X), recipe, generator):
            stack.step(rows.X[index], rows.y[index])
        seconds.append((time.perf_counter() - start, stack.loss_seconds))
    return np.array(seconds[1:])  # the first epoch warms up


def loop_seconds(rows, candidate, method, recipe) -> np.ndarray:
    """Seconds (epoch, 2) of one network in a plain torch loop: all, and loss.

    The loop uses torch's layers, autograd, optimiser and DataLoader, and the loss of the stack.
    The worker process is started in every epoch, which is the default of DataLoader.
    """
    sizes = rows.X.shape[1], *recipe.hidden_layer_sizes
    layers = [layer for inputs, outputs in zip(sizes, sizes[1:])
              for layer in (torch.nn.Linear(inputs, outputs), torch.nn.ELU())]
    body, head = torch.nn.Sequential(*layers), torch.nn.Linear(sizes[-1], rows.y.shape[1])
    loss = make_loss(method, [candidate.value])
    optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()],
                                candidate.learning_rate, recipe.momentum,
                                weight_decay=candidate.weight_decay)
    batches = DataLoader(TensorDataset(rows.X, rows.y), recipe.batch_size, shuffle=True,
                         drop_last=recipe.drop_last, num_workers=N_WORKERS)
    seconds = []
    for _ in range(recipe.n_epochs):
        start, loss_seconds = time.perf_counter(), 0.0
        for X, y in batches:
            optimizer.zero_grad()
            features = body(X)
            prediction = head(features)
            start_of_loss = time.perf_counter()
            arguments = {"features": features} if method.reads_features else {}
            loss(prediction, y, **arguments).backward()
            loss_seconds += time.perf_counter() - start_of_loss
            optimizer.step()
        seconds.append((time.perf_counter() - start, loss_seconds))
    return np.array(seconds[1:])  # the first epoch warms up


def _summary(seconds):
    """Mean and deviation over the epochs."""
    return {name: {"mean": float(column.mean()), "std": float(column.std())}
            for name, column in zip(("all", "loss"), seconds.T)}
