"""Learned vectors of the levels of categories."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

N_OUTPUTS = 4

# standard deviation of the initial vectors
_SCALE = 0.3


class LevelEmbedding(nn.Module):
    """A learned vector for each level of each category.

    The last features hold codes of levels.  Code 0 stands for levels without a vector of their
    own: it becomes zeros, which are not learned.  The initial vectors are random, so that the
    network can tell levels apart from the start.

    Parameters
    ----------
    n_codes : sequence of int
        Number of codes in each of the last features.
    generators : sequence of torch.Generator
        One generator per member, for its initial vectors.
    n_outputs : int, default=4
        Length of a vector.
    dtype : torch.dtype, default=torch.float32
        Precision of the vectors.
    """

    def __init__(self, n_codes: Sequence[int], generators: Sequence[torch.Generator],
                 n_outputs: int = N_OUTPUTS, dtype: torch.dtype = torch.float32):
        super().__init__()
        n_vectors = torch.tensor([0, *n_codes], device="cpu")
        n_vectors[1:] -= 1
        self.register_buffer("n_before", n_vectors.cumsum(0)[:-1])
        self.vectors = nn.Parameter(torch.empty(
            len(generators), int(n_vectors.sum()), n_outputs, dtype=dtype, device="cpu"))
        with torch.no_grad():
            for member, generator in enumerate(generators):
                self.vectors[member].normal_(0, _SCALE, generator=generator)

    def extra_repr(self) -> str:
        return f"{self.vectors.shape[1]} levels of {self.n_features} features"

    @property
    def n_features(self) -> int:
        """Number of features that hold codes."""
        return len(self.n_before)

    def forward_and_save(self, codes: Tensor, vectors: Tensor
                         ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Vectors (m, n, c e) for codes (n, c) or (m, n, c), and what :meth:`backward` needs.

        `vectors` are the parameters of the members that are asked.
        """
        n_members, n_vectors, n_outputs = vectors.shape
        has_vector = (codes > 0).expand(n_members, *codes.shape[-2:])
        index = torch.where(has_vector, codes.long() - 1 + self.n_before, 0)
        index = index + n_vectors * torch.arange(n_members, device=index.device)[:, None, None]
        values = vectors.flatten(0, 1).index_select(0, index.flatten())
        values = values.view(*index.shape, n_outputs) * has_vector[..., None]
        return values.flatten(2), (index, has_vector)

    def backward(self, grad: Tensor, saved: tuple[Tensor, Tensor]) -> Tensor:
        """Gradient of the vectors, given that of the values of :meth:`forward_and_save`."""
        index, has_vector = saved
        grad = grad.reshape(*index.shape, -1) * has_vector[..., None]
        total = torch.zeros_like(self.vectors)
        total.flatten(0, 1).index_add_(0, index.flatten(), grad.flatten(0, 2))
        return total
