"""Nodes of a stack of networks, as :mod:`sklearn_gar.nn` computes it."""

import numpy as np

from sklearn_gar._export.graph import Graph, Value
from sklearn_gar.nn import StackedMLP
from sklearn_gar.nn.embedding import FACTOR_RATE


def outputs(graph: Graph, X: Value, codes: Value | None, module: StackedMLP, members: slice
            ) -> Value:
    """Predictions (m, n, k) of some of the members for scaled numbers (n, d) and codes (n, c)."""
    h, parts = X, []
    if module.embedding is not None:
        parts += _embedded(graph, X, module.embedding, members)
    elif codes is not None:  # the same numbers for every network
        n_members = len(module.levels.vectors[members])
        parts.append(graph.node("Expand", X, graph.constant(np.array([n_members, 1, 1]))))
    if codes is not None:
        parts.append(_vectors(graph, codes, module.levels, members))
    if parts:
        h = graph.concatenate(parts, axis=2)
    tensors = [_array(tensor, members) for tensor in module.tensors]
    for layer, (weight, bias) in enumerate(zip(tensors[::2], tensors[1::2])):
        h = h @ weight + bias
        if layer < len(module.layer_sizes) - 2:
            h = _ACTIVATIONS[module.activation](graph, h)
    return h


def _embedded(graph, X, embedding, members):
    """The numbers (m, n, d), and mixtures (m, n, c o) of the cosines of some of them."""
    frequency, phase, weight, bias, factor = (
        _array(tensor, members) for tensor in embedding.tensors)
    n_features = embedding.n_features
    scale = 1 + factor.dtype.type(FACTOR_RATE) * factor
    columns = X if embedding.columns is None else X.columns(embedding.columns.numpy(force=True))
    columns = columns.transpose(1, 0).reshape(0, 0, 1)  # (c, n, 1)
    angle = columns * frequency[:, :, None] + phase[:, :, None]  # (m, c, n, f)
    mixed = _cosine(graph, angle) @ weight + bias
    n_mixtures = frequency.shape[1] * weight.shape[-1]
    mixed = mixed.transpose(0, 2, 1, 3).reshape(0, 0, n_mixtures)
    return [X * scale[..., :n_features], mixed * scale[..., n_features:]]


def _cosine(graph, angle):
    """In double precision by the sine: runtimes before 2025 have no such cosine."""
    if angle.dtype == np.float64:
        return graph.node("Sin", angle + np.pi / 2)
    return graph.node("Cos", angle)


def _vectors(graph, codes, levels, members):
    """Learned vectors (m, n, c e) of levels; those without a vector of their own have zeros."""
    vectors = _array(levels.vectors, members)
    n_members, n_vectors, n_outputs = vectors.shape
    vectors = np.concatenate((vectors, np.zeros_like(vectors, shape=(n_members, 1, n_outputs))), 1)
    first = levels.n_before.numpy(force=True) - 1
    row = graph.where(codes > 0, codes + first, n_vectors)
    found = graph.node("Gather", graph.constant(vectors), row, axis=1)
    return found.reshape(0, 0, levels.n_features * n_outputs)


def _array(tensor, members):
    return tensor[members].numpy(force=True)


def _elu(graph, z):
    """From operations that runtimes have in double precision too."""
    return z.maximum(0) + (graph.node("Exp", z.minimum(0)) - 1)


_ACTIVATIONS = {
    "elu": _elu,
    "identity": lambda graph, z: z,
    "logistic": lambda graph, z: graph.node("Sigmoid", z),
    "relu": lambda graph, z: graph.node("Relu", z),
    "tanh": lambda graph, z: graph.node("Tanh", z),
}
