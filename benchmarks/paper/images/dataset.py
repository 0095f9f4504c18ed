"""Images with targets: parts to train, validate and test on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor
from torch.utils.data import Dataset


class ImageRows(Dataset):
    """Images in memory.

    Parameters
    ----------
    X : Tensor of shape (n, channels, height, width)
        Images, float32, between -1 and 1.
    y : Tensor of shape (n, 1)
        Targets, float32.
    """

    def __init__(self, X: Tensor, y: Tensor):
        self.X, self.y = X, y

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.X[index], self.y[index]

    def first(self, n: int) -> "ImageRows":
        """The first n images."""
        return ImageRows(self.X[:n], self.y[:n])


@dataclass(frozen=True)
class Images:
    """The images of a task.

    Attributes
    ----------
    train, validation, test : ImageRows or ImageFiles
        Pairs of an image (channels, height, width) and a target (1,); `y` are all targets.
    augment : callable
        Makes a random view of each image of a batch (n, channels, height, width).
    provenance : dict
        The source, how the parts were chosen, and a SHA-256.
    """

    train: Dataset
    validation: Dataset
    test: Dataset
    augment: Callable[[Tensor], Tensor]
    provenance: dict[str, str]

    @property
    def n_channels(self) -> int:
        image, _ = self.train[0]
        return len(image)

    def first(self, n: int) -> "Images":
        """The first n images of each part."""
        parts = {name: getattr(self, name).first(n) for name in ("train", "validation", "test")}
        return replace(self, **parts)
