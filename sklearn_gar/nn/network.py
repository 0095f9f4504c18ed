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
from sklearn_gar.nn.levels import N_OUTPUTS, LevelEmbedding


def network_cost(layer_sizes: Sequence[int], embedding: str | None = None,
                 n_embedded: int | None = None, n_code_columns: int = 0) -> Cost:
    """Cost of one row in one network, its embedding included.

    Parameters
    ----------
    layer_sizes : sequence of int
        Numbers of features, of neurons of each hidden layer, and of targets.
    embedding : {"periodic"} or None, default=None
        Embedding of the features.
    n_embedded : int or None, default=None
        Number of features that are embedded; None embeds all.
    n_code_columns : int, default=0
        Number of features that hold codes of levels, each of which becomes a learned vector.

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
    n_numbers, n_values = n_features - n_code_columns, n_code_columns * N_OUTPUTS
    if n_embedded is None:
        n_embedded = n_numbers
    if embedding is None or not n_embedded:
        return layers_cost([n_numbers + n_values, *sizes])
    kind = EMBEDDINGS[embedding]
    cost = kind.cost(n_numbers, n_embedded)
    layers = layers_cost([kind.width(n_numbers, n_embedded) + n_values, *sizes])
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
        Columns to embed; None embeds all numbers.
    n_codes : sequence of int, default=()
        Number of codes in each of the last features, which hold codes of levels.
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
                 embedded_features: Sequence[int] | None = None, n_codes: Sequence[int] = (),
                 dtype: torch.dtype = torch.float32):
        super().__init__()
        self.layer_sizes = tuple(layer_sizes)
        self.activation = activation
        self.n_members = len(seeds)
        self.cost = network_cost(layer_sizes, embedding,
                                 None if embedded_features is None else len(embedded_features),
                                 len(n_codes))
        generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        sizes = list(layer_sizes)
        sizes[0] -= len(n_codes)
        self.embedding = self.levels = None
        if embedding is not None and embedded_features != ():
            self.embedding = EMBEDDINGS[embedding](
                sizes[0], generators, embedded_features, dtype=dtype)
            sizes[0] = self.embedding.factor.shape[-1]
        sizes[0] += len(n_codes) * N_OUTPUTS
        # also in a tuple: to collect them from the module costs as much as a matrix product
        self.tensors = tuple(map(nn.Parameter, _first_layers(sizes, generators, dtype)))
        for layer, (weight, bias) in enumerate(zip(self.tensors[::2], self.tensors[1::2])):
            self.register_parameter(f"weight_{layer}", weight)
            self.register_parameter(f"bias_{layer}", bias)
        if n_codes:
            self.levels = LevelEmbedding(n_codes, generators, dtype=dtype)

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
        """Input of the first layer, for some of the members."""
        return self._embed_and_save(X, members)[0]

    def _embed_and_save(self, X, members=slice(None)):
        """Input of the first layer, and what :meth:`_embedding_gradients` needs."""
        saved, values, saved_codes = None, None, None
        if self.levels is not None:
            X, codes = X.tensor_split([X.shape[-1] - self.levels.n_features], dim=-1)
            values, saved_codes = self.levels.forward_and_save(
                codes, *self._of_members([self.levels.vectors], members))
        if self.embedding is not None:
            tensors = self._of_members(self.embedding.tensors, members)
            X, saved = self.embedding.forward_and_save(X, tensors)
        if values is not None:
            X = torch.cat((X.expand(len(values), *X.shape[-2:]), values), -1)
        return X, (saved, saved_codes)

    def _embedding_gradients(self, grad, saved):
        """Pairs of a parameter and its gradient, given that of the input of the first layer."""
        (saved, saved_codes), pairs = saved, []
        if self.levels is not None:
            n_values = self.levels.n_features * N_OUTPUTS
            grad, values_grad = grad.tensor_split([grad.shape[-1] - n_values], dim=-1)
            pairs.append((self.levels.vectors, self.levels.backward(values_grad, saved_codes)))
        if self.embedding is not None:
            tensors = self.embedding.tensors
            pairs += zip(tensors, self.embedding.backward(grad, saved, tensors))
        return pairs

    @property
    def _settings(self):
        """The activation, and the number of layers that have it."""
        return ACTIVATIONS[self.activation], len(self.layer_sizes) - 2

    def outputs(self, X: Tensor, members: slice = slice(None)) -> Tensor:
        """Predictions (m, n, k) of some of the members, without autograd."""
        with torch.no_grad():
            tensors = self._of_members(self.tensors, members)
            return forward_layers(self._embed(X, members), tensors, *self._settings)[-1]

    def _of_members(self, tensors, members):
        """Parameters of some of the members; for all of them, without the cost of an index."""
        if members.indices(self.n_members) == (0, self.n_members, 1):
            return tensors
        return [tensor[members] for tensor in tensors]

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
        X, saved_embedding = self._embed_and_save(X)
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
        embeds = self.embedding is not None or self.levels is not None
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
            parameters += self._embedding_gradients(grad, saved_embedding)
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
