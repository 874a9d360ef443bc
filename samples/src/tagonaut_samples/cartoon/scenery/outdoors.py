"""Stages in the open: a street, a garden, a meadow, a beach, a forest, and a town at night."""

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.chance import Chance, darker, lighter, mixed
from tagonaut_samples.cartoon.pen import Pen, Shape, blob, box, limb, oval, polygon
from tagonaut_samples.cartoon.scenery import foreground, outdoor_things, plants, things
from tagonaut_samples.cartoon.scenery.rooms import DAY
from tagonaut_samples.cartoon.scenery.stage import HIGH, WIDE, Canvas, Ground, Light

EVENING: Light = (1.04, 0.86, 0.72)
NIGHT: Light = (0.5, 0.58, 0.86)
OVERCAST: Light = (0.86, 0.9, 0.94)

SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((110, 180, 232), (206, 234, 244)),
    ((140, 196, 220), (240, 240, 214)),
    ((236, 158, 122), (252, 226, 170)),
    ((168, 184, 198), (222, 226, 224)),
    ((128, 164, 220), (248, 214, 214)),
)
GRASS: tuple[Colour, ...] = (
    (142, 186, 88),
    (120, 172, 92),
    (176, 190, 96),
    (206, 186, 104),
    (226, 232, 238),
)


def meadow(canvas: Canvas) -> tuple[Ground, Light]:
    """Hills behind hills, and grass before them."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(140, 178)
    ground = Ground(edge - chance.between(28, 46), edge + 20, 318, chance.between(0.55, 0.85))
    _sky(canvas, edge, chance.pick(SKIES))
    grass = chance.near(chance.pick(GRASS))
    distance = mixed(grass, (170, 196, 220), 0.55)
    for k in range(3):
        hill = mixed(distance, grass, k / 3)
        _hill(back, chance, edge - 34 + 13 * k, chance.between(14, 34), hill)
        for _ in range(chance.count(0, 5)):
            at = complex(chance.between(0, WIDE), edge - 20 + 13 * k)
            _tree(canvas, at, chance.between(14, 26) + 6 * k, darker(hill, 0.1))
    _hill(back, chance, edge + 4, 8, grass)
    back.wash(0, edge + 8, WIDE, HIGH, grass, darker(grass, 0.14))
    for _ in range(40):
        y = chance.between(edge + 14, HIGH)
        at, wide = complex(chance.between(0, WIDE), y), 0.07 * ground.height(y)
        back.stroke([at - wide, at - 0.5j * wide, at + wide], 1.2, darker(grass, 0.2))
    if chance.chance(0.5):
        _path(canvas, edge + 6, (222, 196, 148))
    for _ in range(chance.count(1, 4)):
        at = complex(chance.between(0, WIDE), ground.far - 6)
        _tree(canvas, at, ground.height(ground.far) * chance.between(1.4, 2.8))
    foreground.lying_about(
        canvas,
        ground,
        (
            things.rock,
            outdoor_things.bale,
            outdoor_things.bale,
            things.mushroom,
            things.sack,
            *things.SMALL[:3],
        ),
    )
    foreground.in_front(
        canvas,
        ground,
        (
            foreground.tufts,
            foreground.tufts,
            foreground.rock,
            foreground.bush,
            foreground.bale,
            foreground.flowers,
        ),
    )
    return ground, chance.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def garden(canvas: Canvas) -> tuple[Ground, Light]:
    """A lawn with a fence or a hedge, a shed, beds of flowers."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(176, 206)
    ground = Ground(edge - chance.between(64, 100), edge + 14, 320, chance.between(0.55, 0.9))
    tall = ground.height(edge)
    _sky(canvas, edge, chance.pick(SKIES))
    for _ in range(chance.count(3, 7)):
        _tree(canvas, complex(chance.between(0, WIDE), edge - 4), tall * chance.between(1.6, 2.6))
    if chance.chance(0.65):
        paint = chance.near(
            chance.pick(((244, 240, 230), things.WOOD, things.BORROWED[0], (196, 150, 96)))
        )
        outdoor_things.fence(back, edge + 3, tall * chance.between(0.55, 0.85), paint)
    else:
        for k in range(9):
            plants.bush(canvas.put(complex(k * 75, edge + 6), tall * 0.7), chance, (86, 140, 84))
    grass = chance.near(chance.pick(GRASS[:3]))
    back.wash(0, edge, WIDE, HIGH, darker(grass, 0.1), lighter(grass, 0.06))
    for k in range(0, 9, 2):
        top, foot = 300 + (k - 4) * 60, 300 + (k - 4) * 130
        stripe = polygon(
            top + edge * 1j, top + 60 + edge * 1j, foot + 130 + HIGH * 1j, foot + HIGH * 1j
        )
        back.flat(stripe, lighter(grass, 0.16))
    if chance.chance(0.6):
        outdoor_things.shed(canvas, complex(chance.between(60, 540), edge + 8), tall * 1.7)
    for _ in range(chance.count(6, 16)):
        at = complex(chance.between(0, WIDE), edge + chance.between(4, 12))
        pen = canvas.put(at, tall * chance.between(0.18, 0.34))
        plants.flower(pen, chance.pick(plants.PETALS))
    foreground.lying_about(
        canvas,
        ground,
        (
            things.pumpkin,
            things.bucket,
            things.ball,
            things.crate,
            outdoor_things.bale,
            *things.SMALL[:3],
        ),
    )
    foreground.in_front(
        canvas,
        ground,
        (
            foreground.bush,
            foreground.flowers,
            foreground.flowers,
            foreground.thing,
            foreground.fence,
            foreground.tufts,
        ),
    )
    return ground, chance.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def street(canvas: Canvas) -> tuple[Ground, Light]:
    """Houses in a row, a pavement, lamps, a car or two, a road."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(186, 214)
    ground = Ground(edge - chance.between(76, 112), edge + 12, 320, chance.between(0.5, 0.85))
    tall = ground.height(edge)
    _sky(canvas, edge, chance.pick(SKIES))
    x = -20.0
    while x < WIDE:
        wide = chance.between(76, 130)
        outdoor_things.house(canvas, x, edge, wide, chance.between(110, 190), tall)
        x += wide + (chance.between(8, 40) if chance.chance(0.3) else 0)
    pavement = chance.near((198, 190, 180))
    kerb = edge + 0.36 * (HIGH - edge)
    back.wash(0, edge, WIDE, kerb, darker(pavement, 0.08), pavement)
    for k in range(-8, 9):
        foot = 300 + k * 74
        back.stroke([300 + k * 50 + edge * 1j, foot + kerb * 1j], 1.2, darker(pavement, 0.25))
    back.fill(box(-5, kerb, WIDE + 5, kerb + 5), lighter(pavement, 0.2), 0.7)
    back.wash(0, kerb + 5, WIDE, HIGH, (118, 114, 122), (96, 92, 104))
    for k in range(7):
        x, y = k * 100 - 10, kerb + 0.55 * (HIGH - kerb)
        back.flat(
            polygon(x + y * 1j, x + 46 + y * 1j, x + 42 + (y + 6) * 1j, x - 5 + (y + 6) * 1j),
            (232, 222, 190),
        )
    for _ in range(chance.count(1, 2)):
        at = complex(chance.between(0, WIDE), edge + 7)
        outdoor_things.lantern(
            canvas.put(at, tall * chance.between(1.5, 1.9)), things.colour(chance)
        )
    if chance.chance(0.5):
        at = complex(chance.between(80, 520), edge + 9)
        outdoor_things.car(canvas.put(at, tall * 0.72, chance.chance(0.5)), things.colour(chance))
    foreground.lying_about(
        canvas,
        ground,
        (
            things.barrel,
            things.crate,
            things.parcel,
            things.ball,
            outdoor_things.letterbox,
            *things.SMALL[:3],
        ),
    )
    foreground.in_front(
        canvas,
        ground,
        (
            foreground.letterbox,
            foreground.lantern,
            foreground.car,
            foreground.thing,
            foreground.bush,
        ),
    )
    return ground, chance.pick((DAY, DAY, EVENING, OVERCAST, NIGHT))


def beach(canvas: Canvas) -> tuple[Ground, Light]:
    """The sea, the sand, palms and parasols."""
    back, chance = canvas.back, canvas.chance
    horizon, edge = chance.between(106, 136), chance.between(168, 186)
    ground = Ground(horizon + chance.between(4, 14), edge + 14, 318, chance.between(0.55, 0.85))
    _sky(canvas, horizon, chance.pick(SKIES))
    sea = chance.near(chance.pick(((64, 150, 184), (86, 178, 186), (96, 130, 176))))
    if chance.chance(0.5):
        _hill(back, chance, horizon - 4, chance.between(14, 40), mixed(sea, (120, 140, 130), 0.5))
    back.wash(0, horizon, WIDE, edge + 14, darker(sea, 0.12), lighter(sea, 0.3))
    for _ in range(22):
        at, wide = (
            complex(chance.between(0, WIDE), chance.between(horizon + 4, edge)),
            chance.between(8, 26),
        )
        back.stroke([at - wide, at - 1.5j, at + wide], 1.3, lighter(sea, 0.5))
    if chance.chance(0.5):
        outdoor_things.boat(
            canvas.put(complex(chance.between(60, 540), horizon + 7), chance.between(22, 46)),
            things.colour(chance),
        )
    sand = chance.near(chance.pick(((240, 216, 160), (232, 200, 140), (244, 228, 190))))
    shore = [complex(-20 + 80 * k, edge + chance.between(-5, 6)) for k in range(9)]
    back.flat(limb([at + 8j for at in shore], [14] * 9), lighter(sea, 0.85))
    back.flat(
        polygon(*(at + 12j for at in shore), complex(620, HIGH + 9), complex(-20, HIGH + 9)),
        darker(sand, 0.1),
    )
    back.wash(0, edge + 26, WIDE, HIGH, sand, darker(sand, 0.08))
    for _ in range(50):
        at = complex(chance.between(0, WIDE), chance.between(edge + 28, HIGH))
        back.flat(oval(at, 1.5, 0.8), darker(sand, 0.22))
    tall = ground.height(edge + 14)
    for _ in range(chance.count(0, 3)):
        at = complex(chance.between(0, WIDE), edge + 15)
        plants.palm(
            canvas.put(at, tall * chance.between(2.6, 3.6), chance.chance(0.5)),
            chance,
            chance.near((96, 160, 84)),
        )
    if chance.chance(0.6):
        outdoor_things.parasol(
            canvas.put(complex(chance.between(40, 560), edge + 15), tall * 1.5),
            things.colour(chance),
        )
    foreground.lying_about(
        canvas,
        ground,
        (things.ball, things.rock, things.bucket, things.ball, things.barrel, *things.SMALL[:3]),
    )
    foreground.in_front(
        canvas,
        ground,
        (foreground.rock, foreground.thing, foreground.parasol, foreground.tufts, foreground.palm),
    )
    return ground, chance.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def forest(canvas: Canvas) -> tuple[Ground, Light]:
    """Trunks before trunks, ferns and toadstools."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(174, 204)
    ground = Ground(edge - chance.between(52, 84), edge + 16, 320, chance.between(0.5, 0.85))
    leaves = chance.near(chance.pick((*plants.GREENS, *plants.AUTUMN)))
    far = mixed(leaves, (214, 228, 214), 0.66)
    back.wash(0, 0, WIDE, edge, lighter(far, 0.2), far)
    soil = chance.near(chance.pick(((124, 132, 84), (150, 120, 84), (106, 130, 92))))
    for layer in range(3):
        share = (layer + 1) / 3
        bark = mixed(far, chance.near(chance.pick(plants.BARK)), 0.25 + 0.62 * share)
        foot = edge - 16 + 13 * layer
        _hill(back, chance, foot - 4, 8, mixed(far, darker(soil, 0.1), 0.3 + 0.6 * share))
        for _ in range(7 - 2 * layer):
            wide = (8 + 9 * layer) * chance.between(0.7, 1.4)
            pen = canvas.put(complex(chance.between(0, WIDE), foot + 4), wide, chance.chance(0.5))
            plants.trunk(pen, chance, bark, 100 * (foot + 30) / wide)
        for _ in range(5):
            at = complex(chance.between(0, WIDE), foot + 4)
            plants.bush(
                canvas.put(at, (9 + 8 * layer) * chance.between(0.7, 1.5)),
                chance,
                mixed(far, leaves, share),
            )
    for k in range(9):
        shape = plants.crown(chance, 60, 32)
        back.at(complex(75 * k, -6)).fill(shape, darker(leaves, chance.between(0.1, 0.3)))
    back.wash(0, edge + 14, WIDE, HIGH, soil, darker(soil, 0.2))
    for _ in range(30):
        at = complex(chance.between(0, WIDE), chance.between(edge + 18, HIGH))
        back.flat(oval(at, 3.4, 1.5), chance.near(chance.pick((*plants.AUTUMN, leaves)), 0.2))
    if chance.chance(0.5):
        _path(canvas, edge + 13, lighter(soil, 0.3))
    tall = ground.height(ground.far)
    for _ in range(chance.count(2, 6)):
        at = complex(chance.between(0, WIDE), ground.far - chance.between(0, 5))
        plants.fern(canvas.put(at, tall * chance.between(0.3, 0.6)), chance, chance.near(leaves))
    foreground.lying_about(
        canvas,
        ground,
        (things.mushroom, things.mushroom, things.rock, things.pumpkin, *things.SMALL[:3]),
    )
    foreground.in_front(
        canvas,
        ground,
        (
            foreground.trunk,
            foreground.trunk,
            foreground.fern,
            foreground.fern,
            foreground.rock,
            foreground.tufts,
        ),
    )
    return ground, chance.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def night(canvas: Canvas) -> tuple[Ground, Light]:
    """A hillside above a town under the moon."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(160, 190)
    ground = Ground(edge - chance.between(40, 70), edge + 16, 320, chance.between(0.55, 0.85))
    back.wash(0, 0, WIDE, edge + 20, (36, 44, 106), chance.pick(((118, 112, 176), (92, 120, 180))))
    for _ in range(70):
        at = complex(chance.between(0, WIDE), chance.between(0, edge))
        back.flat(oval(at, *[chance.between(0.6, 1.5)] * 2), (255, 250, 220))
    moon = complex(chance.between(90, 510), chance.between(34, 74))
    back.flat(oval(moon, 40, 40), (104, 112, 166))
    back.flat(oval(moon, 25, 25), (255, 246, 206))
    back.flat(oval(moon + 9 - 6j, 5, 4), (236, 222, 176))
    back.flat(oval(moon - 8 + 7j, 6, 5), (236, 222, 176))
    for layer in range(2):
        x = -10.0
        tone = mixed((92, 98, 156), (62, 64, 112), layer)
        while x < WIDE:
            wide = chance.between(24, 52)
            top = edge - chance.between(18, 70) + 16 * layer
            roof = polygon(
                x - 3 + top * 1j, x + wide / 2 + (top - 20) * 1j, x + wide + 3 + top * 1j
            )
            back.flat(roof, darker(tone, 0.3))
            back.flat(box(x, top, x + wide, edge + 20), tone)
            for _ in range(chance.count(1, 4)):
                left, above = x + 5 + chance.between(0, wide - 12), top + chance.between(6, 34)
                back.flat(box(left, above, left + 5, above + 7), (255, 222, 120))
            x += wide
    grass = chance.near(chance.pick(((104, 140, 110), (120, 132, 124), (132, 124, 140))))
    _hill(back, chance, edge + 4, 9, grass)
    back.wash(0, edge + 8, WIDE, HIGH, grass, darker(grass, 0.3))
    if chance.chance(0.5):
        paint = chance.near(chance.pick((things.WOOD, things.BORROWED[0])))
        outdoor_things.fence(back, edge + 14, ground.height(edge + 14) * 0.7, paint)
    for _ in range(chance.count(1, 3)):
        at = complex(chance.between(0, WIDE), ground.far - 3)
        _tree(canvas, at, ground.height(ground.far) * chance.between(1.6, 2.6), (84, 124, 108))
    if chance.chance(0.6):
        at = complex(chance.between(30, 570), ground.far - 2)
        outdoor_things.lantern(
            canvas.put(at, ground.height(ground.far) * 1.7), things.colour(chance)
        )
    foreground.lying_about(
        canvas,
        ground,
        (things.barrel, things.pumpkin, things.rock, things.crate, *things.SMALL[:3]),
    )
    foreground.in_front(
        canvas,
        ground,
        (foreground.bush, foreground.tufts, foreground.fence, foreground.rock, foreground.lantern),
    )
    return ground, chance.pick((NIGHT, NIGHT, (0.6, 0.62, 0.84)))


def _sky(canvas: Canvas, edge: float, colours: tuple[Colour, Colour]) -> None:
    back, chance = canvas.back, canvas.chance
    above, below = colours
    back.wash(0, 0, WIDE, edge + 12, chance.near(above, 0.05), below)
    if chance.chance(0.3):
        sun = complex(chance.between(60, 540), chance.between(30, 80))
        back.flat(oval(sun, 30, 30), mixed(above, (255, 244, 190), 0.5))
        back.flat(oval(sun, 20, 20), (255, 244, 190))
    for _ in range(chance.count(0, 6)):
        wide = chance.between(20, 50)
        at = canvas.back.at(
            complex(chance.between(0, WIDE), chance.between(16, max(edge - 50, 30)))
        )
        for x, y, r in ((-0.6, 0.1, 0.4), (0.6, 0.12, 0.42), (0, -0.05, 0.6)):
            at.flat(
                oval(complex(x * wide, y * wide), r * wide, r * wide * 0.62), lighter(below, 0.6)
            )
        at.flat(
            limb([-wide + 0.26j * wide, wide + 0.26j * wide], [0.3 * wide, 0.3 * wide]),
            lighter(below, 0.6),
        )


def _hill(pen: Pen, chance: Chance, y: float, high: float, colour: Colour) -> None:
    ridge = [complex(-60 + 90 * k, y - high * chance.between(-0.5, 1)) for k in range(9)]
    pen.fill(_below(ridge, y + 60), colour, 0.7)


def _below(ridge: list[complex], bottom: float) -> Shape:
    return blob(*ridge, complex(ridge[-1].real + 90, bottom), complex(ridge[0].real - 90, bottom))


def _path(canvas: Canvas, edge: float, colour: Colour) -> None:
    x, chance = canvas.chance.between(150, 450), canvas.chance
    foot = x + chance.between(-120, 120)
    bend = (x + foot) / 2 + chance.between(-50, 50)
    knots = [complex(x, edge), complex(bend, (edge * 0.6 + HIGH * 0.4)), complex(foot, HIGH + 30)]
    canvas.back.flat(limb(knots, [3, 40, 110]), colour)


def _tree(canvas: Canvas, at: complex, high: float, leaves: Colour | None = None) -> None:
    chance = canvas.chance
    shade = leaves or chance.near(chance.pick((*plants.GREENS, *plants.GREENS, *plants.AUTUMN)))
    kind = plants.pine if chance.chance(0.3) else plants.tree
    kind(canvas.put(at, high, chance.chance(0.5)), chance, shade)
