"""Amazon chips: their tags, then a scene that shows them."""

import numpy as np

from tagonaut.drawing.canvas import View, turned
from tagonaut.drawing.noise import Plane, textures
from tagonaut.errors import TagonautError
from tagonaut_samples.amazon.scene import scene
from tagonaut_samples.amazon.tags import LABELS, drawn_tags


def draw(seed: int, index: int, size: int = 256) -> tuple[Plane, list[str]]:
    """One chip in light of four bands, and its tags in the order of ``LABELS``.

    The bands are ``[4, size, size]``: blue, green, red and near-infrared as they reach the
    satellite, linear, as a share of the sunlight. The same seed and index give the same chip,
    whatever else is drawn. ``TagonautError`` for a negative seed or index, and for a size below
    32 or above 512.
    """
    check(seed, index, size)
    rng = np.random.default_rng((seed, index))
    tags = drawn_tags(rng)
    view = View(
        size=size,
        rng=rng,
        textures=textures(size),
        sun=turned(rng.uniform(0, 6.2832)),
        shadow=rng.uniform(1.6, 3.4),
        dry=rng.uniform(0.05, 0.95),
    )
    return scene(view, tags), [label for label in LABELS if label in tags]


def check(seed: int, index: int, size: int) -> None:
    """``TagonautError`` for numbers that ``draw`` does not take."""
    if seed < 0 or index < 0 or not 32 <= size <= 512:
        raise TagonautError(
            f"cannot draw chip {index} of seed {seed} at {size} pixels: "
            "numbers start at 0, sizes go from 32 to 512"
        )
