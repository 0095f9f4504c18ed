"""A small image task of real scans: handwritten digits, each turned by a known angle.

The scans are the 1,797 that scikit-learn bundles, 8 by 8 pixels.  The target is the angle in
degrees.  It is drawn uniformly, so that a scan says nothing about it but by how it is turned.
How its writer slanted the digit remains as noise.
"""

import numpy as np
import torch
from scipy.ndimage import affine_transform
from sklearn.datasets import load_digits
from torch import Tensor

from benchmarks.paper.datasets import sha256
from benchmarks.paper.images.dataset import ImageRows, Images

N_HELD_OUT = 233          # to validate on, and as many to test on: the shares of AgeDB
SIZE = 16                 # pixels of the turned image, in each direction
FIELD = 8 * 2 ** 0.5      # of the scan's pixels: a turned square fits a square of its diagonal
LARGEST_ANGLE = 45.0      # degrees to each side; beyond 90, a 6 could be a 9
SEED = 123


def load() -> Images:
    """The turned digits, divided at random."""
    scans = load_digits().images / 16
    rng = np.random.default_rng(SEED)
    angles = rng.uniform(-LARGEST_ANGLE, LARGEST_ANGLE, len(scans))
    images = 2 * np.stack([turned(*pair) for pair in zip(scans, angles)]) - 1
    rows = rng.permutation(len(scans))
    parts = np.split(rows, [len(rows) - 2 * N_HELD_OUT, len(rows) - N_HELD_OUT])
    X = torch.tensor(images[:, None], dtype=torch.float32)
    y = torch.tensor(angles[:, None], dtype=torch.float32)
    return Images(*(ImageRows(X[part], y[part]) for part in parts), shifted, {
        "source": "scikit-learn's digits, each turned by a random angle",
        "split": f"{'/'.join(str(len(part)) for part in parts)} at random, seed {SEED}",
        "views": "shifted by up to a pixel, up to a fifth brighter or darker",
        "sha256": sha256(images[rows], angles[rows])})


def turned(scan: np.ndarray, angle: float) -> np.ndarray:
    """A square scan, turned counterclockwise by an angle in degrees, on a larger square.

    Pixels are interpolated linearly; outside the scan they are 0.
    """
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    # rows count downwards; the transform leads from the new pixels back to the scan's
    matrix = FIELD / SIZE * np.array([[cosine, sine], [-sine, cosine]])
    centre = (len(scan) - 1) / 2
    offset = centre - matrix @ np.full(2, (SIZE - 1) / 2)
    return affine_transform(scan, matrix, offset, (SIZE, SIZE), order=1,
                            mode="grid-constant")


def shifted(images: Tensor) -> Tensor:
    """Images shifted at random by up to a pixel, brighter or darker: the angle stays."""
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1), value=-1.0)
    rows, columns = (torch.randint(0, 3, (len(images), 1)) + torch.arange(SIZE)
                     for _ in range(2))
    views = padded[torch.arange(len(images))[:, None, None], :, rows[:, :, None],
                   columns[:, None, :]].movedim(-1, 1)
    return (views + 1) * torch.empty(len(images), 1, 1, 1).uniform_(0.8, 1.2) - 1
