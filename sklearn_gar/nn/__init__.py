"""Stacks of networks, whose parameters have a leading member dimension."""

from sklearn_gar.nn.cost import Cost
from sklearn_gar.nn.embedding import EMBEDDINGS, PeriodicEmbedding
from sklearn_gar.nn.layers import ACTIVATIONS
from sklearn_gar.nn.levels import LevelEmbedding
from sklearn_gar.nn.network import StackedMLP, network_cost
from sklearn_gar.nn.optimizers import SOLVERS, StackedAdam, StackedAdamW, StackedSGD
from sklearn_gar.nn.schedules import SCHEDULES, learning_rate_factor

__all__ = [
    "ACTIVATIONS",
    "Cost",
    "EMBEDDINGS",
    "LevelEmbedding",
    "PeriodicEmbedding",
    "SCHEDULES",
    "SOLVERS",
    "StackedAdam",
    "StackedAdamW",
    "StackedMLP",
    "StackedSGD",
    "learning_rate_factor",
    "network_cost",
]
