"""The moon, filling the frame or small above the limb."""

import math
from functools import lru_cache

import numpy as np

from tagonaut.drawing.canvas import step, turned
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.fractal import Field
from tagonaut_samples.orbit.scenery.light import relief
from tagonaut_samples.orbit.shot import Shot

MAP = 640  # pixels a side of the moon's face
CRATERS = 260


@lru_cache(maxsize=1)
def _face() -> tuple[Plane, Plane]:
    """Brightness and height of the moon's disc, ``[MAP, MAP]``; it shows everyone the same face."""
    rng = np.random.default_rng(41)
    at = (np.arange(MAP, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / MAP) - 1
    x, y = np.broadcast_arrays(at[None, :], at[:, None])
    z = np.sqrt(np.maximum(1 - x * x - y * y, np.float32(0.02)))
    # Wider apart towards the rim, as on a ball.
    u, v = x / (np.float32(0.4) + np.float32(0.6) * z), y / (np.float32(0.4) + np.float32(0.6) * z)
    seas = Field.drawn(rng).deep(u * np.float32(1.1), v * np.float32(1.1), 0.002, 0.2)
    seas += np.float32(0.55) * (np.float32(0.25) - v) - np.float32(0.3) * u
    rough = Field.drawn(rng).deep(u * 5, v * 5, 0.01, 0.5)
    bright = np.float32(0.80) - np.float32(0.38) * step(seas, -0.1, 0.75)
    bright += np.float32(0.035) * rough
    height = np.float32(0.012) * rough * (1 - step(seas, 0.0, 0.8))
    for k in range(CRATERS):
        a, b = (float(place) for place in rng.uniform(-0.97, 0.97, 2))
        radius = 0.006 + 0.05 * float(rng.random()) ** 4
        row, column = int((b + 1) * MAP / 2), int((a + 1) * MAP / 2)
        if a * a + b * b > 0.95 or (k > 12 and seas[row, column] > 0.6):
            continue
        young = k % 22 == 0  # its rays reach far
        reach = MAP if young else round(0.7 * radius * MAP) + 2
        near = (
            slice(max(0, row - reach), row + reach),
            slice(max(0, column - reach), column + reach),
        )
        far = _distance(x[near], y[near], a, b) / np.float32(radius)
        rim = np.clip(1 - np.abs(far - 1) * 3, 0, 1)
        pit = step(-far, -1, -0.4)
        height[near] += np.float32(radius) * (np.float32(0.45) * rim - np.float32(0.5) * pit)
        if young:
            nearer = np.float32(60) / (far + 1)
            u, v = (x - np.float32(a)) * nearer, (y - np.float32(b)) * nearer
            rays = np.clip(Field.drawn(rng).broad(u, v), 0, 2)
            bright += np.float32(0.13) * rays / (1 + np.float32(0.02) * far * far)
            bright += np.float32(0.16) * np.clip(2 - far, 0, 1)
    return bright, height


def _distance(x: Plane, y: Plane, a: float, b: float) -> Plane:
    """The distance of places on the disc from (a, b), longer outwards where the ball turns away."""
    dx, dy = x - np.float32(a), y - np.float32(b)
    square = a * a + b * b
    out = (dx * np.float32(a) + dy * np.float32(b)) * np.float32(1 / math.sqrt(square + 1e-9))
    away = np.float32(1 / max(0.06, 1 - square) - 1)
    distance: Plane = np.sqrt(dx * dx + dy * dy + away * out * out)
    return distance


def moon(
    shot: Shot, picture: Plane, radius: float, at: tuple[float, float], squash: float
) -> Plane:
    """Lay the moon on the picture; where it is, ``[h, w]`` in 0…1.

    ``radius`` and the place ``at`` in longer sides from the centre; ``squash`` makes it flatter,
    as low air does. The night side lets through what is behind: it is never darker than the sky.
    """
    x, y = shot.places()
    c, s = turned(shot.between(0, 6.2832))
    dx = (x - np.float32(at[0])) * np.float32(1 / radius)
    dy = (y - np.float32(at[1])) * np.float32(1 / (radius * squash))
    r2 = dx * dx + dy * dy
    soft = max(1.6 / (radius * shot.longer), 0.004)
    disc = step(-np.sqrt(r2), -1 - soft, -1 + soft)
    z = np.sqrt(np.maximum(1 - r2, 0))
    bright, height = _face()
    u, v = dx * np.float32(c) - dy * np.float32(s), dx * np.float32(s) + dy * np.float32(c)
    column, row = (
        np.clip((w + 1) * np.float32(MAP / 2), 0, MAP - 1).astype(np.int32) for w in (u, v)
    )
    index = row * MAP + column
    phase = shot.between(-0.5, 2.6)
    lit_x, lit_z = turned(phase if shot.chance(0.6) else 1.5708)
    sun = shot.between(-0.25, 0.25)
    facing = dx * np.float32(lit_x) + dy * np.float32(sun) + z * np.float32(lit_z)
    lit_ground = relief(height, (lit_x * c, -lit_x * s), 1.8).take(index)
    lit = np.clip(facing * np.float32(1.8) + lit_ground * (np.float32(1.6) - z), 0, 1)
    level = bright.take(index) * lit * np.float32(shot.between(0.85, 1.1))
    for band, tint in zip(picture, (1.0, 0.985, 0.95), strict=True):
        np.maximum(band, disc * level * np.float32(tint) + band * (1 - disc * lit), out=band)
    return disc
