"""The loader of AgeDB, on a few made files of its layout."""

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.data_files import VARIABLE, DataError
from benchmarks.paper.images import agedb
from benchmarks.paper.images.agedb import changed_colours, random_crops, read_image
from tests.benchmarks.paper.images.made_up import write_agedb


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def test_images_and_ages_are_those_of_the_table(tmp_path):
    write_agedb(tmp_path)
    images = agedb.load(tmp_path)
    assert [len(part) for part in (images.train, images.validation, images.test)] == [10, 3, 3]
    assert images.n_channels == 3
    number = 0
    for part in (images.train, images.validation, images.test):
        for (image, age), y in zip((part[row] for row in range(len(part))), part.y):
            assert image.shape == (3, 224, 224) and image.dtype == torch.float32
            expected = 8 * number / 127.5 - 1  # the one colour of the made file
            assert (image - expected).abs().max() < 0.03  # JPEG is not exact
            assert age.tolist() == y.tolist() == [20 + number]
            number += 1
    assert images.provenance["source"] == "agedb.csv"
    assert images.provenance["split"] == "10/3/3, not the paper's"
    few = images.first(2)
    assert [len(part) for part in (few.train, few.validation, few.test)] == [2, 2, 2]
    assert few.test.y.tolist() == [[33], [34]]


def test_folder_of_the_environment_variable_is_found(tmp_path, monkeypatch):
    write_agedb(tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert len(agedb.load().train) == 10


def test_counts_of_the_paper_are_recognised(tmp_path, monkeypatch):
    write_agedb(tmp_path)
    monkeypatch.setattr(agedb, "PUBLISHED_COUNTS", (10, 3, 3))
    assert agedb.load(tmp_path).provenance["split"] == "10/3/3, the paper's"


def test_absence_says_where_it_looked_and_how_the_folder_must_look(tmp_path):
    with pytest.raises(DataError) as caught:
        agedb.load(tmp_path)
    message = str(caught.value)
    for part in (f"no file agedb.csv for AgeDB: looked in {tmp_path}.",
                 "--data-dir or " + VARIABLE, "agedb.csv with the columns age, path, split",
                 "train, val or test", "AgeDB/0_MariaCallas_35_f.jpg"):
        assert part in message
    with pytest.raises(DataError, match="there is no folder to look in"):
        agedb.load()


@pytest.mark.parametrize("table, message", [
    ("age,file\n1,a.png\n", "must have the columns age, path, split, got none named path and "
                            "split"),
    ("", "must have the columns age, path, split, got none named age and path and split"),
    ("age,path,split\n1,a.png,train\nold,a.png,val\n",
     r"got \['old', 'a.png', 'val'\] in line 3"),
    ("age,path,split\ninf,a.png,train\n", r"got \['inf', 'a.png', 'train'\] in line 2"),
    ("age,path,split\n1,a.png,valid\n", r"split of train, val, test in each line, got .*valid"),
    ("age,path,split\n1,a.png\n", r"got \['1', 'a.png', None\] in line 2"),
    ("age,path,split\n1,a.png,train\n", "at least 2 images of each split, got 1 of train, "
                                        "0 of val, 0 of test"),
    ("age,path,split\n" + "".join(f"1,a.png,{split}\n1,b.png,{split}\n"
                                  for split in agedb.SPLITS),
     "names 3 images that are not in .*, the first is b.png; the folder must hold"),
])
def test_errors_of_the_table(tmp_path, table, message):
    (tmp_path / "agedb.csv").write_text(table)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match=message):
        agedb.load(tmp_path)


def test_file_that_is_no_image_is_an_error(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("no image")
    with pytest.raises(DataError, match="a.png must be an image, cannot read it"):
        read_image(path)


def test_absence_of_pillow_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(DataError, match="needs Pillow, pip install pillow"):
        agedb.load(tmp_path)


def test_image_is_the_square_in_the_middle(tmp_path):
    pixels = np.zeros((30, 60, 3), np.uint8)
    pixels[:, :15] = 255   # a quarter to each side is cut off
    pixels[:, 45:] = 255
    pixels[:, 15:45, 1] = 200
    Image.fromarray(pixels).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")[:, :, 10:-10]  # without interpolated edges
    np.testing.assert_allclose(image[0], -1, atol=1e-6)
    np.testing.assert_allclose(image[1], 200 / 127.5 - 1, atol=1e-6)


def test_crops_are_parts_of_the_image_in_half_of_the_cases_mirrored():
    """Pixels hold their coordinates, so a crop tells where it was and which way it faces."""
    size, n = 32, 400
    columns = torch.arange(size, dtype=torch.float32).expand(size, size) / size
    image = torch.stack([columns, columns.T, columns + columns.T])
    torch.manual_seed(0)
    crops = random_crops(image.repeat(n, 1, 1, 1))
    assert crops.shape == (n, 3, size, size)
    assert crops.min() >= 0 and crops.max() <= image.max()
    width = crops[:, 0, 0, -1] - crops[:, 0, 0, 0]
    height = crops[:, 1, -1, 0] - crops[:, 1, 0, 0]
    assert 0.4 < (width < 0).float().mean() < 0.6 and (height > 0).all()
    area = width.abs() * height * (size / (size - 1)) ** 2
    assert 0.19 < area.min() < 0.3 and 0.85 < area.max() < 1.01
    torch.testing.assert_close(crops[:, 2], crops[:, 0] + crops[:, 1])


def test_colours_change_but_not_where_things_are():
    torch.manual_seed(0)
    images = torch.rand(300, 3, 4, 4) * 0.4 - 0.7
    changed = changed_colours(images)
    assert changed.shape == images.shape and changed.abs().max() <= 1
    is_grey = (changed.amax(1) - changed.amin(1)).amax((1, 2)) < 1e-6
    assert 0.1 < is_grey.float().mean() < 0.3
    for before, after in zip(images, changed):
        correlation = np.corrcoef(before.mean(0).ravel(), after.mean(0).ravel())[0, 1]
        assert correlation > 0.999  # brightness and contrast change it linearly
    ratio = (changed.mean((1, 2, 3)) + 1) / (images.mean((1, 2, 3)) + 1)
    assert 0.59 < ratio.min() < 0.65 and 1.35 < ratio.max() < 1.41
