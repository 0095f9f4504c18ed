"""The linear probe: features of an RNC encoder, and a linear GARRegressor on them."""

import json
import os
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.data_files import read_arrays
from benchmarks.paper.cell import named_values
from benchmarks.paper.images.dataset import Images
from benchmarks.paper.images.protocol import MOMENTUM, Encoder, ProbeRecipe
from benchmarks.paper.images.scratch import seeded
from benchmarks.paper.images.training import make_net
from benchmarks.paper.protocol import Method
from benchmarks.paper.scores import WORST, Scores
from benchmarks.paper.training import Candidate, make_loss
from benchmarks.result_files import ResultError, prepare_folder
from sklearn_gar import GARRegressor

PARTS = "train", "validation", "test"


class Features(NamedTuple):
    """What an encoder makes of the images of each part: arrays (n, n_features)."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def train_probe(images: Images, features: Features, method: Method, recipe: ProbeRecipe,
                candidate: Candidate, seed: int, device: str = "cpu") -> np.ndarray:
    """Train a linear model; return its scores (2, 4, 1) on validation and test images.

    The estimator itself keeps the epoch with the lowest validation loss.  Features and targets
    are not scaled, as in the paper.
    """
    y = {part: getattr(images, part).y.numpy().ravel() for part in PARTS}
    model = GARRegressor(
        hidden_layer_sizes=(), embedding=None, blend=None, n_estimators=1,
        loss=make_loss(method, [candidate.value]),
        solver="sgd", momentum=MOMENTUM, lr_schedule="cosine",
        learning_rate=candidate.learning_rate, weight_decay=candidate.weight_decay,
        max_iter=recipe.n_epochs, batch_size=recipe.batch_size,
        scale_features=False, scale_target=False, device=device, random_state=seed)
    scores = WORST[None, :, None].repeat(2, 1, 1).numpy()
    try:
        model.fit(features.train, y["train"], X_val=features.validation, y_val=y["validation"])
    except ValueError as error:
        if "training diverged" not in str(error):
            raise
        return scores
    for row, part in zip(scores, PARTS[1:]):
        prediction = torch.tensor(model.predict(getattr(features, part)))
        row[:, 0] = Scores(getattr(images, part).y)(prediction[None, :, None])[:, 0]
    return scores


def encoder_settings(encoder: Encoder) -> dict:
    """All settings that the features depend on, besides images and seed."""
    return {"loss": encoder.method.loss, **named_values(encoder.method, encoder.candidate),
            "recipe": asdict(encoder.recipe)}


def find_features(images: Images, encoder: Encoder, seed: int, folder: Path,
                  device: str = "cpu", n_workers: int = 0) -> Features:
    """Features of an encoder, from its file in a folder, or trained and written there.

    The name of the file tells encoders of other settings or images apart.
    """
    settings = json.dumps([encoder_settings(encoder), images.provenance])
    path = folder / f"seed_{seed}_{zlib.crc32(settings.encode()):08x}.npz"
    if path.is_file():
        return Features(**read_arrays(path, *PARTS))
    prepare_folder(folder)
    features = train_encoder(images, encoder, seed, device, n_workers)
    temporary = folder / f".{path.name}.{os.getpid()}.npz"
    try:
        np.savez(temporary, **features._asdict())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return features


def train_encoder(images: Images, encoder: Encoder, seed: int, device: str = "cpu",
                  n_workers: int = 0) -> Features:
    """Train a ResNet18 by RNC; return the features of images that are not augmented."""
    with seeded(seed):
        net = make_net(images, encoder.method, encoder.candidate, encoder.recipe, (), device,
                       n_workers).fit(images.train, y=None)
    features = Features(*(net.forward(getattr(images, part))[1].numpy() for part in PARTS))
    if not all(np.isfinite(part).all() for part in features):
        raise ResultError("the features of an encoder must be finite, but its training diverged "
                          f"with the learning rate {encoder.candidate.learning_rate} and seed "
                          f"{seed}")
    return features
