"""Seas, coasts, deserts, mountains, islands and fields, without the air above them."""

from collections.abc import Callable, Sequence

import numpy as np

from tagonaut.drawing.canvas import Colour, paint, plane, step
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.projection import Projection
from tagonaut_samples.orbit.scenery.light import Stop, gradient, relief
from tagonaut_samples.orbit.shot import Shot

Sun = tuple[float, float]

DEEP: tuple[Colour, ...] = ((12, 34, 74), (16, 44, 88), (20, 50, 84), (10, 28, 62))
SHALLOW: Colour = (72, 162, 172)
LUSH = ((-2.0, (54, 68, 52)), (-0.3, (40, 60, 46)), (0.8, (58, 74, 54)), (2.2, (112, 106, 84)))
STEPPE = (
    (-2.0, (92, 92, 66)),
    (0.0, (134, 118, 86)),
    (1.0, (158, 138, 104)),
    (2.2, (122, 104, 84)),
)
SANDS = (
    ((-2.0, (168, 126, 92)), (0.0, (204, 162, 116)), (1.0, (224, 188, 142)), (2.2, (148, 112, 88))),
    ((-2.0, (150, 104, 76)), (0.0, (186, 130, 92)), (1.0, (206, 158, 116)), (2.2, (116, 84, 70))),
    ((-2.0, (196, 178, 146)), (0.0, (214, 196, 160)), (1.2, (176, 150, 118)), (2.2, (98, 82, 72))),
)
ROCK = ((-1.5, (70, 74, 58)), (-0.2, (98, 88, 70)), (0.8, (128, 110, 92)), (2.0, (150, 136, 122)))
SNOW: Colour = (238, 242, 250)
SILT: Colour = (126, 118, 92)


def ocean(shot: Shot, view: Projection) -> Plane:
    """Open sea, with the sun's glint now and then."""
    slow = shot.field().broad(view.x * 2, view.y * 2)
    water = plane(shot.pick(DEEP)) * (1 + np.float32(0.07) * slow)
    if shot.chance(0.4):
        x = view.x - np.float32(shot.between(-0.4, 0.4))
        y = view.y - np.float32(shot.between(-0.3, 0.3))
        wide = np.float32(shot.between(6, 14))
        glint = np.float32(1) / (1 + wide * (x * x + np.float32(0.6) * y * y))
        glint *= glint * np.float32(shot.between(0.3, 0.62))
        glint *= 1 + np.float32(0.12) * slow
        paint(water, glint, plane((206, 214, 222)))
    return water


def coast(shot: Shot, view: Projection, sun: Sun) -> Plane:
    """Land on one side of the sea."""
    c, s = shot.direction()
    wide = np.float32(shot.between(1.5, 3.0))
    height = shot.field().deep(view.x * wide, view.y * wide, view.pixel * wide, 0.16)
    side = (view.x + np.float32(shot.between(-0.2, 0.2))) * c + view.y * s
    height *= np.float32(0.55)
    height += np.float32(4.5) * side
    ground = _country(shot, view, sun, shot.pick((LUSH, LUSH, STEPPE, SANDS[0])))
    return _shored(shot, view, height, ground)


def islands(shot: Shot, view: Projection, sun: Sun) -> Plane:
    """A few islands with reefs around them."""
    wide = np.float32(shot.between(2.2, 4.5))
    height = shot.field().deep(view.x * wide, view.y * wide, view.pixel * wide, 0.14)
    ground = _country(shot, view, sun, shot.pick((LUSH, LUSH, STEPPE)))
    return _shored(shot, view, height - np.float32(shot.between(1.1, 1.6)), ground)


def desert(shot: Shot, view: Projection, sun: Sun) -> Plane:
    """Sand in waves, dark rock standing out of it."""
    c, s = shot.direction()
    wide = np.float32(shot.between(1.4, 2.6))
    broad = shot.field().deep(view.x * wide, view.y * wide, view.pixel * wide, 0.18)
    u, v = view.x * c + view.y * s, view.y * c - view.x * s
    fine = np.float32(shot.between(7, 16))
    bend = np.float32(0.12) * broad
    dunes = shot.field().broad((u + bend) * fine, (v + bend) * (fine * np.float32(0.22)))
    ground = gradient(broad + np.float32(0.3) * dunes, shot.pick(SANDS))
    rock = step(broad, shot.between(0.3, 1.2), 1.6)
    hills = dunes * (np.float32(0.1) * (1 - rock)) + broad * rock
    ground *= 1 + relief(hills, sun, 0.06)
    if shot.chance(0.35):
        _river(shot, view, ground, (88, 92, 70))
    return ground


def mountains(shot: Shot, view: Projection, sun: Sun) -> Plane:
    """Ranges with snow on the heights."""
    wide = np.float32(shot.between(1.8, 3.4))
    x, y = view.x * wide, view.y * wide
    pixel = view.pixel * wide
    bent = np.float32(0.3) * shot.field().broad(x * np.float32(0.7), y * np.float32(0.7))
    crest = 1 - np.minimum(np.abs(shot.field().deep(x - bent, y + bent, pixel, 0.12)), 1.4)
    x, y, pixel = x * np.float32(2.6), y * np.float32(2.6), pixel * np.float32(2.6)
    spur = 1 - np.minimum(np.abs(shot.field().deep(x + bent, y - bent, pixel, 0.2)), 1.4)
    region = shot.field().broad(view.x * np.float32(1.2), view.y * np.float32(1.2))
    height = crest + (np.float32(0.45) + np.float32(0.2) * crest) * spur + np.float32(0.5) * region
    ground = gradient(height * np.float32(1.2) - np.float32(0.3), shot.pick((ROCK, LUSH, LUSH)))
    lit = relief(height, sun, 0.06) * np.clip(height + np.float32(0.6), 0.15, 1)
    snow = shot.between(0.5, 1.7)
    paint(ground, step(height + np.float32(0.5) * lit, snow, snow + 0.3), plane(SNOW))
    ground *= 1 + lit
    return ground


def fields(shot: Shot, view: Projection, sun: Sun) -> Plane:
    """Farmland: plots in rows, or round ones in a dry land."""
    base = _country(shot, view, sun, shot.pick((LUSH, STEPPE, STEPPE)), hilly=0.12)
    c, s = shot.direction()
    fine = np.float32(shot.between(34, 84))
    u = (view.x * c + view.y * s + 40) * fine
    v = (view.y * c - view.x * s + 40) * fine
    bed = shot.field().broad(view.x * 2, view.y * 2)
    column, row = u.astype(np.int32), v.astype(np.int32)
    # Plots of unequal size: some are joined to the neighbour on the right.
    joined = (column * 7 + row * 5) % 3 == 0
    lots = shot.rng.random(4096, dtype=np.float32)
    lot = lots.take(((column - joined) * 193 + row * 71) & 4095)
    tilled = step(bed + np.float32(1.2) * (lot - np.float32(0.5)), -0.7, -0.3)
    if shot.chance(0.35):
        x, y = u - column - np.float32(0.5), v - row - np.float32(0.5)
        lot = lots.take((column * 193 + row * 71) & 4095)
        tilled = (
            step(-(x * x + y * y), -0.22, -0.15) * (lot > np.float32(0.3)) * step(bed, -0.2, 0.2)
        )
    crops = gradient(
        lot,
        ((0, (64, 84, 48)), (0.3, (92, 110, 66)), (0.6, (136, 128, 86)), (1, (176, 156, 112))),
    )
    fade = np.clip(np.float32(1.3) - view.pixel * (fine * np.float32(1.5)), 0, 1)
    paint(base, np.float32(0.75) * tilled * fade, crops)
    _river(shot, view, base, SILT)
    return base


def plain(shot: Shot, view: Projection, sun: Sun) -> Plane:
    """Woods and steppe, with a river."""
    base = _country(shot, view, sun, shot.pick((LUSH, LUSH, STEPPE)))
    _river(shot, view, base, shot.pick((SILT, (58, 84, 96), (150, 136, 104))))
    return base


LANDS: dict[str, tuple[float, Callable[[Shot, Projection, Sun], Plane]]] = {
    "ocean": (0.2, lambda shot, view, sun: ocean(shot, view)),
    "coast": (0.22, coast),
    "desert": (0.15, desert),
    "mountains": (0.15, mountains),
    "islands": (0.1, islands),
    "fields": (0.08, fields),
    "plain": (0.1, plain),
}


def land(shot: Shot, view: Projection, sun: Sun, kind: str | None = None) -> Plane:
    """The ground ``[3, h, w]`` in 0…1, of any kind or of that one."""
    ticket = shot.rng.random() * sum(share for share, _ in LANDS.values())
    drawn = LANDS["ocean"][1]
    for name, (share, draw) in LANDS.items():
        ticket -= share
        if name == kind or (kind is None and ticket < 0):
            drawn = draw
            break
    return drawn(shot, view, sun)


def _country(
    shot: Shot, view: Projection, sun: Sun, colours: Sequence[Stop], hilly: float = 1.0
) -> Plane:
    wide = np.float32(shot.between(2.5, 5))
    height = shot.field().deep(view.x * wide, view.y * wide, view.pixel * wide, 0.26)
    green = shot.field().deep(view.x * 3, view.y * 3, view.pixel * 3, 0.5)
    ground = gradient(np.float32(0.7) * height + np.float32(0.5) * green, colours)
    ground *= 1 + relief(height, sun, hilly * shot.between(0.004, 0.025))
    return ground


def _shored(shot: Shot, view: Projection, height: Plane, ground: Plane) -> Plane:
    """The sea where the height is below zero, shallow and sandy at the shore."""
    water = ocean(shot, view)
    shelf = np.float32(shot.between(0.25, 0.85))
    paint(water, shelf * step(height, -shot.between(0.12, 0.4), 0.0), plane(SHALLOW))
    if shot.chance(0.7):
        paint(ground, np.float32(0.8) * step(-height, -0.05, 0.0), plane((208, 196, 166)))
    paint(water, step(height, -0.008, 0.012), ground)
    return water


def _river(shot: Shot, view: Projection, ground: Plane, colour: Colour) -> None:
    """A river that winds from one side to the other, with bends in its bends."""
    c, s = shot.direction()
    u, v = view.x * c + view.y * s, view.y * c - view.x * s
    v = v + np.float32(shot.between(-0.25, 0.25))
    course = v + np.float32(0.12) * shot.field().broad(u * np.float32(1.5), v * np.float32(0.7))
    bends = shot.field()
    course += np.float32(0.014) * bends.broad(view.x * 13, view.y * 13)
    width = shot.between(0.0016, 0.006)
    wide = np.float32(width) + view.pixel * np.float32(0.3)
    np.abs(course, out=course)
    paint(ground, np.float32(0.8) * step(-course / wide, -1.4, -0.6), plane(colour))
