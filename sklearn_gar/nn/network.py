"""The network of a stack."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_gar.nn.layers import ACTIVATIONS, StackedLayers


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
                 activation: str = "elu", dtype: torch.dtype = torch.float32):
        super().__init__()
        self.layer_sizes = tuple(layer_sizes)
        self.activation = activation
        self.n_members = len(seeds)
        self.parameters_ = nn.ParameterList(
            nn.Parameter(tensor) for tensor in self._first_parameters(seeds, dtype))

    def _first_parameters(self, seeds, dtype):
        """Weights and biases of each layer in turn, drawn member by member."""
        tensors = []
        for inputs, outputs in zip(self.layer_sizes, self.layer_sizes[1:]):
            tensors.append(torch.empty(len(seeds), inputs, outputs, dtype=dtype, device="cpu"))
            tensors.append(torch.empty(len(seeds), 1, outputs, dtype=dtype, device="cpu"))
        for member, seed in enumerate(seeds):
            generator = torch.Generator().manual_seed(int(seed))
            for weight, bias in zip(tensors[::2], tensors[1::2]):
                bound = 1 / math.sqrt(weight.shape[1])
                for tensor in (weight, bias):
                    tensor[member].uniform_(-bound, bound, generator=generator)
        return tensors

    def forward(self, X: Tensor) -> Tensor:
        """Predictions (m, n, k) for rows (n, d) shared by the members, or (m, n, d)."""
        return self._layers(X, self.parameters_, len(self.layer_sizes) - 2)

    def features(self, X: Tensor) -> Tensor:
        """Output of the last hidden layer (m, n, h)."""
        return self._layers(X, list(self.parameters_)[:-2], len(self.layer_sizes) - 2)

    def output(self, features: Tensor) -> Tensor:
        """Predictions (m, n, k) from the last hidden layer's output."""
        return self._layers(features, list(self.parameters_)[-2:], 0)

    def _layers(self, h, parameters, activated):
        return StackedLayers.apply(h, ACTIVATIONS[self.activation], activated, *parameters)

    def extra_repr(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        return f"{self.n_members} members of {sizes}, activation={self.activation!r}"
