"""A volcano: its cone with gullies and snow, its crater, and sometimes a plume."""

import numpy as np

from tagonaut.drawing.canvas import paint, plane, step
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.projection import Projection
from tagonaut_samples.orbit.scenery.light import gradient, relief
from tagonaut_samples.orbit.shot import Shot

ASH = ((0.0, (58, 66, 52)), (0.25, (84, 76, 64)), (0.5, (112, 98, 88)), (1.0, (92, 82, 78)))
LAVA = ((0.0, (52, 62, 50)), (0.25, (60, 56, 52)), (0.6, (44, 42, 42)), (1.0, (70, 58, 52)))


def volcano(shot: Shot, view: Projection, picture: Plane, sun: tuple[float, float]) -> None:
    """Lay a cone over the ground somewhere about the middle of the frame."""
    x = view.x - np.float32(shot.between(-0.12, 0.12))
    y = view.y - np.float32(shot.between(-0.1, 0.1))
    wide = np.float32(1 / shot.between(0.16, 0.3))
    ragged = shot.field().deep(x * 5, y * 5, view.pixel * 5, 0.2)
    far = np.sqrt(x * x + y * y) * wide
    # Gullies run downhill: noise that is asked by direction and, less, by distance.
    inwards = 1 / (far + np.float32(0.18))
    gully = shot.field()
    u, v = x * wide * inwards, y * wide * inwards
    cut = np.abs(gully.broad(u * 4 + far, v * 4 + far))
    height = 1 / (1 + np.float32(2.6) * far * far) + np.float32(0.05) * ragged
    height += np.float32(0.05) * np.minimum(cut, 1) * step(height, 0.2, 0.7)
    pit = np.float32(shot.between(0.05, 0.13))
    rim = far + np.float32(0.015) * ragged
    height -= np.float32(0.22) * step(-rim, -float(pit) * 1.25, -float(pit) * 0.5)
    cone = step(height + np.float32(0.05) * ragged, 0.26, 0.34)
    ground = gradient(height + np.float32(0.07) * ragged, shot.pick((ASH, LAVA)))
    snow = shot.between(0.55, 1.05)
    white = step(
        height + np.float32(0.16) * (np.minimum(cut, 1.5) - np.float32(0.6)), snow, snow + 0.14
    )
    paint(ground, white * np.float32(0.95), plane((232, 234, 240)))
    paint(ground, step(-rim, -float(pit), -float(pit) * 0.6) * np.float32(0.7), plane((50, 44, 42)))
    ground *= 1 + np.float32(1.2) * relief(height, sun, 0.3)
    paint(picture, cone, ground)
    if shot.chance(0.6):
        _plume(shot, view, picture, x, y)


def _plume(shot: Shot, view: Projection, picture: Plane, x: Plane, y: Plane) -> None:
    """Steam and ash, blown away from the crater."""
    c, s = shot.direction()
    along, across = x * c + y * s, y * c - x * s
    puffs = shot.field().deep(along * 9, across * 9, view.pixel * 9, 0.3)
    downwind = np.maximum(along, 0)
    wide = np.float32(0.016) + np.float32(shot.between(0.12, 0.3)) * downwind
    thin = np.float32(1 / shot.between(0.3, 0.9)) * downwind
    body = np.float32(1.3) - np.abs(across) / wide + np.float32(0.45) * puffs - thin
    body = step(body, 0.0, 0.9) * step(along, -0.012, 0.012)
    light = np.float32(0.9) + np.float32(0.6) * relief(puffs, (0.7, -0.7), 0.02)
    tone = shot.pick(((236, 236, 238), (206, 200, 194), (156, 146, 138)))
    paint(picture, body * np.float32(0.92), plane(tone) * light)
