import hashlib

import numpy as np
import pytest
from PIL import Image

from tagonaut.errors import PictureError
from tagonaut.pixels.inspect import FULL_PIXELS, inspect_picture
from tagonaut.pixels.perceptual_hash import perceptual_hash


def save(path, pixels, **settings):
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path, **settings)
    return path


# The capstone's table; its figures are those of Pillow's own RGB, averaged by NumPy.
@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("train_0", "91.787384 109.347000 103.609146"),
        ("train_1", "65.639862 76.497375 64.301590"),
        ("train_2", "43.164474 58.039383 56.862000"),
        ("train_3", "51.411316 65.253769 53.972961"),
        ("train_4", "57.342377 45.253403 19.525055"),
    ],
)
def test_the_mean_colour_of_a_four_component_jpeg(shared, name, mean):
    found = inspect_picture(shared(f"data/amazon/train-jpg/{name}.jpg"))
    assert " ".join(f"{value:.6f}" for value in found.mean) == mean
    header = found.header
    assert (header.width, header.height, header.format, header.mode) == (256, 256, "JPEG", "CMYK")
    assert not found.reduced


def test_sixteen_bit_bands_are_shown_stretched(shared):
    found = inspect_picture(shared("data/amazon/train-tif/train_0.tif"))
    assert found.header.stretched
    assert found.header.mode == "blue + green + red + infrared"
    assert found.thumbnail.std() > 20


def test_facts_of_a_small_picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 50, 3))
    path = save(tmp_path / "a.png", pixels)
    found = inspect_picture(path)
    assert found.header.__dict__ == {
        "width": 50, "height": 30, "format": "PNG", "mode": "RGB", "orientation": 1, "frames": 1,
        "stretched": False,
    }  # fmt: skip
    assert found.mean == pytest.approx(pixels.mean(axis=(0, 1)), abs=1e-12)
    assert found.spread == pytest.approx(pixels.std(axis=(0, 1)).max())
    assert found.file_size == path.stat().st_size
    assert found.content == hashlib.sha256(path.read_bytes()).digest()
    assert found.perceptual_hash == perceptual_hash(pixels.astype(np.uint8))
    assert found.square.shape == (64, 64, 3)
    assert (found.thumbnail == pixels).all()


def test_a_large_picture_is_decoded_reduced_and_hardly_differs(tmp_path):
    down, across = np.mgrid[0:1200, 0:1600] / 1600
    pixels = np.stack([255 * across, 180 * down, 40 + 100 * across * down], axis=2)
    noise = np.random.default_rng(0).normal(0, 20, pixels.shape)
    path = save(tmp_path / "a.jpg", (pixels + noise).clip(0, 255), quality=90)
    found = inspect_picture(path)
    assert found.reduced
    assert found.header.width * found.header.height > FULL_PIXELS
    whole = np.asarray(Image.open(path).convert("RGB"))
    assert found.mean == pytest.approx(whole.mean(axis=(0, 1)), abs=0.5)
    assert found.thumbnail.shape == (120, 160, 3)


def test_sizes_are_those_of_the_picture_as_it_is_shown(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((60, 200, 3))
    pixels[:, :100, 0] = 250
    path = save(tmp_path / "a.jpg", pixels, exif=exif.tobytes(), quality=95)
    found = inspect_picture(path)
    assert (found.header.width, found.header.height, found.header.orientation) == (60, 200, 6)
    # Turned by a quarter, what was left is on top.
    assert found.square[:30, :, 0].mean() > 240
    assert found.square[34:, :, 0].mean() < 10
    assert found.thumbnail.shape == (120, 36, 3)


def test_the_first_of_several_frames_counts(tmp_path):
    path = tmp_path / "a.gif"
    first, second = (Image.new("RGB", (40, 40), colour) for colour in ("#204060", "white"))
    first.save(path, save_all=True, append_images=[second])
    found = inspect_picture(path)
    assert found.header.frames == 2
    assert found.mean == (32, 64, 96)
    assert found.spread == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"no picture", "not a picture"), (None, "not there")],
)
def test_what_cannot_be_read_is_told_in_a_line(tmp_path, content, reason):
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PictureError, match=reason) as told:
        inspect_picture(path)
    assert "\n" not in str(told.value)


def test_a_folder_of_a_pictures_name_is_no_picture(tmp_path):
    with pytest.raises(PictureError, match="folder"):
        inspect_picture(tmp_path)
