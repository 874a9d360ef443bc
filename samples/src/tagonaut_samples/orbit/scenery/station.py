"""Parts of the station, and ships that come and go."""

import math

import numpy as np

from tagonaut.drawing.canvas import Colour, Points, turned
from tagonaut_samples.orbit.scenery.overlay import Overlay, quad, round_body, shaded
from tagonaut_samples.orbit.shot import Shot

WHITE: Colour = (222, 222, 216)
GREY: Colour = (150, 152, 152)
BLANKET: Colour = (52, 48, 46)
GOLD: Colour = (176, 126, 62)
CELLS: tuple[Colour, ...] = ((150, 96, 44), (170, 112, 52), (30, 34, 62), (58, 50, 38))
RAIL: Colour = (206, 172, 84)


def outboard(shot: Shot, overlay: Overlay, light: float) -> None:
    """One to three parts of the station, coming in from the edges of the frame."""
    parts = (_wing, _truss, _module, _ship, _radiators)
    first = int(shot.rng.random() * len(parts))
    corner = shot.between(0, 6.2832)
    for k in range(int(shot.between(1, 3.4))):
        c, s = turned(corner + k * shot.between(1.2, 2.6))
        edge = np.array([0.5 * shot.width, 0.5 * shot.height]) / shot.longer
        reach = 1 / max(abs(c) / edge[0], abs(s) / edge[1])
        at = np.array([c, s]) * reach * shot.between(0.85, 1.1)
        inward = -np.array(turned(math.atan2(s, c) + shot.between(-0.7, 0.7)))
        parts[(first + 2 * k) % len(parts)](shot, overlay, at, inward, light)


def visitor(shot: Shot, overlay: Overlay, light: float) -> None:
    """A ship on its way to or from the station, far or near."""
    at = np.array([shot.between(-0.14, 0.14), shot.between(-0.1, 0.1)])
    at = at + np.array([0.0, 0.004 * shot.drift])
    size = shot.pick((0.08, 0.14, 0.2, 0.34)) * shot.between(0.7, 1.2)
    ahead = np.array(turned(shot.between(0, 6.2832)))
    shot.pick((_soyuz, _capsule, _cargo))(
        shot, overlay, at - ahead * size * 0.5, ahead, size, light
    )


def _panel(
    shot: Shot,
    overlay: Overlay,
    corners: Points,
    cells: tuple[int, int],
    base: Colour,
    light: float,
) -> None:
    """A plane of solar cells in a frame."""
    overlay.polygon(corners, shaded(GREY, 0.75 * light))
    n, m = cells
    gap = 0.06
    for i in range(n):
        tone = light * shot.between(0.85, 1.12)
        for j in range(m):
            u, v = (i + gap) / n, (j + gap) / m
            w, z = (i + 1 - gap) / n, (j + 1 - gap) / m
            cell = [quad(corners, *place) for place in ((u, v), (w, v), (w, z), (u, z))]
            overlay.polygon(np.array(cell), shaded(base, tone * shot.between(0.94, 1.06)))


def _wing(shot: Shot, overlay: Overlay, at: Points, inward: Points, light: float) -> None:
    """A pair of long solar blankets on their mast."""
    aside = np.array([-inward[1], inward[0]])
    length, width = shot.between(0.35, 0.85), shot.between(0.05, 0.12)
    narrow = shot.between(0.65, 1.0)
    colour = shot.pick(CELLS)
    for side in (-1, 1):
        near, far = side * 0.012, side * (0.012 + width)
        corners = np.array(
            [
                at + aside * near,
                at + inward * length + aside * near * narrow,
                at + inward * length + aside * far * narrow,
                at + aside * far,
            ]
        )
        _panel(shot, overlay, corners, (round(length * 34), 2), colour, light)
    overlay.line(np.array([at - inward * 0.1, at + inward * length]), 0.006, shaded(WHITE, light))
    for k in range(24):
        here = at + inward * length * k / 24
        cross = np.array([here - aside * 0.006, here + inward * length / 24 + aside * 0.006])
        overlay.line(cross, 0.0016, shaded(GREY, 0.6 * light))


def _truss(shot: Shot, overlay: Overlay, at: Points, inward: Points, light: float) -> None:
    """A girder of bars, with boxes on it."""
    aside = np.array([-inward[1], inward[0]])
    wide, bays = shot.between(0.035, 0.08), int(shot.between(7, 16))
    step = wide * shot.between(0.9, 1.3)
    for k in range(-2, bays):
        here, there = at + inward * step * k, at + inward * step * (k + 1)
        if shot.chance(0.55):
            half = wide * shot.between(0.35, 0.8)
            box = np.array([here - aside * half, there - aside * half, there + aside * half * 0.9])
            box = np.concatenate([box, (here + aside * half)[None]])
            overlay.polygon(
                box, shaded(shot.pick((WHITE, GREY, GOLD, BLANKET)), light * shot.between(0.5, 1))
            )
        for a, b, tone in (
            (here - aside * wide, there + aside * wide, 0.55),
            (here + aside * wide, there - aside * wide, 0.7),
            (here - aside * wide, here + aside * wide, 0.9),
        ):
            overlay.line(np.array([a, b]), wide * 0.09, shaded(GREY, tone * light))
        for side in (-1, 1):
            rail = np.array([here, there]) + aside * wide * side
            overlay.line(rail, wide * 0.14, shaded(WHITE, light * (0.95 - 0.2 * side)))


def _radiators(shot: Shot, overlay: Overlay, at: Points, inward: Points, light: float) -> None:
    """White panels in a row, folded a little."""
    aside = np.array([-inward[1], inward[0]])
    length, wide = shot.between(0.3, 0.6), shot.between(0.08, 0.16)
    skew = inward * shot.between(-0.08, 0.08)
    n = int(shot.between(5, 9))
    for k in range(n):
        near, far = at + inward * length * k / n, at + inward * length * (k + 0.97) / n
        corners = np.array(
            [near - aside * wide, far - aside * wide, far + aside * wide, near + aside * wide]
        )
        corners[2:] += skew
        tone = light * (1.02 if k % 2 else 0.84)
        overlay.polygon(corners, shaded(WHITE, tone))
        for t in np.linspace(0.08, 0.92, 7):
            bar = np.array([quad(corners, 0.03, t), quad(corners, 0.97, t)])
            overlay.line(bar, 0.0012, shaded(GREY, tone))
    overlay.line(np.array([at - inward * 0.1, at + inward * length]), 0.012, shaded(GREY, light))


def _module(shot: Shot, overlay: Overlay, at: Points, inward: Points, light: float) -> None:
    """A big cylinder with rings, rails, boxes and a hatch cone at its end."""
    wide = shot.between(0.12, 0.24)
    body = shot.pick((WHITE, WHITE, (188, 184, 172), (132, 126, 112)))
    length = shot.between(0.2, 0.5)
    rings: list[tuple[float, float, Colour]] = [(-0.5, wide, body)]
    for place in np.sort(shot.rng.random(5)) * length:
        rings.append((float(place), wide, shaded(GREY, 0.7)))
        rings.append((float(place) + 0.006, wide, shaded(body, shot.between(0.85, 1.05))))
    rings += [
        (length, wide, GREY),
        (length + 0.05, wide * 0.55, BLANKET),
        (length + 0.08, wide * 0.5, GREY),
    ]
    rings.append((length + 0.085, wide * 0.5, GREY))
    round_body(overlay, at, inward, tuple(rings), light, shot.rng)
    aside = np.array([-inward[1], inward[0]])
    for _ in range(int(shot.between(14, 40))):
        here = at + inward * shot.between(-0.3, length) + aside * wide * shot.between(-0.85, 0.85)
        long, tall = shot.between(0.008, 0.05), shot.between(0.003, 0.02)
        colour = shot.pick((RAIL, GREY, BLANKET, WHITE, (96, 98, 104)))
        if colour == RAIL:
            overlay.line(np.array([here, here + inward * long]), 0.003, shaded(colour, 0.9 * light))
            continue
        corners = [
            here,
            here + inward * long,
            here + inward * long + aside * tall,
            here + aside * tall,
        ]
        overlay.polygon(np.array(corners), shaded(colour, light * shot.between(0.5, 0.95)))


def _ship(shot: Shot, overlay: Overlay, at: Points, inward: Points, light: float) -> None:
    """A ship that is docked, close to the camera."""
    size = shot.between(0.4, 0.75)
    shot.pick((_soyuz, _cargo))(shot, overlay, at - inward * size * 0.3, inward, size, light)


def _soyuz(
    shot: Shot, overlay: Overlay, at: Points, ahead: Points, size: float, light: float
) -> None:
    aside = np.array([-ahead[1], ahead[0]])
    slant = ahead * shot.between(-0.12, 0.12)
    for side in (-1, 1):
        root = at + ahead * 0.16 * size + aside * side * 0.16 * size
        tip = aside * side * 0.55 * size + slant * size
        corners = np.array(
            [root, root + tip, root + tip + ahead * 0.17 * size, root + ahead * 0.17 * size]
        )
        _panel(shot, overlay, corners, (4, 3), CELLS[3], light)
    body: tuple[tuple[float, float, Colour], ...] = (
        (0.0, 0.17, WHITE),
        (0.07, 0.17, GREY),
        (0.09, 0.155, (92, 98, 84)),
        (0.36, 0.15, BLANKET),
        (0.40, 0.15, (70, 74, 64)),
        (0.60, 0.10, BLANKET),
        (0.63, 0.11, (88, 92, 78)),
        (0.69, 0.145, (98, 102, 88)),
        (0.83, 0.145, (88, 92, 78)),
        (0.92, 0.08, GREY),
        (0.97, 0.06, GREY),
        (1.0, 0.01, GREY),
    )
    scaled = tuple((place * size, radius * size, colour) for place, radius, colour in body)
    round_body(overlay, at, ahead, scaled, light * 1.2, shot.rng)
    mast = np.array([at + ahead * 0.75 * size, at + ahead * 0.8 * size + aside * 0.28 * size])
    overlay.line(mast, 0.006 * size, shaded(GREY, light))


def _capsule(
    shot: Shot, overlay: Overlay, at: Points, ahead: Points, size: float, light: float
) -> None:
    aside = np.array([-ahead[1], ahead[0]])
    if shot.chance(0.6):
        for side in (-1, 1):
            root = at + ahead * 0.1 * size + aside * side * 0.22 * size
            tip = aside * side * 0.75 * size
            corners = np.array(
                [root, root + tip, root + tip + ahead * 0.2 * size, root + ahead * 0.2 * size]
            )
            _panel(shot, overlay, corners, (5, 2), CELLS[2], light)
    body: tuple[tuple[float, float, Colour], ...] = (
        (0.0, 0.22, WHITE),
        (0.36, 0.22, (60, 60, 64)),
        (0.38, 0.23, WHITE),
        (0.46, 0.225, (236, 236, 232)),
        (0.76, 0.14, GREY),
        (0.79, 0.13, WHITE),
        (0.88, 0.07, GREY),
        (0.9, 0.01, GREY),
    )
    scaled = tuple((place * size, radius * size, colour) for place, radius, colour in body)
    round_body(overlay, at, ahead, scaled, light, shot.rng)
    for place in (-0.4, 0.1, 0.55):
        port = at + ahead * 0.6 * size + aside * place * 0.17 * size
        overlay.disc(port, np.array([0.018, 0.018]) * size, shaded((30, 32, 40), light))


def _cargo(
    shot: Shot, overlay: Overlay, at: Points, ahead: Points, size: float, light: float
) -> None:
    aside = np.array([-ahead[1], ahead[0]])
    flat = shot.between(0.4, 1.0)
    spokes = np.array([turned(k * 6.2832 / 20) for k in range(20)])
    for side in (-1, 1):
        hub = at + ahead * 0.15 * size + aside * side * 0.46 * size
        fan = hub + 0.25 * size * (spokes[:, :1] * aside + spokes[:, 1:] * ahead * flat)
        overlay.line(np.array([at + ahead * 0.15 * size, hub]), 0.02 * size, shaded(GREY, light))
        overlay.polygon(fan, shaded(CELLS[1] if flat > 0.7 else CELLS[3], light))
        for rim in fan[::2]:
            overlay.line(np.array([hub, rim]), 0.006 * size, shaded(BLANKET, light))
    body: tuple[tuple[float, float, Colour], ...] = (
        (-0.06, 0.06, BLANKET),
        (0.0, 0.15, GOLD),
        (0.26, 0.16, GREY),
        (0.30, 0.19, WHITE),
        (0.52, 0.19, (206, 206, 202)),
        (0.54, 0.19, WHITE),
        (0.86, 0.19, GREY),
        (0.92, 0.1, BLANKET),
        (0.96, 0.09, GREY),
        (0.97, 0.01, GREY),
    )
    scaled = tuple((place * size, radius * size, colour) for place, radius, colour in body)
    round_body(overlay, at, ahead, scaled, light, shot.rng)
