"""The scene of a chip: the places of things, the order of painting, and the visible shares."""

from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import View
from tagonaut.drawing.chips.houses import Houses, houses
from tagonaut.drawing.chips.roads import Roads, roads
from tagonaut.drawing.chips.sky import Clouds, clouds
from tagonaut.drawing.chips.trees import Trees, forest, lone_trees
from tagonaut.drawing.chips.water import CLEAR, MUDDY, Water, lake, river
from tagonaut.drawing.ground import BareGround, Fields, bare_ground, fields, grassland
from tagonaut.drawing.noise import Plane

BRIDGES = 0.008  # the most of the chip that roads may take from a water


@dataclass(frozen=True)
class Scene:
    """Everything on one chip, from the ground up; None for things that it does not have."""

    fields: Fields | None
    bare_ground: BareGround | None
    lake: Water | None
    river: Water | None
    roads: Roads | None
    houses: Houses | None
    trees: Trees | None
    forest: Trees | None
    clouds: Clouds | None

    def seen(self) -> dict[str, float]:
        """The share of the chip on which each thing that has a label can be seen."""
        from_above = {
            "cloudy": self.clouds,
            "forest": self.forest,
            "": self.trees,  # hide things, and have no label
            "houses": self.houses,
            "road": self.roads,
            "river": self.river,
            "lake": self.lake,
            "bare_ground": self.bare_ground,
            "field": self.fields,
        }
        shares: dict[str, float] = {}
        open_: Plane = np.ones((1, 1), dtype=np.float32)
        for label, thing in from_above.items():
            if thing is not None:
                if label:
                    pixels = np.count_nonzero(thing.mask * open_ > 0.6)
                    shares[label] = float(pixels / thing.mask.size)
                open_ = open_ * (1 - thing.mask)
        return shares

    def painted(self, view: View) -> Plane:
        """The picture of the scene, ``[3, size, size]`` in about 0…1."""
        picture = grassland(view)
        for flat in (self.fields, self.bare_ground, self.lake, self.river):
            if flat is not None:
                flat.paint(picture, view)
        if self.roads:
            wet = [water.mask for water in (self.lake, self.river) if water]
            self.roads.paint(picture, view, np.maximum.reduce(wet) if wet else None)
        for tall in (self.houses, self.trees, self.forest):
            if tall is not None:
                tall.paint(picture, view)
        picture *= np.float32(view.between(0.84, 1.06))
        if self.clouds:
            self.clouds.paint(picture)
        return picture


def scene(view: View, wanted: set[str], village: bool) -> Scene | None:
    """The things that are wanted, each placed where those before it leave room.

    None if their places are implausible.
    """
    taken = np.zeros((view.size, view.size), dtype=np.float32)
    colour = view.pick(CLEAR if "lake" in wanted or view.chance(0.6) else MUDDY)
    sky = clouds(view) if "cloudy" in wanted else None
    stream = river(view, colour) if "river" in wanted else None
    ways = roads(view, village) if "road" in wanted else None
    for thing in (stream.bank if stream else None, ways.verge if ways else None):
        taken = taken if thing is None else np.maximum(taken, thing)
    pond = lake(view, colour, taken) if "lake" in wanted else None
    if not _plausible(pond, stream, ways):
        return None
    taken = np.maximum(taken, pond.bank) if pond else taken
    along = ways.roads if ways else ()
    homes = houses(view, along, taken, village) if "houses" in wanted else None
    crops = fields(view, view.between(0.3, 1.0)) if "field" in wanted else None
    soil = bare_ground(view) if "bare_ground" in wanted else None
    for mask in (
        homes.lots if homes else None,
        crops.mask if crops else None,
        soil.mask if soil else None,
    ):
        taken = taken if mask is None else np.maximum(taken, mask)
    woods = forest(view, view.between(0.3, 1.0), taken) if "forest" in wanted else None
    sparse = view.between(-0.08, 0.24)
    trees = lone_trees(view, sparse, taken) if sparse > 0 else None
    return Scene(crops, soil, pond, stream, ways, homes, trees, woods, sky)


def _plausible(pond: Water | None, stream: Water | None, ways: Roads | None) -> bool:
    """Whether lake and river stay clear of each other, and roads cross them by short ways."""
    if pond and stream and np.any((pond.bank > 0.3) & (stream.bank > 0.3)):
        return False
    return not ways or all(
        np.count_nonzero((ways.mask > 0.5) & (water.mask > 0.5)) < BRIDGES * water.mask.size
        for water in (pond, stream)
        if water
    )
