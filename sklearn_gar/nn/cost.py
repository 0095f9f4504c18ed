"""What a network costs, in numbers that do not depend on the machine."""

from typing import NamedTuple


class Cost(NamedTuple):
    """Cost of one row in one network.

    Attributes
    ----------
    weights : int
        Multiplications with a weight, each with an addition, in a forward pass.
    activations : int
        Numbers that a forward pass saves for the backward pass.
    """

    weights: int
    activations: int
