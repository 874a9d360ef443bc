"""The dark side: city lights, stars, and aurora."""

import numpy as np
from PIL import Image, ImageFilter

from tagonaut.drawing.canvas import plane, step, turned
from tagonaut.drawing.noise import Plane
from tagonaut_samples.orbit.projection import Doubles, Projection, Rays
from tagonaut_samples.orbit.shot import Shot

CURTAINS = 22  # shells of air in which the aurora is looked for
LAMPS = ((1.0, 0.72, 0.34), (1.0, 0.82, 0.56), (1.0, 0.62, 0.22), (0.92, 0.95, 1.0))


def lights(shot: Shot, view: Projection) -> Plane:
    """Cities and the roads between them, ``[3, h, w]``, at night on a dark ground."""
    where = shot.field().deep(view.x * 4, view.y * 4, view.pixel * 4, 0.5)
    region = shot.field().broad(view.x * np.float32(1.3), view.y * np.float32(1.3))
    speckle = shot.field().broad(view.x * 30, view.y * 30)
    speckle += np.float32(0.7) * shot.field().broad(view.x * 40 + 9, view.y * 40)
    base = shot.between(1.1, 2.0)
    dense = step(where + np.float32(0.7) * region, base, base + 2.2)
    dense *= np.clip(speckle - np.float32(0.3), 0, 2) * np.float32(0.7)
    dense *= np.clip(np.float32(1.4) - 14 * view.pixel, 0.25, 1)
    core = _towns(shot, view, view.ground.shape) + dense
    halo = _blurred(core, 0.003 * shot.longer) * np.float32(1.3)
    halo += _blurred(core, 0.016 * shot.longer) * np.float32(0.8)
    picture = np.empty((3, *core.shape), dtype=np.float32)
    colours = zip(shot.pick(LAMPS), (1.0, 0.93, 0.78), strict=True)
    for k, (warm, white) in enumerate(colours):
        picture[k] = halo * np.float32(0.85 * warm) + core * np.float32(white)
    picture *= view.ground * np.clip(view.cosine * 4, 0, 1)
    return picture


def _towns(shot: Shot, view: Projection, shape: tuple[int, ...]) -> Plane:
    """Towns as swarms of lamps with arms, and lamps along the ways from town to town."""
    rng = shot.rng
    count = int(shot.between(30, 150))
    centre = rng.uniform(-0.9, 0.9, (count, 2))
    # Many places gather about few.
    gathered = rng.integers(0, 5, count)
    pull = rng.random((count, 1)) * 0.8
    centre += (centre[gathered] - centre) * pull
    weight = 1 / (1 + np.arange(count)) ** shot.between(0.6, 1.0)
    lots = [_road(rng, centre, k) for k in range(1, count) if rng.random() < 0.7]
    ways = sum(map(len, lots))
    for at, size in zip(centre, weight, strict=True):
        n = int(14 + 900 * size)
        reach = 0.004 + 0.06 * size
        angle = rng.random(n) * 6.2832
        arm = np.floor(rng.random(n) * 7) * (6.2832 / 7) + rng.random() * 6.2832
        angle = np.where(rng.random(n) < 0.3, arm + 0.3 * rng.random(n), angle)
        far = reach * rng.random(n) ** 1.8 * (1 + 0.4 * np.cos(2 * angle + 6 * size))
        lots.append(at + np.stack([np.cos(angle), np.sin(angle)], axis=1) * far[:, None])
    places = np.concatenate(lots)
    bright = (0.2 + rng.random(len(places)) ** 3).astype(np.float32)
    bright[:ways] *= np.float32(0.55)
    index, seen = view.pixels(places)
    grid = np.zeros(shape[0] * shape[1], dtype=np.float32)
    np.add.at(grid, index[seen], bright[seen])
    # A lamp is the smaller the fewer pixels there are, and then the dimmer.
    return np.minimum(grid.reshape(shape) * np.float32(min(1.0, shot.longer / 700)), 1.2)


def _road(rng: np.random.Generator, centre: Doubles, k: int) -> Doubles:
    """Places along a winding way from town ``k`` to the nearest of those before it."""
    apart = ((centre[:k] - centre[k]) ** 2).sum(axis=1)
    near = centre[int(np.argmin(apart))]
    n = int(240 * np.sqrt(apart.min()))
    t = rng.random(n)[:, None]
    straight = near - centre[k]
    side = np.array([-straight[1], straight[0]])
    a, b = rng.uniform(-0.9, 0.9, 2)
    bend = t * (1 - t) * (a + b * (t - 0.5) * 3) * side
    return centre[k] + t * straight + bend + rng.normal(0, 0.0012, (n, 2))


def _blurred(plane_: Plane, radius: float) -> Plane:
    image = Image.fromarray(np.minimum(plane_ * 160, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius))) * np.float32(1 / 160)


def stars(shot: Shot, view: Projection, count: float) -> Plane:
    """Stars where no ground is, ``[3, h, w]``; they move a little while the pass goes on."""
    h, w = view.ground.shape
    n = int(count * (h * w) ** 0.5)
    rng = shot.rng
    x = (rng.random(n) + 0.004 * shot.drift - shot.sway[0]) % 1
    y = (rng.random(n) - shot.sway[1]) % 1
    bright = 0.12 + 1.1 * rng.random(n) ** 6
    warm = rng.uniform(-0.12, 0.12, n)
    index = (y * h).astype(np.intp) * w + (x * w).astype(np.intp)
    picture = np.zeros((3, h * w), dtype=np.float32)
    for band, tint in zip(picture, (1 + warm, np.ones(n), 1 - warm), strict=True):
        np.add.at(band, index, (bright * tint).astype(np.float32))
    picture = picture.reshape(3, h, w)
    if w >= 400:
        glow = picture * np.float32(0.4)
        picture[:, :, 1:] += glow[:, :, :-1]
        picture[:, 1:] += glow[:, :-1]
    picture *= step(view.altitude, 20, 200)
    return picture


def milky_way(shot: Shot, view: Projection) -> Plane:
    """A band of faint light across the sky."""
    x, y = shot.places()
    c, s = (np.float32(part) for part in turned(shot.between(0, 3.1416)))
    away = x * s - y * c + np.float32(shot.between(-0.2, 0.2))
    dust = shot.field().deep(x * 5, y * 5, 5 / shot.longer, 0.3)
    band = np.clip(1 / (1 + 40 * away * away) + np.float32(0.13) * dust - np.float32(0.25), 0, 1)
    return plane((40, 36, 44)) * (band * step(view.altitude, 40, 300))


def aurora(shot: Shot, view: Projection) -> Plane:
    """Curtains of light between 95 and 260 km up, ``[3, h, w]``."""
    ribbon, rays, bend = shot.field(), shot.field(), shot.field()
    wide = np.float32(shot.between(0.0011, 0.0022))  # per km
    c, s = (np.float32(part) for part in turned(shot.between(-0.7, 0.7)))
    start = np.float32(shot.between(900, 1650) - 2.5 * shot.drift)
    place = np.float32(shot.between(-0.3, 0.3))
    # It is soft: half as many pixels each way do, and buy more shells.
    every = Rays(*(plane[::2, ::2] for plane in (view.rays.ahead, view.rays.right, view.rays.up)))
    altitude = every.altitude()
    low = np.zeros((3, *altitude.shape), dtype=np.float32)
    for above in np.linspace(96, 260, CURTAINS):
        x, y, _, cosine = every.meets(float(above))
        x, y = (x - start) * wide, y * wide
        u, v = x * c + y * s, y * c - x * s
        warp = bend.broad(v * np.float32(0.6), u * np.float32(0.6))
        sheet = np.abs(ribbon.broad(u * np.float32(0.8), v * np.float32(0.35)) + u + place)
        sheet += np.float32(0.25) * warp
        near = np.minimum(np.abs(sheet), np.abs(sheet - np.float32(0.5)) + np.float32(0.05))
        light = 1 / (1 + np.float32(120) * np.minimum(near * near, 4))
        light += np.float32(0.11) / (1 + 7 * sheet * sheet)
        light *= np.clip(np.float32(0.65) + np.float32(0.5) * rays.broad(u * 3, v * 8), 0.05, 2)
        light *= np.clip((above - altitude) / 16, 0, 1) / np.maximum(cosine, np.float32(0.26))
        up = (above - 96) / 164
        fall = (1 - up) ** 1.6 + 0.03
        for k, level in enumerate((0.04 + 0.3 * up, 0.5 * fall, 0.13)):
            low[k] += light * np.float32(level * fall * 4.4 / CURTAINS)
    # Wherever it came to lie, there is some to be seen.
    bright = np.sort(low[1, ::4, ::4], axis=None)
    low *= np.float32(shot.between(0.35, 1.1)) / max(bright[int(0.96 * len(bright))], 0.08)
    low /= 1 + np.float32(0.6) * low
    size = view.altitude.shape[1], view.altitude.shape[0]
    bands = [Image.fromarray(band).resize(size, Image.Resampling.BILINEAR) for band in low]
    return np.stack([np.asarray(band) for band in bands])
