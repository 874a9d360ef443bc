"""The scene that a photo's labels ask for."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from tagonaut.drawing.canvas import paint, plane, turned
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.projection import LIMB, Projection, project
from tagonaut_samples.orbit.scenery.air import airglow, dawn, veiled
from tagonaut_samples.orbit.scenery.clouds import clouds, storm
from tagonaut_samples.orbit.scenery.inside import corridor, cupola, lamplit
from tagonaut_samples.orbit.scenery.land import land
from tagonaut_samples.orbit.scenery.moon import moon
from tagonaut_samples.orbit.scenery.night import aurora, lights, milky_way, stars
from tagonaut_samples.orbit.scenery.overlay import Overlay
from tagonaut_samples.orbit.scenery.station import outboard, visitor
from tagonaut_samples.orbit.scenery.volcano import volcano
from tagonaut_samples.orbit.shot import Shot


@dataclass(frozen=True)
class Scene:
    """The picture ``[3, h, w]`` in about 0…1 before its grain.

    ``detail[h, w]`` says how rough the things are, in levels of 255; ``noise`` how noisy the
    sensor is, likewise; ``across`` how wide the camera saw, in degrees.
    """

    picture: Plane
    detail: Plane
    noise: float
    across: float


def day(shot: Shot, wide: bool = False, crater: bool = False) -> Scene:
    """The sunlit Earth; ``wide`` as a film is made of a pass, with the limb; or a volcano."""
    if crater:
        across, tilt = shot.between(5, 16), shot.between(5, 50)
    elif wide:
        across, tilt = shot.between(45, 75), shot.between(52, 66)
    elif shot.chance(0.2):
        across, tilt = shot.between(20, 50), shot.between(58, 68)
    else:
        across, tilt = shot.between(6, 34), shot.between(0, 45)
    seen = project(shot, tilt, across, shot.between(-12, 12))
    sun = turned(shot.between(0, 6.2832))
    stormy = shot.chance(0.05)
    under = shot.pick(("plain", "plain", "islands")) if crater else "ocean" if stormy else None
    ground = land(shot, seen, sun, under)
    if crater:
        volcano(shot, seen, ground, sun)
        clouds(shot, seen, shot.between(0.03, 0.3), sun).paint(ground)
    elif stormy:
        storm(shot, seen, sun).paint(ground)
    elif shot.chance(0.88):
        cover = shot.pick((0.06, 0.15, 0.3, 0.5, 0.7)) * shot.between(0.7, 1.3)
        clouds(shot, seen, cover, sun).paint(ground)
    detail = np.float32(2.5) * seen.ground * np.minimum(seen.cosine * 2, 1)
    return Scene(veiled(shot, ground, seen), detail, 1.0, across)


def _dark(shot: Shot, seen: Projection, moonlit: float) -> Plane:
    """The ground at night: barely there, clouds a little brighter."""
    picture = np.zeros((3, *seen.x.shape), dtype=np.float32)
    picture += plane((7, 9, 14))
    sky = clouds(shot, seen, shot.between(0.2, 0.6), (0.6, -0.8))
    light = np.clip(sky.light - np.float32(0.5), 0, 1) * (sky.mask * np.float32(2 * moonlit))
    picture += plane((34, 39, 50)) * light
    return picture


def night(shot: Shot, wide: bool = False, starry: bool = False) -> Scene:
    """City lights; with the limb and its airglow where it is ``wide``, with stars above it."""
    if wide or starry or shot.chance(0.35):
        across, tilt = shot.between(35, 70), shot.between(54, 66)
    else:
        across, tilt = shot.between(7, 35), shot.between(0, 45)
    if starry:
        tilt = shot.between(66, 78)
    seen = project(shot, tilt, across, shot.between(-15, 15))
    picture = _dark(shot, seen, shot.between(0.15, 0.8))
    picture += lights(shot, seen) * np.float32(shot.between(0.7, 1.2))
    if float(seen.ground.min()) < 1:
        airglow(picture, seen, shot.between(0.7, 1.3))
        picture += stars(shot, seen, 1.6 if starry else 0.25)
    return Scene(picture, np.zeros_like(seen.x), 4.0, across)


def starfield(shot: Shot) -> Scene:
    """The sky at night, the limb at the lower edge or not in the frame."""
    across = shot.between(40, 70)
    seen = project(shot, shot.between(80, 100), across, shot.between(-20, 20))
    picture = _dark(shot, seen, 0.3)
    airglow(picture, seen, shot.between(0.7, 1.2))
    picture += milky_way(shot, seen)
    picture += stars(shot, seen, 3.0)
    return Scene(picture, np.zeros_like(seen.x), 5.0, across)


def northern_lights(shot: Shot, wide: bool = False) -> Scene:
    """Aurora over the dark Earth, stars behind it."""
    across = shot.between(60, 85) if wide else shot.between(30, 62)
    seen = project(shot, shot.between(60, 72), across, shot.between(-18, 18))
    picture = _dark(shot, seen, shot.between(0.1, 0.4))
    if shot.chance(0.3):
        picture += lights(shot, seen) * np.float32(0.6)
    airglow(picture, seen, shot.between(0.6, 1.1))
    picture += stars(shot, seen, 0.7)
    picture += aurora(shot, seen)
    return Scene(picture, np.zeros_like(seen.x), 5.0, across)


def sunrise(shot: Shot, wide: bool = False) -> Scene:
    """Bands of colour along the limb, before the sun or with it."""
    across = shot.between(30, 60) if wide else shot.between(7, 45)
    tilt = LIMB - across * shot.between(-0.12, 0.16)
    seen = project(shot, tilt, across, shot.between(-14, 14))
    picture = dawn(shot, seen, risen=shot.chance(0.5))
    return Scene(picture, np.zeros_like(seen.x), 2.0, across)


def moonrise(shot: Shot) -> Scene:
    """The moon: close, in the black sky, or above the limb by day or at dusk."""
    if shot.chance(0.5):
        picture = np.zeros((3, shot.height, shot.width), dtype=np.float32) + plane((3, 3, 4))
        radius = shot.pick((0.1, 0.18, 0.26, 0.3)) * shot.between(0.7, 1.1)
        at = shot.between(-0.12, 0.12) * (1 - radius), shot.between(-0.06, 0.06)
        disc = moon(shot, picture, radius, at, 1.0)
        return Scene(picture, disc * np.float32(1.5), 1.5, 5.0)
    across = shot.between(5, 40)
    seen = project(shot, LIMB + across * shot.between(-0.05, 0.22), across, shot.between(-10, 10))
    if shot.chance(0.6):
        ground = land(shot, seen, (0.7, -0.7), "ocean")
        clouds(shot, seen, shot.between(0.3, 0.7), (0.7, -0.7)).paint(ground)
        picture = veiled(shot, ground, seen)
    else:
        picture = dawn(shot, seen, risen=False) * np.float32(0.6)
    radius = max(0.25 / across * shot.between(1.0, 1.2), 0.012)
    at = shot.between(-0.3, 0.3), -shot.between(0.10, 0.26) + 0.004 * shot.drift
    moon(shot, picture, radius, at, shot.between(0.86, 1.0))
    return Scene(picture, np.zeros_like(seen.x), 1.5, across)


def structure(shot: Shot, sky: str) -> Scene:
    """Parts of the station before the Earth by day, by night, or before the black sky."""
    light = 1.0
    if sky == "day":
        scene = day(shot, wide=shot.chance(0.6))
    elif sky == "night":
        scene, light = night(shot, wide=True), shot.between(0.12, 0.4)
    else:
        scene = _space(shot)
    overlay = Overlay(shot)
    outboard(shot, overlay, light * shot.between(0.8, 1.1))
    overlay.lay(scene.picture)
    return scene


def docking(shot: Shot) -> Scene:
    """A ship near the station, before the Earth or the black sky."""
    scene = _space(shot) if shot.chance(0.35) else day(shot, wide=shot.chance(0.4))
    overlay = Overlay(shot)
    visitor(shot, overlay, shot.between(0.8, 1.1))
    overlay.lay(scene.picture)
    return scene


def _space(shot: Shot) -> Scene:
    picture = np.zeros((3, shot.height, shot.width), dtype=np.float32) + plane((3, 3, 5))
    return Scene(picture, np.zeros_like(picture[0]), 1.5, 50.0)


def module(shot: Shot) -> Scene:
    """Inside a module of the station."""
    scene = _space(shot)
    overlay = Overlay(shot)
    corridor(shot, overlay)
    overlay.lay(scene.picture)
    lamplit(shot, scene.picture)
    return Scene(scene.picture, scene.detail + np.float32(2), 3.0, 84.0)


def windows(shot: Shot, daylight: bool) -> Scene:
    """The cupola from inside: the Earth in its windows, or dark ones with their shutters."""
    outside = day(shot, wide=True) if daylight else night(shot, wide=True)
    light = shot.between(0.35, 0.8) if daylight else shot.between(0.9, 1.5)
    frame, panes = Overlay(shot), Overlay(shot)
    cupola(shot, frame, panes, light, shut=not daylight and shot.chance(0.6))
    picture, _ = frame.layers()
    lamplit(shot, picture)
    _, clear = panes.layers()
    paint(picture, clear, outside.picture)
    return Scene(picture, outside.detail * clear + 1, 2.5, 90.0)


# The first of these labels that a photo has decides what is drawn.
SCENES: tuple[tuple[str, Callable[[Shot, Collection[str]], Scene]], ...] = (
    ("Cupola", lambda shot, labels: windows(shot, "Day" in labels)),
    ("Inside ISS", lambda shot, labels: module(shot)),
    ("Dock Undock", lambda shot, labels: docking(shot)),
    ("ISS Structure", lambda shot, labels: structure(shot, _sky(labels))),
    ("Moon", lambda shot, labels: moonrise(shot)),
    ("Aurora", lambda shot, labels: northern_lights(shot, "Movie" in labels)),
    ("Sunrise Sunset", lambda shot, labels: sunrise(shot, "Movie" in labels)),
    ("Night", lambda shot, labels: night(shot, "Movie" in labels, "Stars" in labels)),
    ("Stars", lambda shot, labels: starfield(shot)),
)


def scene(shot: Shot, labels: Collection[str]) -> Scene:
    """The scene for these labels, one of the sets of ``label_sets``; none: the Earth by day."""
    for label, draw in SCENES:
        if label in labels:
            return draw(shot, labels)
    return day(shot, "Movie" in labels, "Volcano" in labels)


def _sky(labels: Collection[str]) -> str:
    if "Night" in labels:
        return "night"
    return "day" if "Day" in labels or "Movie" in labels else "black"
