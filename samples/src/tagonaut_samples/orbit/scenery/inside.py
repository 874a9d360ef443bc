"""Inside the station: a module's length of racks, and the cupola with its seven windows."""

import math

import numpy as np

from tagonaut.drawing.canvas import Colour, Points
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.scenery.overlay import Overlay, quad, shaded
from tagonaut_samples.orbit.shot import Shot

PANELS: tuple[Colour, ...] = (
    (214, 210, 200),
    (200, 200, 198),
    (188, 184, 172),
    (222, 220, 212),
    (150, 158, 168),
    (96, 112, 140),
    (70, 72, 78),
)
THINGS: tuple[Colour, ...] = (
    (236, 234, 226), (60, 62, 68), (176, 150, 104), (60, 92, 150), (196, 172, 60), (150, 52, 44),
)  # fmt: skip
RAIL: Colour = (58, 92, 168)
FRAME: Colour = (92, 94, 98)


def corridor(shot: Shot, overlay: Overlay) -> None:
    """A module seen along its length, all its walls full."""
    vanish = np.array([shot.between(-0.12, 0.12), shot.between(-0.08, 0.08)])
    half = np.array([shot.between(0.44, 0.6), shot.between(0.36, 0.46)])
    depths = 0.62 * 1.42 ** np.arange(0, 8)
    warm = shot.between(0.9, 1.08)

    def seen(x: float, y: float, depth: float) -> Points:
        return vanish + half * (x, y) / depth

    for k in reversed(range(len(depths) - 1)):
        near, far = float(depths[k]), float(depths[k + 1])
        dim = warm * (1.02 - 0.075 * k)
        for wall in range(4):
            for part in range(2):
                low, high = part - 1.0, float(part)
                ends = [_on_wall(wall, low), _on_wall(wall, high)]
                corners = np.array(
                    [
                        seen(*ends[0], near),
                        seen(*ends[1], near),
                        seen(*ends[1], far),
                        seen(*ends[0], far),
                    ]
                )
                light = dim * (1.0, 0.82, 0.7, 0.86)[wall]
                _rack(shot, overlay, corners, light, lamp=wall == 0 and part == k % 2)
    _hatch(shot, overlay, seen(0, 0, 1), half / float(depths[-1]))
    _clutter(shot, overlay, vanish)


def _on_wall(wall: int, at: float) -> tuple[float, float]:
    return ((at, -1.0), (1.0, at), (-at, 1.0), (-1.0, -at))[wall]


def _rack(shot: Shot, overlay: Overlay, corners: Points, light: float, lamp: bool) -> None:
    """A rack's front: drawers, labels, cables' sockets; or a lamp and its panel."""
    colour = shot.pick(PANELS)
    overlay.polygon(corners, shaded(colour, 0.45 * light))

    def part(u: float, v: float, w: float, z: float, ink: Colour) -> None:
        places = ((u, v), (w, v), (w, z), (u, z))
        overlay.polygon(np.array([quad(corners, *place) for place in places]), ink)

    part(0.02, 0.03, 0.98, 0.97, shaded(colour, 0.85 * light))
    if lamp:
        part(0.3, 0.15, 0.7, 0.85, (255, 255, 246))
        return
    rows = int(shot.between(1, 4.9))
    for r in range(rows):
        low, high = 0.05 + 0.9 * r / rows, 0.05 + 0.9 * (r + 0.94) / rows
        split = shot.pick((0.5, 0.35, 0.65, 0.94))
        for u, w in ((0.05, split), (split + 0.02, 0.95)):
            if w - u < 0.1:
                continue
            tone = shot.pick((colour, colour, shot.pick(PANELS)))
            part(u, low, w, high, shaded(tone, light * shot.between(0.78, 1.05)))
            for _ in range(int(shot.between(0, 4))):
                a, b = shot.between(u, w - 0.06), shot.between(low, high - 0.05)
                wide, tall = shot.between(0.02, 0.16), shot.between(0.02, 0.12)
                ink = shaded(shot.pick(THINGS), light * shot.between(0.6, 1))
                part(a, b, min(w, a + wide), min(high, b + tall), ink)


def _hatch(shot: Shot, overlay: Overlay, at: Points, half: Points) -> None:
    overlay.polygon(at + half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]), (120, 118, 112))
    overlay.disc(at, half * 0.8, (64, 62, 60))
    overlay.disc(at, half * 0.66, shot.pick(((150, 146, 136), (40, 42, 50), (196, 190, 176))))
    overlay.disc(at + half * (0.1, 0.1), half * 0.3, (58, 58, 62))


def _clutter(shot: Shot, overlay: Overlay, vanish: Points) -> None:
    """Rails, cables, bags and computers."""
    for _ in range(int(shot.between(3, 8))):
        start = np.array([shot.between(-0.5, 0.5), shot.between(-0.34, 0.34)])
        end = start + (vanish - start) * shot.between(0.2, 0.5)
        overlay.line(np.array([start, end]), 0.007, shaded(shot.pick((RAIL, (190, 190, 186))), 0.9))
    for _ in range(int(shot.between(3, 9))):
        a, b, c = (np.array([shot.between(-0.55, 0.55), shot.between(-0.4, 0.4)]) for _ in range(3))
        a, b = a * 1.1, vanish + (b - vanish) * 0.8
        t = np.linspace(0, 1, 24)[:, None]
        curve = a * (1 - t) ** 2 + 2 * c * t * (1 - t) + b * t * t
        ink = shot.pick(((40, 40, 44), (226, 224, 216), (60, 88, 150), (190, 186, 170)))
        overlay.line(curve, shot.between(0.0025, 0.006), ink)
    for _ in range(int(shot.between(1, 6))):
        x, y = shot.pick((-1, 1)) * shot.between(0.2, 0.48), shot.between(-0.2, 0.3)
        size = 0.03 + 0.12 * math.hypot(x, y)
        skew = shot.between(-0.3, 0.3) * size
        box = np.array(
            [(x, y), (x + size, y + skew), (x + size, y + skew + size * 0.7), (x, y + size * 0.7)]
        )
        if shot.chance(0.5):
            overlay.polygon(box, (34, 35, 38))
            inner = box.mean(axis=0) + (box - box.mean(axis=0)) * 0.84
            overlay.polygon(inner, shot.pick(((96, 150, 214), (176, 206, 232), (64, 96, 140))))
        else:
            overlay.polygon(box, shaded(shot.pick(THINGS), shot.between(0.7, 1)))
            overlay.line(box[[0, 2]], 0.004, shaded((120, 116, 104), 0.8))


def cupola(shot: Shot, overlay: Overlay, panes: Overlay, light: float, shut: bool) -> None:
    """The frame of seven windows on ``overlay``; on ``panes``, all that is seen through them.

    ``shut``: most windows have their shutters closed.
    """
    centre = np.array([shot.between(-0.2, 0.2), shot.between(-0.14, 0.14)])
    size = shot.between(0.3, 0.46)
    start = shot.between(0, math.pi / 3)
    overlay.polygon(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]), shaded(FRAME, 0.35 * light))

    def at(angle: float, far: float) -> Points:
        return centre + size * far * np.array([math.cos(angle), math.sin(angle)])

    for k in range(6):
        angle = start + k * math.pi / 3
        low, high = angle + 0.07, angle + math.pi / 3 - 0.07
        tone = light * (0.75 + 0.3 * math.sin(angle + 0.8))
        wall = np.array(
            [
                at(angle, 0.56),
                at(angle + math.pi / 3, 0.56),
                at(angle + math.pi / 3, 2.6),
                at(angle, 2.6),
            ]
        )
        overlay.polygon(wall, shaded(FRAME, tone * 0.72))
        for grow, ink in ((0.05, shaded(FRAME, tone * 1.25)), (0.025, (24, 25, 28))):
            rim = [at(low - grow, 0.66 - grow), at(high + grow, 0.66 - grow)]
            rim += [at(high + grow * 0.6, 1.5 + grow), at(low - grow * 0.6, 1.5 + grow)]
            overlay.polygon(np.array(rim), ink)
        pane = np.array([at(low, 0.66), at(high, 0.66), at(high, 1.5), at(low, 1.5)])
        if shut and k != 2:
            overlay.polygon(pane, shaded((128, 122, 110), tone * 0.55))
            overlay.line(pane[[0, 2]], 0.006, shaded((90, 86, 80), tone * 0.6))
        else:
            panes.polygon(pane, (255, 255, 255))
        overlay.line(np.array([at(angle, 0.56), at(angle, 2.6)]), 0.012, shaded(FRAME, tone * 1.1))
        for far in (0.62, 0.8, 1.0, 1.2, 1.4):
            overlay.disc(
                at(angle + 0.02, far), np.array([0.003, 0.003]), shaded((190, 188, 180), tone)
            )
    for far, ink in (
        (0.6, shaded(FRAME, 1.15 * light)),
        (0.52, (30, 31, 34)),
        (0.5, shaded(FRAME, 0.8 * light)),
    ):
        overlay.disc(centre, np.array([far, far]) * size, ink)
    for angle in np.linspace(0, 2 * math.pi, 24, endpoint=False):
        overlay.disc(
            at(float(angle), 0.56), np.array([0.0035, 0.0035]), shaded((200, 196, 188), 0.8 * light)
        )
    if shut:
        overlay.disc(centre, np.array([0.46, 0.46]) * size, shaded((120, 114, 102), 0.6 * light))
    else:
        panes.disc(centre, np.array([0.46, 0.46]) * size, (255, 255, 255))


def lamplit(shot: Shot, picture: Plane) -> None:
    """The uneven light of lamps on what is near, darker to the edges."""
    x, y = shot.places()
    glow = 1 / (1 + np.float32(0.9) * (x * x + y * y))
    waves = shot.field().broad(x * 2 + 0 * y, y * 2 + 0 * x)
    picture *= glow * (np.float32(0.94) + np.float32(0.05) * waves)
