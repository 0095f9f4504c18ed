"""Images for tests: few, small, and told apart by how bright they are."""

import csv

import numpy as np
import torch
from PIL import Image

from benchmarks.paper.images.dataset import ImageRows, Images
from benchmarks.paper.images.protocol import ImageRecipe

TINY = ImageRecipe(width=2, small_images=True, n_epochs=3, batch_size=8)


def as_they_are(images):
    return images


def made_up_images(n=20, seed=0):
    """Bright images have large targets; `n` to train on, 6 to validate and 6 to test on."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.rand(n + 12, 1, generator=generator) * 10
    X = y[..., None, None] / 5 - 1 + 0.1 * torch.randn(n + 12, 1, 8, 8, generator=generator)
    parts = (ImageRows(X[start:stop], y[start:stop])
             for start, stop in ((0, n), (n, n + 6), (n + 6, n + 12)))
    return Images(*parts, as_they_are, {"source": "made up", "split": "as made"})


def write_agedb(folder, n_train=10, n_others=3):
    """A folder of the layout of AgeDB: a table, and images of several shapes and kinds."""
    (folder / "AgeDB").mkdir()
    splits = ["train"] * n_train + ["val"] * n_others + ["test"] * n_others
    with open(folder / "agedb.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "path", "split"])
        for number, split in enumerate(splits):
            path = f"AgeDB/{number}_A_{20 + number}_f.{'png' if number % 2 else 'jpg'}"
            pixels = np.full((30 + number, 40, 3)[:2 + number % 3 % 2], 8 * number, np.uint8)
            Image.fromarray(pixels).save(folder / path)
            writer.writerow([20 + number, path, split])
