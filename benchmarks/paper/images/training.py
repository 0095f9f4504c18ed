"""Losses of the package in a plain skorch net over a data set of images.

This is how to train any network of torch with a loss of :mod:`sklearn_gar.losses`.  The data set
gives an image and a target of shape (1,), and the module a prediction of shape (n, 1):

>>> import torch
>>> from skorch import NeuralNetRegressor
>>> from skorch.callbacks import LRScheduler
>>> from benchmarks.paper.images import digits
>>> from benchmarks.paper.images.resnet import ResNet18
>>> from sklearn_gar.losses import GARLoss
>>> images = digits.load().first(64)
>>> net = NeuralNetRegressor(
...     ResNet18, module__in_channels=1, module__width=2, module__small_images=True,
...     criterion=GARLoss, criterion__alpha=1.0,
...     optimizer=torch.optim.SGD, optimizer__momentum=0.9, lr=0.1,
...     max_epochs=2, batch_size=32, train_split=None, verbose=0,
...     iterator_train__shuffle=True, iterator_train__drop_last=True,
...     callbacks=[LRScheduler("CosineAnnealingLR", T_max=2)])
>>> net.fit(images.train, y=None).predict(images.test).shape
(64, 1)

Two of these settings matter for GAR.  The learning rate falls, because the gradient of the loss
grows as the errors vanish.  The rows after the last full batch are left out, because a pairwise
term of few rows says little.

A loss that compares features, such as :class:`~sklearn_gar.losses.ConRLoss`, needs a module that
returns them beside the predictions, and :class:`LossOfFeatures` as the criterion.
"""

from collections.abc import Callable, Sequence

import torch
from skorch import NeuralNetRegressor
from skorch.callbacks import Callback, LRScheduler
from torch import Tensor, nn
from torch.utils.data import default_collate

from benchmarks.paper.images.dataset import Images
from benchmarks.paper.images.protocol import MOMENTUM, ImageRecipe
from benchmarks.paper.images.resnet import ResNet18
from benchmarks.paper.protocol import Method
from benchmarks.paper.training import Candidate, make_loss


def make_net(images: Images, method: Method, candidate: Candidate, recipe: ImageRecipe,
             callbacks: Sequence[Callback] = (), device: str = "cpu", n_workers: int = 0
             ) -> NeuralNetRegressor:
    """A ResNet18 that is trained with the loss of a method; `n_workers` processes load images."""
    loss = make_loss(method, [candidate.value])
    return NeuralNetRegressor(
        ResNet18,
        module__in_channels=images.n_channels,
        module__width=recipe.width,
        module__small_images=recipe.small_images,
        module__returns_features=method.reads_features,
        criterion=LossOfFeatures(loss) if method.reads_features else loss,
        optimizer=torch.optim.SGD,
        optimizer__momentum=MOMENTUM,
        optimizer__weight_decay=candidate.weight_decay,
        lr=candidate.learning_rate,
        max_epochs=recipe.n_epochs,
        batch_size=recipe.batch_size,
        iterator_train__shuffle=True,
        # fewer images than the batch size are one batch
        iterator_train__drop_last=len(images.train) > recipe.batch_size,
        iterator_train__collate_fn=Views(images.augment, recipe.n_views),
        iterator_train__num_workers=n_workers,
        iterator_valid__num_workers=n_workers,
        train_split=None,
        callbacks=[LRScheduler("CosineAnnealingLR", T_max=recipe.n_epochs), *callbacks],
        device=device,
        verbose=0,
    )


class LossOfFeatures(nn.Module):
    """A criterion for a module that returns predictions and features."""

    def __init__(self, loss: nn.Module):
        super().__init__()
        self.loss = loss

    def forward(self, output: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
        prediction, features = output
        return self.loss(prediction, target, features=features)


class Views:
    """Makes a batch of several random views of each image, which share its target."""

    def __init__(self, augment: Callable[[Tensor], Tensor], n_views: int):
        self.augment, self.n_views = augment, n_views

    def __call__(self, rows: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        images, targets = default_collate(rows)
        views = [self.augment(images) for _ in range(self.n_views)]
        return torch.cat(views), targets.repeat(self.n_views, 1)
