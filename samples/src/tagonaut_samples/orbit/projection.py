"""The projection of a camera 410 km above a round Earth: the point that each pixel sees."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.drawing.canvas import turned
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.shot import Shot

RADIUS = 6371.0  # km, as all lengths here
HEIGHT = 410.0
ORBIT = RADIUS + HEIGHT
SPEED = 7.2  # km a second over the ground
LIMB = math.degrees(math.asin(RADIUS / ORBIT))  # some 70° from straight down

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """Cosine and sine of its tilt from straight down and of its roll; ``scale`` is its width."""

    tilt: tuple[float, float]
    roll: tuple[float, float]
    scale: float  # of the longer side, at distance one
    shot: Shot

    @property
    def pixel(self) -> float:
        """The angle that a pixel takes up, in radians."""
        return self.scale / self.shot.longer

    def pixels(self, ahead: Doubles, right: Doubles) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Pixels of places on the ground: the index of each in the frame, and whether it is in it.

        ``ahead[n]`` and ``right[n]`` in km from the point below the station; the index is that of
        the flattened picture.
        """
        shot, (ct, st), (c, s) = self.shot, self.tilt, self.roll
        square = ahead * ahead + right * right
        up = np.sqrt(np.maximum(RADIUS * RADIUS - square, 0)) - ORBIT
        depth = ahead * st - up * ct
        there = (square < RADIUS * RADIUS * (1 - (RADIUS / ORBIT) ** 2)) & (depth > 1)
        depth = np.where(there, depth, 1) * self.scale
        x, y = right / depth, -(ahead * ct + up * st) / depth
        x, y = x * c + y * s - shot.sway[0], y * c - x * s - shot.sway[1]
        column = np.floor(x * shot.longer + shot.width / 2)
        row = np.floor(y * shot.longer + shot.height / 2)
        there &= (column >= 0) & (column < shot.width) & (row >= 0) & (row < shot.height)
        return np.where(there, row * shot.width + column, 0).astype(np.intp), there


@dataclass(frozen=True)
class Rays:
    """Directions ``[h, w]`` of unit length: ahead, to the right and up from the ground."""

    ahead: Doubles
    right: Doubles
    up: Doubles

    def altitude(self) -> Doubles:
        """The height at which a ray passes the ground, in km; below zero where it meets it."""
        nearest = ORBIT * self.up
        passed = np.sqrt(ORBIT * ORBIT - nearest * nearest) - RADIUS
        # Those that go up leave from the station: higher the steeper.
        return np.where(self.up > 0, 2 * HEIGHT - passed, passed)

    def meets(self, above: float) -> tuple[Plane, Plane, Plane, Plane]:
        """The first point of a ray on the shell ``above`` km above the ground.

        Kilometres ahead and to the right, the distance, and the cosine of the angle at which the
        ray comes in. A ray that misses is taken to the shell's rim.
        """
        nearest = ORBIT * self.up
        shell = RADIUS + above
        under = np.sqrt(np.maximum(nearest * nearest - (ORBIT * ORBIT - shell * shell), 0))
        away = -nearest - under
        planes = (away * self.ahead, away * self.right, away, under / shell)
        x, y, distance, cosine = (plane.astype(np.float32) for plane in planes)
        return x, y, distance, cosine


@dataclass(frozen=True)
class Projection:
    """The ground under each pixel; planes are ``[h, w]``.

    ``x`` and ``y`` are in units of which one spans the frame at its centre, ``pixel`` is a
    pixel's extent in them. ``cosine`` is that of the angle between the view and the vertical,
    ``altitude`` where the view passes the ground in km, ``ground`` 1 where it meets it.
    """

    camera: Camera
    rays: Rays
    x: Plane
    y: Plane
    pixel: Plane
    cosine: Plane
    altitude: Plane
    ground: Plane
    unit: float  # km
    start: float  # km ahead of the station where x is zero

    def pixels(self, places: Doubles) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Pixels of places ``[n, 2]``, x and y in units, as ``Camera.pixels`` returns them."""
        return self.camera.pixels(places[:, 0] * self.unit + self.start, places[:, 1] * self.unit)


def project(shot: Shot, tilt: float, across: float, roll: float = 0.0) -> Projection:
    """The projection of a camera ``tilt`` degrees from straight down that sees ``across`` degrees.

    The ground moves by under it while the pass goes on.
    """
    scale = 2 * math.tan(math.radians(across) / 2)
    camera = Camera(turned(math.radians(tilt)), turned(math.radians(roll)), scale, shot)
    seen = _rays(camera)
    x, y, distance, cosine = seen.meets(0)
    altitude = seen.altitude()
    aim = min(math.radians(tilt), math.radians(LIMB - 8))
    reach = HEIGHT / math.cos(aim)
    unit = reach * scale
    # A narrow camera is turned after its target: not all of the way shows.
    start = reach * math.sin(aim) - min(SPEED, 0.03 * unit) * shot.drift
    step = distance * np.float32(camera.pixel / unit)
    slant: Plane = np.sqrt(np.maximum(cosine, np.float32(0.01)))
    edge = max(camera.pixel * 2200, 0.5)
    return Projection(
        camera=camera,
        rays=seen,
        x=(x - np.float32(start)) * np.float32(1 / unit),
        y=y * np.float32(1 / unit),
        pixel=step / slant,
        cosine=cosine,
        altitude=altitude.astype(np.float32),
        ground=np.clip(0.5 - altitude / edge, 0, 1).astype(np.float32),
        unit=unit,
        start=start,
    )


def _rays(camera: Camera) -> Rays:
    x, y = (plane.astype(np.float64) for plane in camera.shot.places())
    (ct, st), (c, s) = camera.tilt, camera.roll
    right, above = (x * c - y * s) * camera.scale, -(x * s + y * c) * camera.scale
    length = np.sqrt(1 + right * right + above * above)
    return Rays(
        ahead=(st + above * ct) / length, right=right / length, up=(above * st - ct) / length
    )
