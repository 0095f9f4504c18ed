"""Training from scratch: the scores of a network on held-out images after every epoch."""

from contextlib import contextmanager

import numpy as np
import torch
from skorch.callbacks import Callback

from benchmarks.paper.images.dataset import Images
from benchmarks.paper.images.protocol import ImageRecipe
from benchmarks.paper.images.training import make_net
from benchmarks.paper.protocol import Method
from benchmarks.paper.scores import WORST, Scores
from benchmarks.paper.training import Candidate, combined_seed


class Recorder(Callback):
    """Scores validation and test images after each epoch.

    It ends the training of a network whose predictions are not finite.

    Attributes
    ----------
    scores : ndarray of shape (2, 4, n_epochs)
        Scores of validation and test images, the worst possible where there is none.
    """

    def __init__(self, images: Images, n_epochs: int):
        self.parts = images.validation, images.test
        self.score_functions = [Scores(part.y) for part in self.parts]
        self.scores = WORST[None, :, None].repeat(2, 1, n_epochs).numpy()

    def on_epoch_end(self, net, **kwargs):
        predictions = [torch.tensor(net.predict(part)) for part in self.parts]
        if not all(prediction.isfinite().all() for prediction in predictions):
            raise KeyboardInterrupt  # with which skorch ends a training
        epoch = len(net.history) - 1
        for row, score, prediction in zip(self.scores, self.score_functions, predictions):
            row[:, epoch] = score(prediction[None])[:, 0]


def train_scratch(images: Images, method: Method, recipe: ImageRecipe, candidate: Candidate,
                  seed: int, device: str = "cpu", n_workers: int = 0) -> np.ndarray:
    """Train a network; return its scores (2, 4, n_epochs) on validation and test images."""
    recorder = Recorder(images, recipe.n_epochs)
    with seeded(seed):
        make_net(images, method, candidate, recipe, [recorder], device, n_workers
                 ).fit(images.train, y=None)
    return recorder.scores


@contextmanager
def seeded(seed: int):
    """Seed torch for initial weights, batches and views; restore its state afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(combined_seed(seed))
        yield
