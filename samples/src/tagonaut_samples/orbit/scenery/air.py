"""The atmosphere: a veil over the ground, the thin blue line, dawn, and the glow of night."""

import numpy as np

from tagonaut.drawing.canvas import paint, plane
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.projection import Projection
from tagonaut_samples.orbit.scenery.light import gradient
from tagonaut_samples.orbit.shot import Shot

DAY = (
    (-4.0, (206, 224, 240)),
    (0.0, (206, 226, 244)),
    (6.0, (176, 212, 244)),
    (13.0, (118, 176, 236)),
    (24.0, (58, 118, 206)),
    (40.0, (20, 56, 132)),
    (62.0, (5, 14, 44)),
    (100.0, (2, 3, 6)),
)
DAWN = (
    (-6.0, (10, 5, 5)),
    (0.0, (66, 18, 8)),
    (5.0, (206, 74, 16)),
    (11.0, (255, 158, 48)),
    (17.0, (255, 218, 140)),
    (25.0, (196, 220, 232)),
    (36.0, (74, 140, 214)),
    (58.0, (16, 46, 118)),
    (90.0, (3, 8, 26)),
    (130.0, (1, 1, 3)),
)
GLOW = (
    (-10.0, (3, 4, 6)),
    (0.0, (7, 8, 9)),
    (25.0, (15, 13, 10)),
    (70.0, (24, 19, 12)),
    (84.0, (44, 38, 22)),
    (93.0, (92, 76, 44)),
    (101.0, (50, 42, 26)),
    (125.0, (20, 13, 11)),
    (200.0, (16, 7, 8)),
    (330.0, (9, 4, 6)),
    (420.0, (5, 4, 6)),
)


def veiled(shot: Shot, picture: Plane, view: Projection) -> Plane:
    """The day's air over the picture of the ground, and the limb where there is none."""
    thin = np.float32(shot.between(0.08, 0.2))
    amount = np.minimum(thin / (view.cosine + np.float32(0.06)), np.float32(0.94))
    low, high = plane((84, 122, 176)), plane((206, 224, 240))
    paint(picture, amount, low + (high - low) * (amount * amount))
    if float(view.ground.min()) < 1:
        paint(picture, 1 - view.ground, gradient(view.altitude, DAY))
    return picture


def dawn(shot: Shot, view: Projection, risen: bool) -> Plane:
    """The limb about sunrise, ``[3, h, w]``: brightest where the sun is, ``risen`` or not yet."""
    x, _ = shot.places()
    sun = np.float32(shot.between(-0.35, 0.35) + 0.002 * shot.drift)
    wide = np.float32(shot.between(1.2, 7))
    away = x - sun
    near = 1 / (1 + wide * away * away)
    lumps = shot.field().broad(x * 9, np.zeros_like(view.altitude) + 3)
    lumps = np.clip(lumps + np.float32(0.4), 0, 3) * np.float32(shot.between(0.6, 2.5))
    thick = np.float32(0.6) + np.float32(0.55) * near
    picture = gradient((view.altitude - lumps) / thick, DAWN)
    picture *= np.float32(0.12) + near
    if risen:
        _sun(shot, picture, view, away)
    return picture


def _sun(shot: Shot, picture: Plane, view: Projection, away: Plane) -> None:
    """The sun itself just above the limb, too bright for the camera, with a star of rays."""
    scale = view.camera.scale
    high = (view.altitude - np.float32(shot.between(8, 26))) * np.float32(1 / (2300 * scale))
    r2 = away * away + high * high
    disc = np.float32(0.0048 / scale)
    glare = disc * disc / (r2 + np.float32(0.3) * disc * disc)
    spikes = 1 / (1 + 6e4 * (away * high) ** 2 / (r2 + np.float32(1e-4)))
    glare *= np.float32(1.6) + np.float32(3.5) * spikes
    glow = np.float32(0.02) / (np.float32(0.03) + r2)
    for k, tint in enumerate((1.0, 0.9, 0.72)):
        picture[k] += glare + glow * np.float32(0.32 * tint * tint)


def airglow(picture: Plane, view: Projection, strength: float) -> None:
    """The night's faint shell of light, seen edge-on above the dark limb."""
    glow = gradient(view.altitude, GLOW)
    picture *= view.ground
    picture += glow * np.float32(strength)
