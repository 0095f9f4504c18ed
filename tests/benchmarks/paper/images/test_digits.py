"""The turned digits."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from benchmarks.paper.images import digits
from benchmarks.paper.images.digits import shifted, turned


@pytest.fixture(scope="module")
def images():
    return digits.load()


def principal_angle(image):
    """The direction of the longest axis of an image, in degrees counterclockwise of upright."""
    rows, columns = np.nonzero(image > 0)
    points = np.stack([columns, -rows], 1)  # rows count downwards
    weights = image[rows, columns]
    centred = points - np.average(points, axis=0, weights=weights)
    x, y = np.linalg.eigh((weights[:, None] * centred).T @ centred)[1][:, -1]
    return np.rad2deg(np.arctan2(-x * np.sign(y), abs(y)))


@pytest.mark.parametrize("angle", [-45.0, -20.0, 0.0, 10.0, 45.0])
def test_upright_bar_is_turned_counterclockwise_by_its_angle(angle):
    bar = np.zeros((8, 8))
    bar[:, 3:5] = 1.0
    assert principal_angle(turned(bar, angle)) == pytest.approx(angle, abs=2.0)


def test_turned_scan_keeps_its_ink():
    scans = load_digits().images[:20]
    area = (digits.FIELD / digits.SIZE) ** 2  # of a new pixel, in those of the scan
    for scan in scans:
        for angle in (-45.0, 0.0, 30.0):
            assert area * turned(scan, angle).sum() == pytest.approx(scan.sum(), rel=0.05)


def test_parts_are_all_scans_once(images):
    parts = images.train, images.validation, images.test
    assert [len(part) for part in parts] == [1331, 233, 233]
    assert images.provenance["split"] == "1331/233/233 at random, seed 123"
    X, y = (torch.cat([getattr(part, name) for part in parts]) for name in ("X", "y"))
    assert X.shape == (1797, 1, 16, 16) and X.dtype == y.dtype == torch.float32
    assert X.min() >= -1 and X.max() <= 1
    assert len(y.unique()) == 1797 and y.abs().max() <= 45
    # as many angles in each quarter of the range, and in each part
    counts = [torch.histc(part.y, 4, -45, 45) / len(part) for part in parts]
    assert all((count - 0.25).abs().max() < 0.1 for count in counts)
    again = digits.load()
    assert again.provenance == images.provenance
    assert torch.equal(again.train.X, images.train.X)


def test_every_scan_has_its_own_angle(images):
    """Turning the scan by the target gives the image."""
    X, y = images.test.X[:5].numpy(), images.test.y[:5].numpy()
    for image, (angle,) in zip(X, y):
        candidates = [2 * turned(scan / 16, float(angle)) - 1 for scan in load_digits().images]
        assert min(np.abs(candidate - image[0]).max() for candidate in candidates) < 1e-5


def test_views_are_shifted_by_a_pixel_and_of_another_brightness():
    X = torch.full((200, 1, 16, 16), -1.0)
    X[:, :, 7, 7] = 0.0
    torch.manual_seed(0)
    views = shifted(X)
    assert views.shape == X.shape
    assert (((views + 1) > 0).sum((1, 2, 3)) == 1).all()
    places = {tuple(place) for place in (views[:, 0] > -0.99).nonzero()[:, 1:].tolist()}
    assert places == {(row, column) for row in (6, 7, 8) for column in (6, 7, 8)}
    brightness = (views + 1).amax((1, 2, 3))
    assert 0.8 <= brightness.min() < 0.85 and 1.15 < brightness.max() <= 1.2
