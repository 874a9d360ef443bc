import numpy as np
import pytest
import torch
from PIL import Image

from tagonaut.pixels.preprocessing import GREY, Preprocessing

PREPROCESSING = Preprocessing(4, (0.5, 0.25, 0.0), (0.5, 0.25, 1.0))


def test_values_are_scaled_a_channel():
    pixels = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    pixels[..., :] = 255, 51, 102
    tensor = PREPROCESSING.tensor(pixels)
    assert tensor.shape == (1, 3, 4, 4)
    assert torch.allclose(tensor[0, :, 0, 0], torch.tensor([1.0, -0.2, 0.4]))
    assert tensor.is_contiguous(memory_format=torch.channels_last)


def test_json_round_trip():
    assert Preprocessing.from_json(PREPROCESSING.to_json()) == PREPROCESSING


def test_grey_is_what_pillow_calls_luminance(tmp_path):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    picture.save(tmp_path / "p.png")
    grey = Preprocessing.create(8, (0.4, 0.5, 0.6), (0.2, 0.2, 0.2), GREY, "weights")
    prepared = grey.prepare(tmp_path / "p.png")
    assert prepared.shape == (8, 8, 1)
    assert np.abs(prepared[..., 0].astype(int) - np.asarray(picture.convert("L"))).max() <= 1
    assert grey.tensor(np.full((1, 8, 8, 1), 255, dtype=np.uint8)).unique().item() == 2.5


def test_values_are_scaled_as_asked():
    trained = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    scaled = {
        kind: Preprocessing.create(8, *trained, (), kind)
        for kind in ("weights", "unit", "imagenet", "batch_norm", "measured")
    }
    white = np.full((1, 8, 8, 3), 255, dtype=np.uint8)
    assert scaled["weights"].tensor(white).max().item() == 2
    assert scaled["unit"].tensor(white).max().item() == 1
    assert scaled["batch_norm"] == scaled["unit"]
    red = scaled["imagenet"].tensor(white)[0, 0, 0, 0].item()
    assert red == pytest.approx((1 - 0.485) / 0.229)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    measured = scaled["measured"].measured(pixels)
    found = measured.tensor(pixels)
    assert found.mean((0, 2, 3)).numpy() == pytest.approx(0, abs=1e-5)
    assert found.std((0, 2, 3), correction=0).numpy() == pytest.approx(1, abs=1e-5)
