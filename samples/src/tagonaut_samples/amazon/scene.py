"""The scene of a chip with given tags: places of things, and a check that all can be seen."""

import numpy as np

from tagonaut.drawing.canvas import View
from tagonaut.drawing.noise import Plane
from tagonaut_samples.amazon.forest import Canopy, blow_down, scrub, selective_logging
from tagonaut_samples.amazon.land import agriculture, bare_ground, cultivation, slash_burn
from tagonaut_samples.amazon.layers import Layer
from tagonaut_samples.amazon.mines import artisinal_mine, conventional_mine
from tagonaut_samples.amazon.settlements import habitation, roads
from tagonaut_samples.amazon.sky import overcast, scattered, seen_through_air
from tagonaut_samples.amazon.water import Water, muddy_river, river_course, water

# The least share of the chip on which each thing must be seen to be there.
SEEN = {
    "agriculture": 0.06,
    "artisinal_mine": 0.03,
    "bare_ground": 0.015,
    "blooming": 0.002,
    "blow_down": 0.012,
    "cloudy": 0.9,
    "conventional_mine": 0.1,
    "cultivation": 0.012,
    "habitation": 0.0015,
    "partly_cloudy": 0.02,
    "primary": 0.08,
    "road": 0.004,
    "selective_logging": 0.004,
    "slash_burn": 0.015,
    "water": 0.012,
}


def scene(view: View, tags: frozenset[str]) -> Plane:
    """Light in four bands ``[4, size, size]`` of a chip on which all the tags can be seen."""
    while True:
        layers = _laid(view, tags)
        shares = _seen(layers)
        if all(shares.get(label, 0) >= SEEN[label] for label in tags if label in SEEN):
            break
    picture = layers[0].light.copy()
    for layer in layers[1:]:
        layer.lay(picture)
    return seen_through_air(picture, view, hazy="haze" in tags)


def _seen(layers: list[Layer]) -> dict[str, float]:
    """The share of the chip on which each label can be seen from above."""
    shares: dict[str, float] = {}
    open_: Plane = np.ones((1, 1), dtype=np.float32)
    for layer in reversed(layers):
        if layer.label:
            share = float((layer.mask * open_).mean())
            shares[layer.label] = shares.get(layer.label, 0) + share
        if layer.label or layer.light.any():  # shadows hide nothing
            open_ = open_ * (1 - layer.mask)
    return shares


def _laid(view: View, tags: frozenset[str]) -> list[Layer]:
    """The layers of a chip, from the ground up; the first covers all of it."""
    if "cloudy" in tags:
        return overcast(view)
    canopy = Canopy(view)
    forest = "primary" in tags
    layers = [canopy.forest(view) if forest else scrub(view)]
    if not forest:
        layers.append(canopy.lone_trees(view, view.between(0.02, 0.12), layers[0].mask))
    layers += _in_canopy(view, tags, canopy)
    town = "habitation" in tags and view.chance(0.15 if forest else 0.5)
    ways = roads(view, town) if "road" in tags else None
    stream, digging = _wet(view, tags, alone=not forest and not tags & {"road", "agriculture"})
    near = ways.strip if ways else stream.bank if stream else None
    if "agriculture" in tags:
        layers += agriculture(view, canopy, view.between(0.15, 0.75) if forest else 1.0)
    if "bare_ground" in tags:
        layers += bare_ground(view, large=tags <= {"bare_ground", "clear", "partly_cloudy", "haze"})
    if "cultivation" in tags:
        layers += cultivation(view, canopy, near, woods=forest and "agriculture" not in tags)
    if "slash_burn" in tags:
        layers += slash_burn(view)
    if "conventional_mine" in tags:
        layers += conventional_mine(view)
    layers += digging
    layers += stream.layers if stream else []
    layers += ways.layers if ways else []
    if "habitation" in tags:
        layers += habitation(view, ways, near, town)
    return [*layers, *(scattered(view) if "partly_cloudy" in tags else [])]


def _in_canopy(view: View, tags: frozenset[str], canopy: Canopy) -> list[Layer]:
    layers: list[Layer] = []
    if "blow_down" in tags:
        layers += blow_down(view)
    if "selective_logging" in tags:
        layers += selective_logging(view, canopy)
    if "blooming" in tags:
        layers.append(canopy.blossoms(view))
    return layers


def _wet(view: View, tags: frozenset[str], alone: bool) -> tuple[Water | None, list[Layer]]:
    """The water of a chip, and the diggings along it."""
    if "artisinal_mine" not in tags:
        return (water(view, alone) if "water" in tags else None), []
    line = river_course(view, view.between(0.35, 1.2))
    stream = muddy_river(view, line) if "water" in tags else None
    return stream, artisinal_mine(view, line, turquoise="water" in tags)
