"""Satellite chips and their labels."""

import numpy as np
from PIL import Image

from tagonaut.drawing.canvas import View, turned
from tagonaut.drawing.chips.scene import scene
from tagonaut.drawing.chips.sky import developed
from tagonaut.drawing.noise import textures
from tagonaut.errors import TagonautError

LABELS = (
    "forest",
    "river",
    "lake",
    "road",
    "field",
    "houses",
    "bare_ground",
    "clear",
    "cloudy",
)

# The least share of the chip on which a thing must be seen to be there.
SEEN = {
    "forest": 0.07,
    "river": 0.035,
    "lake": 0.04,
    "road": 0.012,
    "field": 0.08,
    "houses": 0.012,
    "bare_ground": 0.05,
    "cloudy": 0.07,
}

# How often a land is drawn, and how often a label is wanted in it.
LANDS = {
    "wilderness": 0.34,
    "farmland": 0.38,
    "village": 0.28,
}
WANTED = {
    "forest": {"wilderness": 0.88, "farmland": 0.6, "village": 0.55},
    "river": {"wilderness": 0.34, "farmland": 0.24, "village": 0.18},
    "lake": {"wilderness": 0.26, "farmland": 0.11, "village": 0.11},
    "road": {"wilderness": 0.25, "farmland": 0.6, "village": 0.93},
    "field": {"wilderness": 0.0, "farmland": 0.96, "village": 0.5},
    "houses": {"wilderness": 0.03, "farmland": 0.2, "village": 0.97},
    "bare_ground": {"wilderness": 0.3, "farmland": 0.1, "village": 0.14},
    "cloudy": {"wilderness": 0.36, "farmland": 0.36, "village": 0.36},
}


def draw(seed: int, index: int, size: int = 128) -> tuple[Image.Image, list[str]]:
    """One chip, ``size`` pixels a side, and its labels in the order of ``LABELS``.

    The same seed and index give the same chip, whatever else is drawn. A label is given where
    enough of the thing can be seen, and nothing is drawn that has a label and does not get it;
    exactly one of clear and cloudy holds. ``TagonautError`` for a negative seed or index, and
    for a size below 32 or above 512.
    """
    check(seed, index, size)
    view = _view(np.random.default_rng((seed, index)), size)
    while True:
        land = str(view.rng.choice(list(LANDS), p=list(LANDS.values())))
        wanted = {label for label, often in WANTED.items() if view.chance(often[land])}
        found = scene(view, wanted, village=land == "village")
        seen = found.seen() if found else {}
        if found and all(share >= SEEN[label] for label, share in seen.items()):
            break
    there = set(seen) if "cloudy" in seen else {*seen, "clear"}
    return developed(found.painted(view), view), [label for label in LABELS if label in there]


def check(seed: int, index: int, size: int) -> None:
    """``TagonautError`` for numbers that ``draw`` does not take."""
    if seed < 0 or index < 0 or not 32 <= size <= 512:
        raise TagonautError(
            f"cannot draw chip {index} of seed {seed} at {size} pixels: "
            "numbers start at 0, sizes go from 32 to 512"
        )


def _view(rng: np.random.Generator, size: int) -> View:
    return View(
        size=size,
        rng=rng,
        textures=textures(size),
        sun=turned(rng.uniform(0, 6.2832)),
        shadow=rng.uniform(1.6, 3.4),
        dry=rng.uniform(0.05, 0.95),
    )
