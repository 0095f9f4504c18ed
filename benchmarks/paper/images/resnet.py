"""ResNet18 in plain torch, of any width and number of input channels."""

import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut; `stride` is that of the first."""

    def __init__(self, in_channels: int, channels: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            *normalised_convolution(in_channels, channels, 3, stride), nn.ReLU(),
            *normalised_convolution(channels, channels, 3, 1))
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                *normalised_convolution(in_channels, channels, 1, stride))

    def forward(self, X: Tensor) -> Tensor:
        return F.relu(self.body(X) + self.shortcut(X))


class ResNet18(nn.Module):
    """ResNet18 with one linear output.

    Parameters
    ----------
    in_channels : int, default=3
        Channels of the images.
    width : int, default=64
        Channels of the first stage; each of the three further stages has twice as many.
    small_images : bool, default=False
        Whether the network begins with a 3x3 convolution of stride 1, in place of a 7x7
        convolution and a pooling that together divide height and width by four.
    returns_features : bool, default=False
        Whether the output is a pair: predictions (n, 1) and features (n, 8 * width).  A loss
        that compares features needs them.
    """

    def __init__(self, in_channels: int = 3, width: int = 64, small_images: bool = False,
                 returns_features: bool = False):
        super().__init__()
        self.returns_features = returns_features
        if small_images:
            stem = [*normalised_convolution(in_channels, width, 3, 1), nn.ReLU()]
        else:
            stem = [*normalised_convolution(in_channels, width, 7, 2), nn.ReLU(),
                    nn.MaxPool2d(3, 2, padding=1)]
        blocks, channels = [], width
        for stage in range(4):
            blocks += [Block(channels, width << stage, stride=1 if stage == 0 else 2),
                       Block(width << stage, width << stage, stride=1)]
            channels = width << stage
        self.body = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.output = nn.Linear(channels, 1)

    def forward(self, X: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        features = self.body(X)
        prediction = self.output(features)
        return (prediction, features) if self.returns_features else prediction


def normalised_convolution(in_channels, channels, kernel_size, stride):
    """A convolution without bias, then batch normalisation; initial weights of He et al."""
    convolution = nn.Conv2d(in_channels, channels, kernel_size, stride, kernel_size // 2,
                            bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return convolution, nn.BatchNorm2d(channels)
