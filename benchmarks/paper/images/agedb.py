"""AgeDB: a folder of photographs of faces, and the age of the person on each.

The layout is that of the public code of RNC: ``agedb.csv`` in the folder of the data sets has
the columns ``age``, ``path`` and ``split``, and each path leads from this folder to an image.
S. Moschoglou et al., "AgeDB: the first manually collected, in-the-wild age database", 2017.
"""

import csv
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from benchmarks.data_files import DataError, find_file, missing_file
from benchmarks.paper.images.dataset import Images
from benchmarks.text import be, counted

FILE = "agedb.csv"
COLUMNS = "age", "path", "split"
SPLITS = "train", "val", "test"
PUBLISHED_COUNTS = 12208, 2140, 2140
SIZE = 224  # pixels, in each direction
LAYOUT = f"""the folder must hold {FILE} with the columns {', '.join(COLUMNS)}, where split is \
{', '.join(SPLITS[:2])} or {SPLITS[2]}, and the images, to which each path leads from that \
folder, such as AgeDB/0_MariaCallas_35_f.jpg.  The images are given on request, see \
https://ibug.doc.ic.ac.uk/resources/agedb/."""


class ImageFiles(Dataset):
    """Images in files, each read when it is asked for.

    Parameters
    ----------
    paths : sequence of Path
        Files of images.
    y : Tensor of shape (n, 1)
        Targets, float32.
    """

    def __init__(self, paths: Sequence[Path], y: Tensor):
        self.paths, self.y = paths, y

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return read_image(self.paths[index]), self.y[index]

    def first(self, n: int) -> "ImageFiles":
        """The first n images."""
        return ImageFiles(self.paths[:n], self.y[:n])


def load(folder: Path | None = None) -> Images:
    """AgeDB by its table; the images are read when they are needed.

    Raises
    ------
    DataError
        If there is no table, if it does not hold what it must, or if an image is missing.
    """
    check_pillow()
    table = find_file(FILE, folder)
    if table is None:
        raise missing_file(FILE, "AgeDB", folder, LAYOUT)
    rows = read_table(table)
    by_split = [[row for row in rows if row["split"] == split] for split in SPLITS]
    counts = tuple(map(len, by_split))
    if min(counts) < 2:
        raise DataError(f"{table} must have at least 2 images of each split, got "
                        + ", ".join(map("{} of {}".format, counts, SPLITS)))
    missing = [row["path"] for row in rows if not (table.parent / row["path"]).is_file()]
    if missing:
        raise DataError(f"{table} names {counted(len(missing), 'image')} that "
                        f"{be(len(missing))} not in {table.parent}, the first is {missing[0]}; "
                        f"{LAYOUT}")
    parts = (ImageFiles([table.parent / row["path"] for row in part],
                        torch.tensor([[row["age"]] for row in part])) for part in by_split)
    published = "the paper's" if counts == PUBLISHED_COUNTS else "not the paper's"
    return Images(*parts, augment, {
        "source": FILE, "split": f"{'/'.join(map(str, counts))}, {published}",
        "views": "crops, mirror images, changed colours, grey images",
        "sha256": hashlib.sha256(table.read_bytes()).hexdigest()})


def read_table(path: Path) -> list[dict]:
    """Rows of the table, with the age as a number."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            names, rows = reader.fieldnames or (), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} must be a CSV file, cannot read it: {error}") from None
    if absent := [name for name in COLUMNS if name not in names]:
        raise DataError(f"{path} must have the columns {', '.join(COLUMNS)}, "
                        f"got none named {' and '.join(absent)}")
    for number, row in enumerate(rows, 2):
        if row["split"] not in SPLITS or not row["path"] or not _is_number(row["age"]):
            raise DataError(f"{path} must have an age, a path and a split of {', '.join(SPLITS)} "
                            f"in each line, got {[row[name] for name in COLUMNS]} in line "
                            f"{number}")
    return [{**row, "age": float(row["age"])} for row in rows]


def _is_number(text):
    try:
        return math.isfinite(float(text))
    except (TypeError, ValueError):
        return False


def check_pillow() -> None:
    """Raise if images cannot be read."""
    try:
        import PIL.Image  # noqa: F401  an extra, which matplotlib brings
    except ImportError as error:
        raise DataError(f"reading images needs Pillow, pip install pillow: {error}") from None


def read_image(path: Path) -> Tensor:
    """The square in the middle of an image, (3, 224, 224) between -1 and 1."""
    from PIL import Image, ImageOps
    try:
        with Image.open(path) as image:
            square = ImageOps.fit(image.convert("RGB"), (SIZE, SIZE), Image.Resampling.BILINEAR)
    except OSError as error:  # UnidentifiedImageError is one
        raise DataError(f"{path} must be an image, cannot read it: {error}") from None
    pixels = torch.from_numpy(np.array(square)).movedim(-1, 0)
    return pixels / 127.5 - 1


def augment(images: Tensor) -> Tensor:
    """A random part of each image, enlarged, in half of the cases mirrored, in other colours.

    The paper does not name its two augmentations; those of RNC are crops, mirror images,
    changed colours and grey images.
    """
    return changed_colours(random_crops(images))


def random_crops(images: Tensor) -> Tensor:
    """Crops of a fifth to all of the area, mirrored in half of the cases."""
    n = len(images)
    area = torch.empty(n).uniform_(0.2, 1)
    ratio = torch.empty(n).uniform_(math.log(3 / 4), math.log(4 / 3)).exp()
    # in units of the image, whose coordinates reach from -1 to 1
    sizes = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()], 1).clamp(max=1)
    centres = (1 - sizes) * torch.empty(n, 2).uniform_(-1, 1)
    mirrored = torch.stack([torch.randint(0, 2, (n,)) * 2.0 - 1, torch.ones(n)], 1)
    maps = torch.cat([torch.diag_embed(sizes * mirrored), centres[..., None]], -1)
    grid = torch.nn.functional.affine_grid(maps, list(images.shape), align_corners=False)
    return torch.nn.functional.grid_sample(images, grid, padding_mode="reflection",
                                           align_corners=False)


def changed_colours(images: Tensor) -> Tensor:
    """Other brightness, contrast and saturation; a fifth of the images is grey."""
    brightness, contrast, saturation = torch.empty(3, len(images), 1, 1, 1).uniform_(0.6, 1.4)
    saturation = saturation * (torch.rand(len(images), 1, 1, 1) >= 0.2)
    images = (images + 1) * brightness - 1
    grey = images.mean(1, keepdim=True)
    images = grey + saturation * (images - grey)
    middle = images.mean((1, 2, 3), keepdim=True)
    return (middle + contrast * (images - middle)).clamp(-1, 1)
