"""The network of a stack."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_gar.nn.embedding import EMBEDDINGS
from sklearn_gar.nn.layers import (
    ACTIVATIONS,
    StackedLayers,
    backward_layers,
    forward_layers,
)


class StackedMLP(nn.Module):
    """Feed-forward networks of one architecture, side by side.

    Parameters
    ----------
    layer_sizes : sequence of int
        Numbers of features, of neurons of each hidden layer, and of targets.
    seeds : sequence of int
        One seed a member; a member's first weights depend on its own seed alone.
    activation : str, default="elu"
        A name of `ACTIVATIONS`.
    embedding : {"periodic"} or None, default=None
        What features pass before the first layer.
    embedded_features : sequence of int or None, default=None
        Columns to embed, None for all.
    dtype : torch.dtype, default=torch.float32
        Precision of the parameters.

    Notes
    -----
    The first weights and biases are torch's default for dense layers: uniform between
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
        generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        sizes = list(layer_sizes)
        self.embedding = None
        if embedding is not None and embedded_features != ():
            self.embedding = EMBEDDINGS[embedding](
                sizes[0], generators, embedded_features, dtype=dtype)
            sizes[0] = self.embedding.n_embedded
        # in one tuple as well: collecting them anew costs as much as a matrix product
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
        return self.embedding.forward_and_keep(X, [t[members] for t in self.embedding.tensors])[0]

    @property
    def _settings(self):
        """Activation, and number of layers that have it."""
        return ACTIVATIONS[self.activation], len(self.layer_sizes) - 2

    @torch.no_grad()
    def predict(self, X: Tensor, members: slice = slice(None)) -> Tensor:
        """Predictions of some of the members, without autograd."""
        tensors = [tensor[members] for tensor in self.tensors]
        return forward_layers(self._embed(X, members), tensors, *self._settings)[-1]

    @torch.no_grad()
    def keep_members(self, members: Tensor) -> None:
        """Let all members go but those of the index, in its order."""
        self.n_members = len(members)
        for tensor in self.parameters():
            tensor.data = tensor.data[members]
            tensor.grad = None

    @torch.no_grad()
    def clear_features(self, member: int, features: Sequence[int]) -> None:
        """Set the first weights of some features to zero, before training.

        Of a feature that is zero throughout training nothing is learned, and random weights
        would make noise of it as soon as it is not.
        """
        self.tensors[0][member, list(features)] = 0

    @torch.no_grad()
    def forward_and_keep(self, X: Tensor) -> tuple[Tensor, list]:
        """Predictions, and what :meth:`backward` needs.

        The two are :meth:`forward` and its gradient without autograd, whose engine costs a
        small network a third of the training step.
        """
        kept = None
        if self.embedding is not None:
            X, kept = self.embedding.forward_and_keep(X, self.embedding.tensors)
        outputs = forward_layers(X, self.tensors, *self._settings)
        return outputs[-1], [outputs, kept]

    @staticmethod
    def kept_features(kept: list) -> Tensor:
        """Output of the last hidden layer (m, n, h), of what is kept for :meth:`backward`."""
        return kept[0][-2]

    @torch.no_grad()
    def backward(self, grad: Tensor | None, kept: list, features_grad: Tensor | None = None
                 ) -> None:
        """Set the parameters' gradients, given that of the predictions and of the features.

        Without a gradient of the predictions the output layer has none either.
        """
        outputs, kept_embedding = kept
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
                grad, kept_embedding, self.embedding.tensors))
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
