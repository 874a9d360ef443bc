import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tagonaut.errors import PictureError, TagonautError
from tagonaut.pixels.decode import decode


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


GRADIENT = np.linspace(0, 255, 60 * 80).reshape(60, 80).astype(np.uint8)
COLOUR = np.dstack([GRADIENT, GRADIENT[::-1], np.full_like(GRADIENT, 90)])


def test_a_four_component_jpeg_has_its_true_colours(shared):
    # The means of the capstone's report.
    pixels = decode(shared("data/amazon/train-jpg/train_0.jpg"))
    assert pixels.mean(axis=(0, 1)) == pytest.approx([91.787384, 109.347000, 103.609146], abs=1e-5)


@pytest.mark.parametrize(
    "mode",
    ["RGB", "L", "P", "1", "CMYK", "RGBA", "LA", "I;16", "YCbCr"],
)
def test_every_mode_becomes_the_same_grey(tmp_path, mode):
    grey = Image.fromarray(np.where(GRADIENT > 127, 255, 0).astype(np.uint8))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert(mode)
    path = tmp_path / "x.tif"
    image.save(path)
    expected = np.repeat(np.asarray(grey)[:, :, None], 3, axis=2)
    assert np.abs(decode(path).astype(int) - expected).max() <= 1


def test_transparency_lies_on_white(tmp_path):
    rgba = np.zeros((8, 8, 4), dtype=np.uint8)
    rgba[:4, :, 3] = 255
    pixels = decode(save(tmp_path / "x.png", rgba))
    assert (pixels[:4] == 0).all()
    assert (pixels[4:] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [None, (20, 30)])
def test_orientation_is_applied_whatever_the_size(tmp_path, orientation, size):
    # Stored so that, turned upright, the top left quarter is red and the rest dark.
    upright = np.zeros((64, 48, 3), dtype=np.uint8)
    upright[:32, :24, 0] = 255
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    image = Image.fromarray(upright)
    if orientation > 1:
        image = image.transpose(Image.Transpose(inverse[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "x.jpg", exif=exif, quality=95)
    pixels = decode(tmp_path / "x.jpg", size)
    assert pixels.shape[:2] == ((64, 48) if size is None else (30, 20))
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    assert pixels[2 : height - 3, 2 : width - 3, 0].min() > 200
    assert pixels[height + 3 :].max() < 40
    assert pixels[:, width + 3 :].max() < 40


def test_a_reduced_jpeg_is_near_the_full_one(tmp_path):
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)).resize((1600, 1200))
    path = tmp_path / "x.jpg"
    smooth.save(path, quality=95)
    full = Image.open(path).convert("RGB").resize((100, 100), Image.Resampling.BICUBIC)
    assert np.abs(decode(path, (100, 100)).astype(int) - np.asarray(full)).mean() < 3


def png_claiming(width, height):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"this is no picture at all", "not a picture"),
        (png_claiming(20_000, 20_000), "over the limit.*TAGONAUT_MAX_PIXELS"),
        (png_claiming(10, 10), "cannot be decoded"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path, content, message):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=message) as caught:
        decode(path, (32, 32))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".gif"])
def test_a_truncated_file_is_an_error(tmp_path, suffix):
    path = save(tmp_path / f"x{suffix}", COLOUR)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PictureError):
        decode(path)


def test_a_missing_file_and_a_folder_are_errors(tmp_path):
    with pytest.raises(PictureError, match="not there"):
        decode(tmp_path / "none.jpg")
    with pytest.raises(PictureError, match="cannot be read"):
        decode(tmp_path)


def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    path = save(tmp_path / "x.jpg", COLOUR, exif=b"Exif\0\0MM\0*\0\0\xff\xff garbage")
    assert decode(path).shape == (60, 80, 3)


def test_the_limit_can_be_raised_and_must_be_a_number(tmp_path, monkeypatch):
    path = save(tmp_path / "x.png", COLOUR)
    monkeypatch.setenv("TAGONAUT_MAX_PIXELS", "100")
    with pytest.raises(PictureError, match="80 × 60"):
        decode(path)
    monkeypatch.setenv("TAGONAUT_MAX_PIXELS", "4800")
    assert decode(path).shape == (60, 80, 3)
    monkeypatch.setenv("TAGONAUT_MAX_PIXELS", "lots")
    with pytest.raises(TagonautError, match="not a number"):
        decode(path)
