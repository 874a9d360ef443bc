import numpy as np
import pytest
import torch

from tagonaut.learning.fitting import Examples
from tagonaut.learning.fitting.flip_invariance import find_flip
from tagonaut.pixels.preprocessing import Preprocessing


class Brightness(torch.nn.Module):
    """Scores one label by how bright the top half is, or the whole picture."""

    def __init__(self, top_only):
        super().__init__()
        self.top_only = top_only

    def scores(self, pictures):
        height = pictures.shape[2] // 2 if self.top_only else pictures.shape[2]
        return pictures[:, :, :height].mean((1, 2, 3))[:, None]


@pytest.mark.parametrize(("top_only", "expected"), [(True, "horizontal"), (False, "dihedral")])
def test_pictures_are_turned_only_where_up_and_down_are_alike(top_only, expected):
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (60, 1), dtype=np.uint8)
    pixels = rng.integers(0, 100, (60, 8, 8, 3), dtype=np.uint8)
    pixels[:, : 4 if top_only else 8] += targets[:, :, None, None] * np.uint8(120)
    if top_only:
        pixels[:, 4:] += (1 - targets)[:, :, None, None] * np.uint8(120)
    rows = np.arange(60)
    examples = Examples(targets, np.ones((60, 1), dtype=bool), rows[:0], rows)
    scale = Preprocessing(8, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    found, told = find_flip(Brightness(top_only), scale, pixels, examples)
    assert found == expected
    assert "1.000 upright" in told
