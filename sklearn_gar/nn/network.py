"""The network of a stack."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_gar.nn.cost import Cost
from sklearn_gar.nn.embedding import EMBEDDINGS
from sklearn_gar.nn.layers import (
    ACTIVATIONS,
    StackedLayers,
    backward_layers,
    forward_layers,
    layers_cost,
)


def network_cost(layer_sizes: Sequence[int], embedding: str | None = None,
                 n_embedded: int | None = None) -> Cost:
    """Cost of one row in one network, its embedding included.

    Parameters
    ----------
    layer_sizes : sequence of int
        Numbers of features, of neurons of each hidden layer, and of targets.
    embedding : {"periodic"} or None, default=None
        Embedding of the features.
    n_embedded : int or None, default=None
        Number of features that are embedded; None embeds all.

    Returns
    -------
    Cost
        A training step on n rows in m networks takes about ``6 * m * n * weights``
        floating-point operations, and saves ``m * n * activations`` numbers.

    Examples
    --------
    >>> from sklearn_gar.nn import network_cost
    >>> network_cost((8, 16, 1))
    Cost(weights=144, activations=25)
    >>> network_cost((8, 16, 1), embedding="periodic")
    Cost(weights=1040, activations=345)
    """
    n_features, *sizes = layer_sizes
    if n_embedded is None:
        n_embedded = n_features
    if embedding is None or not n_embedded:
        return layers_cost(layer_sizes)
    kind = EMBEDDINGS[embedding]
    cost = kind.cost(n_features, n_embedded)
    layers = layers_cost([kind.width(n_features, n_embedded), *sizes])
    return Cost(cost.weights + layers.weights, cost.activations + layers.activations)


class StackedMLP(nn.Module):
    """Feed-forward networks of one architecture, side by side.

    Parameters
    ----------
    layer_sizes : sequence of int
        Numbers of features, of neurons of each hidden layer, and of targets.
    seeds : sequence of int
        One seed per member; the initial weights of a member depend only on its own seed.
    activation : str, default="elu"
        A name of `ACTIVATIONS`.
    embedding : {"periodic"} or None, default=None
        Embedding of the features.
    embedded_features : sequence of int or None, default=None
        Columns to embed; None embeds all.
    dtype : torch.dtype, default=torch.float32
        Precision of the parameters.

    Attributes
    ----------
    n_members : int
        Number of networks m.
    cost : Cost
        Cost of one row in one of the networks.

    Notes
    -----
    The initial weights and biases are torch's default for dense layers: uniform between
    plus and minus the inverse square root of the number of inputs.

    Examples
    --------
    >>> import torch
    >>> from sklearn_gar.nn import StackedMLP
    >>> network = StackedMLP((8, 16, 1), seeds=[0, 1, 2])
    >>> network(torch.zeros(5, 8)).shape
    torch.Size([3, 5, 1])
    """

    def __init__(self, layer_sizes: Sequence[int], seeds: Sequence[int],
                 activation: str = "elu", embedding: str | None = None,
                 embedded_features: Sequence[int] | None = None,
                 dtype: torch.dtype = torch.float32):
        super().__init__()
        self.layer_sizes = tuple(layer_sizes)
        self.activation = activation
        self.n_members = len(seeds)
        self.cost = network_cost(layer_sizes, embedding,
                                 None if embedded_features is None else len(embedded_features))
        generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        sizes = list(layer_sizes)
        self.embedding = None
        if embedding is not None and embedded_features != ():
            self.embedding = EMBEDDINGS[embedding](
                sizes[0], generators, embedded_features, dtype=dtype)
            sizes[0] = self.embedding.factor.shape[-1]
        # also in a tuple: to collect them from the module costs as much as a matrix product
        self.tensors = tuple(map(nn.Parameter, _first_layers(sizes, generators, dtype)))
        for layer, (weight, bias) in enumerate(zip(self.tensors[::2], self.tensors[1::2])):
            self.register_parameter(f"weight_{layer}", weight)
            self.register_parameter(f"bias_{layer}", bias)

    def forward(self, X: Tensor) -> Tensor:
        """Predictions (m, n, k) for rows (n, d) shared by the members, or (m, n, d)."""
        return StackedLayers.apply(self._embed(X), *self._settings, *self.tensors)

    def features(self, X: Tensor) -> Tensor:
        """Output of the last hidden layer (m, n, h)."""
        return StackedLayers.apply(self._embed(X), *self._settings, *self.tensors[:-2])

    def output(self, features: Tensor) -> Tensor:
        """Predictions (m, n, k) from the last hidden layer's output."""
        return StackedLayers.apply(features, self._settings[0], 0, *self.tensors[-2:])

    def _embed(self, X, members=slice(None)):
        if self.embedding is None:
            return X
        tensors = [tensor[members] for tensor in self.embedding.tensors]
        return self.embedding.forward_and_save(X, tensors)[0]

    @property
    def _settings(self):
        """The activation, and the number of layers that have it."""
        return ACTIVATIONS[self.activation], len(self.layer_sizes) - 2

    @torch.no_grad()
    def outputs(self, X: Tensor, members: slice = slice(None)) -> Tensor:
        """Predictions (m, n, k) of some of the members, without autograd."""
        tensors = [tensor[members] for tensor in self.tensors]
        return forward_layers(self._embed(X, members), tensors, *self._settings)[-1]

    @torch.no_grad()
    def keep_members(self, members: Tensor) -> None:
        """Keep only the members at these indices, in this order."""
        self.n_members = len(members)
        for tensor in self.parameters():
            tensor.data = tensor.data[members]
            tensor.grad = None

    @torch.no_grad()
    def clear_features(self, member: int, features: Sequence[int]) -> None:
        """Set the initial weights of some features to zero.

        A feature that is zero on all training rows never changes its weights.  Random weights
        would turn it into noise in rows where it is not zero.
        """
        self.tensors[0][member, list(features)] = 0

    @torch.no_grad()
    def forward_and_save(self, X: Tensor) -> tuple[Tensor, list]:
        """Predictions, and what :meth:`backward` needs.

        The two methods are :meth:`forward` and its gradient without autograd.  For a small
        network autograd's engine takes a third of the training step.
        """
        saved_embedding = None
        if self.embedding is not None:
            X, saved_embedding = self.embedding.forward_and_save(X, self.embedding.tensors)
        outputs = forward_layers(X, self.tensors, *self._settings)
        return outputs[-1], [outputs, saved_embedding]

    @staticmethod
    def saved_features(saved: list) -> Tensor:
        """Output of the last hidden layer (m, n, h), as saved for :meth:`backward`."""
        return saved[0][-2]

    @torch.no_grad()
    def backward(self, grad: Tensor | None, saved: list, features_grad: Tensor | None = None
                 ) -> None:
        """Set the parameters' gradients, given those of the predictions and of the features.

        Without a gradient of the predictions, the output layer has no gradient either.
        """
        outputs, saved_embedding = saved
        embeds = self.embedding is not None
        layers, last = (outputs, self.tensors), []
        if features_grad is not None:
            layers, last = (outputs[:-1], self.tensors[:-2]), [None, None]
            if grad is not None:
                last, grad = backward_layers(grad, outputs[-2:], self.tensors[-2:],
                                             self._settings[0], 0, True)
                features_grad = grad.add_(features_grad)
            grad = features_grad
        grads, grad = backward_layers(grad, *layers, *self._settings, embeds)
        grads += last
        parameters = list(zip(self.tensors, grads))
        if embeds:
            parameters += zip(self.embedding.tensors, self.embedding.backward(
                grad, saved_embedding, self.embedding.tensors))
        for parameter, gradient in parameters:
            parameter.grad = gradient

    def extra_repr(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        return f"{self.n_members} members of {sizes}, activation={self.activation!r}"


def _first_layers(sizes, generators, dtype):
    """Weights and biases of each layer in turn, drawn member by member."""
    tensors = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        tensors.append(torch.empty(len(generators), inputs, outputs, dtype=dtype, device="cpu"))
        tensors.append(torch.empty(len(generators), 1, outputs, dtype=dtype, device="cpu"))
    for member, generator in enumerate(generators):
        for weight, bias in zip(tensors[::2], tensors[1::2]):
            bound = 1 / math.sqrt(weight.shape[1])
            for tensor in (weight, bias):
                tensor[member].uniform_(-bound, bound, generator=generator)
    return tensors
