"""Options that change the grid or the number of epochs of a cell."""

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.options import non_negative_number, positive_number, whole_number
from benchmarks.paper.cell import Grid
from benchmarks.paper.protocol import Method


def add_grid_options(command, epochs: str = "number of epochs") -> None:
    """Options of the grid; `epochs` says what the number of epochs is."""
    command.add_argument("--learning-rate", nargs="+", type=positive_number, metavar="RATE",
                         help="learning rates to try (default: those of the protocol)")
    command.add_argument("--weight-decay", nargs="+", type=non_negative_number, metavar="DECAY",
                         help="weight decays to try (default: those of the protocol)")
    command.add_argument("--epochs", type=whole_number(2), metavar="N",
                         help=f"{epochs} (default: that of the protocol)")


def requested_grid(method: Method, rates: Sequence[float], decays: Sequence[float], options
                   ) -> Grid:
    """The values asked for, the largest first, or those of the protocol."""
    rates, decays = (tuple(sorted(set(requested), reverse=True)) if requested else tuple(protocol)
                     for requested, protocol in ((options.learning_rate, rates),
                                                 (options.weight_decay, decays)))
    return Grid(rates, decays, tuple(method.values))


def requested_recipe(recipe, options):
    """A recipe with the number of epochs asked for."""
    return replace(recipe, n_epochs=options.epochs) if options.epochs else recipe
