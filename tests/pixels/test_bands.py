"""TIFF files with more bands than three, and what of them is shown and fed to networks."""

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from tagonaut.errors import PictureError, TagonautError
from tagonaut.models.backbones import create_backbone
from tagonaut.pixels.decode import band_names, decode, decode_bands
from tagonaut.pixels.preprocessing import GREY, Preprocessing

SENSOR = ("blue", "green", "red", "infrared")


def sensor(path, pixels, **options):
    """As Planet's files are: blue, green, red, infrared, but RGB and alpha by their tags."""
    options = {"photometric": "rgb", "extrasamples": ["assocalpha"]} | options
    tifffile.imwrite(path, pixels, **options)
    return path


def ramp(height=20, width=30, bands=4, dtype=np.uint16):
    rng = np.random.default_rng(0)
    top = 9_000 if dtype == np.uint16 else 255
    return rng.integers(0, top, (height, width, bands)).astype(dtype)


@pytest.mark.parametrize(
    "options", [{}, {"tile": (16, 16)}, {"compression": "lzw"}, {"bigtiff": True}]
)
def test_bands_come_in_the_order_of_networks(tmp_path, options):
    pixels = ramp(32, 32)
    path = sensor(tmp_path / "x.tif", pixels, **options)
    assert band_names(path) == SENSOR
    assert np.array_equal(decode_bands(path, (32, 32), SENSOR), pixels[..., [2, 1, 0, 3]])


def test_planes_one_after_another_and_the_first_of_several_pages(tmp_path):
    pixels = ramp()
    with tifffile.TiffWriter(tmp_path / "x.tif") as file:
        file.write(np.moveaxis(pixels, 2, 0), planarconfig="separate", photometric="rgb")
        file.write(np.zeros((8, 8), np.uint8))
    assert np.array_equal(
        decode_bands(tmp_path / "x.tif", (30, 20), SENSOR)[..., 3], pixels[..., 3]
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_that_of_pillow(tmp_path, orientation):
    grey = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30) * 10
    path = sensor(
        tmp_path / "x.tif",
        np.repeat(grey[..., None], 4, axis=2),
        extratags=[(274, "H", 1, orientation, True)],
    )
    inverse = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}[orientation]
    turned = Image.fromarray((grey // 10).astype(np.int32))
    if inverse is not None:
        turned = turned.transpose(Image.Transpose(inverse))
    expected = np.asarray(turned) * 10
    size = expected.shape[::-1]
    assert np.array_equal(decode_bands(path, size, SENSOR)[..., 0], expected)


def test_people_see_red_green_and_blue_stretched(tmp_path):
    pixels = np.zeros((100, 10, 4), dtype=np.uint16)
    steps = np.arange(100)[:, None]
    pixels[..., 2] = 3_000 + 10 * steps  # red grows downwards, green upwards
    pixels[..., 1] = 5_000 - 10 * steps
    pixels[..., 0] = 700
    seen = decode(sensor(tmp_path / "x.tif", pixels))
    assert seen.shape == (100, 10, 3)
    inner = 255 * (steps[3:-3] - 0.02 * 99) / (0.96 * 99)
    assert np.abs(seen[3:-3, :, 0] - inner).max() < 1.5
    assert np.abs(seen[3:-3, :, 1] - inner[::-1]).max() < 1.5
    assert (seen[:2, :, 0] == 0).all() and (seen[-2:, :, 0] == 255).all()
    assert decode(tmp_path / "x.tif", (5, 7)).shape == (7, 5, 3)


@pytest.mark.parametrize(
    ("pixels", "options", "names"),
    [
        (ramp(), {}, SENSOR),
        (ramp(), {"extrasamples": ["unspecified"]}, SENSOR),
        (ramp(dtype=np.uint8), {"extrasamples": ["unspecified"]},
         ("red", "green", "blue", "infrared")),
        (ramp(dtype=np.uint8), {}, ()),  # eight bits and alpha: an ordinary picture
        (np.full((9, 9, 4), 65_535, np.uint16), {}, ()),  # alpha indeed: it is opaque
        (ramp(bands=3), {"extrasamples": []}, ()),
        (ramp(bands=6), {"photometric": "minisblack", "planarconfig": "contig",
                         "extrasamples": ["unspecified"] * 5},
         tuple(f"band {n}" for n in range(1, 7))),
        (ramp(dtype=np.uint8), {"photometric": "separated", "extrasamples": []}, ()),
    ],
)  # fmt: skip
def test_bands_are_recognised(tmp_path, pixels, options, names):
    assert band_names(sensor(tmp_path / "x.tif", pixels, **options)) == names


def test_the_file_itself_may_say_what_its_bands_are(tmp_path):
    items = "".join(
        f'<Item name="DESCRIPTION" sample="{at}" role="description">{name}</Item>'
        for at, name in enumerate(["Red", "Green", "Blue", "NIR"])
    )
    text = f"<GDALMetadata>{items}</GDALMetadata>".encode()
    path = sensor(tmp_path / "x.tif", ramp(), extratags=[(42112, "s", 0, text, True)])
    assert band_names(path) == ("red", "green", "blue", "infrared")


def test_what_bands_cannot_be(tmp_path):
    path = sensor(tmp_path / "x.tif", ramp())
    with pytest.raises(PictureError, match="it has 4 bands, not the 2 of vv, vh"):
        decode_bands(path, (8, 8), ("vv", "vh"))
    Image.new("RGB", (8, 8)).save(tmp_path / "x.jpg")
    with pytest.raises(PictureError, match=r"no bands blue, .*not a TIFF"):
        decode_bands(tmp_path / "x.jpg", (8, 8), SENSOR)
    tifffile.imwrite(tmp_path / "f.tif", ramp().astype(np.float32), photometric="rgb")
    with pytest.raises(PictureError, match="float32 are not read"):
        decode(tmp_path / "f.tif")
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(PictureError):
        decode(path)


def test_each_band_is_scaled_by_its_own_mean_and_deviation():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, (4_000, 200, 9_000, 50), (12, 8, 8, 4)).astype(np.uint16)
    bands = Preprocessing(8, (0.0,) * 4, (1.0,) * 4, SENSOR)
    fed = bands.measured([*pictures, PictureError("unread")]).tensor(pictures).numpy()
    assert np.allclose(fed.mean(axis=(0, 2, 3)), 0, atol=1e-3)
    assert np.allclose(fed.std(axis=(0, 2, 3)), 1, atol=1e-3)
    with pytest.raises(TagonautError, match=r"no training picture .*the first: unread"):
        bands.measured([PictureError("unread")])


def test_a_wider_first_layer_sees_grey_in_the_new_band(weights):
    plain, _ = create_backbone("test_resnet", weights, size=32)
    wide, preprocessing = create_backbone("test_resnet", weights, size=32, bands=SENSOR)
    assert preprocessing.channels == ("red", "green", "blue", "infrared")
    before, after = plain.conv1[0].weight, wide.conv1[0].weight
    assert torch.equal(after[:, :3], before)
    assert torch.allclose(after[:, 3], before.mean(dim=1) / 3)
    radar, _ = create_backbone("test_resnet", weights, size=32, bands=("vv", "vh"))
    # A grey picture is seen by the network of two other bands, or of one, as by the plain one.
    grey = torch.rand(2, 1, 32, 32)
    expected = plain.eval()(grey.expand(-1, 3, -1, -1))
    assert torch.allclose(radar.eval()(grey.expand(-1, 2, -1, -1)), expected, atol=1e-5)
    one, _ = create_backbone("test_resnet", weights, size=32, bands=GREY)
    assert torch.allclose(one.eval()(grey), expected, atol=1e-5)


def test_the_real_bands_and_their_chip_show_the_same(shared):
    bands = decode(shared("data/amazon/train-tif/train_1.tif"), (32, 32)).astype(float)
    chip = decode(shared("data/amazon/train-jpg/train_1.jpg"), (32, 32)).astype(float)
    for channel in range(3):
        agree = np.corrcoef(bands[..., channel].ravel(), chip[..., channel].ravel())[0, 1]
        assert agree > 0.9
