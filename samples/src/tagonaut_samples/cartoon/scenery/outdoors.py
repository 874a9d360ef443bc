"""Stages in the open: a street, a garden, a meadow, a beach, a forest, and a town at night."""

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.characters.pen import Pen, Shape, blob, box, limb, oval, polygon
from tagonaut_samples.cartoon.dice import Chance, darker, lighter, mixed
from tagonaut_samples.cartoon.scenery import foreground, outside, plants, things
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
    back, dice = canvas.back, canvas.dice
    edge = dice.between(140, 178)
    ground = Ground(edge - dice.between(28, 46), edge + 20, 318, dice.between(0.55, 0.85))
    _sky(canvas, edge, dice.pick(SKIES))
    grass = dice.near(dice.pick(GRASS))
    distance = mixed(grass, (170, 196, 220), 0.55)
    for k in range(3):
        hill = mixed(distance, grass, k / 3)
        _hill(back, dice, edge - 34 + 13 * k, dice.between(14, 34), hill)
        for _ in range(dice.count(0, 5)):
            at = complex(dice.between(0, WIDE), edge - 20 + 13 * k)
            _tree(canvas, at, dice.between(14, 26) + 6 * k, darker(hill, 0.1))
    _hill(back, dice, edge + 4, 8, grass)
    back.wash(0, edge + 8, WIDE, HIGH, grass, darker(grass, 0.14))
    for _ in range(40):
        y = dice.between(edge + 14, HIGH)
        at, wide = complex(dice.between(0, WIDE), y), 0.07 * ground.height(y)
        back.stroke([at - wide, at - 0.5j * wide, at + wide], 1.2, darker(grass, 0.2))
    if dice.chance(0.5):
        _path(canvas, edge + 6, (222, 196, 148))
    for _ in range(dice.count(1, 4)):
        at = complex(dice.between(0, WIDE), ground.far - 6)
        _tree(canvas, at, ground.height(ground.far) * dice.between(1.4, 2.8))
    foreground.lying_about(
        canvas,
        ground,
        (things.rock, outside.bale, outside.bale, things.mushroom, things.sack, *things.SMALL[:3]),
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
    return ground, dice.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def garden(canvas: Canvas) -> tuple[Ground, Light]:
    """A lawn with a fence or a hedge, a shed, beds of flowers."""
    back, dice = canvas.back, canvas.dice
    edge = dice.between(176, 206)
    ground = Ground(edge - dice.between(64, 100), edge + 14, 320, dice.between(0.55, 0.9))
    tall = ground.height(edge)
    _sky(canvas, edge, dice.pick(SKIES))
    for _ in range(dice.count(3, 7)):
        _tree(canvas, complex(dice.between(0, WIDE), edge - 4), tall * dice.between(1.6, 2.6))
    if dice.chance(0.65):
        paint = dice.near(
            dice.pick(((244, 240, 230), things.WOOD, things.BORROWED[0], (196, 150, 96)))
        )
        outside.fence(back, edge + 3, tall * dice.between(0.55, 0.85), paint)
    else:
        for k in range(9):
            plants.bush(canvas.put(complex(k * 75, edge + 6), tall * 0.7), dice, (86, 140, 84))
    grass = dice.near(dice.pick(GRASS[:3]))
    back.wash(0, edge, WIDE, HIGH, darker(grass, 0.1), lighter(grass, 0.06))
    for k in range(0, 9, 2):
        top, foot = 300 + (k - 4) * 60, 300 + (k - 4) * 130
        stripe = polygon(
            top + edge * 1j, top + 60 + edge * 1j, foot + 130 + HIGH * 1j, foot + HIGH * 1j
        )
        back.flat(stripe, lighter(grass, 0.16))
    if dice.chance(0.6):
        outside.shed(canvas, complex(dice.between(60, 540), edge + 8), tall * 1.7)
    for _ in range(dice.count(6, 16)):
        at = complex(dice.between(0, WIDE), edge + dice.between(4, 12))
        pen = canvas.put(at, tall * dice.between(0.18, 0.34))
        plants.flower(pen, dice.pick(plants.PETALS))
    foreground.lying_about(
        canvas,
        ground,
        (things.pumpkin, things.bucket, things.ball, things.crate, outside.bale, *things.SMALL[:3]),
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
    return ground, dice.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def street(canvas: Canvas) -> tuple[Ground, Light]:
    """Houses in a row, a pavement, lamps, a car or two, a road."""
    back, dice = canvas.back, canvas.dice
    edge = dice.between(186, 214)
    ground = Ground(edge - dice.between(76, 112), edge + 12, 320, dice.between(0.5, 0.85))
    tall = ground.height(edge)
    _sky(canvas, edge, dice.pick(SKIES))
    x = -20.0
    while x < WIDE:
        wide = dice.between(76, 130)
        outside.house(canvas, x, edge, wide, dice.between(110, 190), tall)
        x += wide + (dice.between(8, 40) if dice.chance(0.3) else 0)
    pavement = dice.near((198, 190, 180))
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
    for _ in range(dice.count(1, 2)):
        at = complex(dice.between(0, WIDE), edge + 7)
        outside.lantern(canvas.put(at, tall * dice.between(1.5, 1.9)), things.colour(dice))
    if dice.chance(0.5):
        at = complex(dice.between(80, 520), edge + 9)
        outside.car(canvas.put(at, tall * 0.72, dice.chance(0.5)), things.colour(dice))
    foreground.lying_about(
        canvas,
        ground,
        (
            things.barrel,
            things.crate,
            things.parcel,
            things.ball,
            outside.letterbox,
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
    return ground, dice.pick((DAY, DAY, EVENING, OVERCAST, NIGHT))


def beach(canvas: Canvas) -> tuple[Ground, Light]:
    """The sea, the sand, palms and parasols."""
    back, dice = canvas.back, canvas.dice
    horizon, edge = dice.between(106, 136), dice.between(168, 186)
    ground = Ground(horizon + dice.between(4, 14), edge + 14, 318, dice.between(0.55, 0.85))
    _sky(canvas, horizon, dice.pick(SKIES))
    sea = dice.near(dice.pick(((64, 150, 184), (86, 178, 186), (96, 130, 176))))
    if dice.chance(0.5):
        _hill(back, dice, horizon - 4, dice.between(14, 40), mixed(sea, (120, 140, 130), 0.5))
    back.wash(0, horizon, WIDE, edge + 14, darker(sea, 0.12), lighter(sea, 0.3))
    for _ in range(22):
        at, wide = (
            complex(dice.between(0, WIDE), dice.between(horizon + 4, edge)),
            dice.between(8, 26),
        )
        back.stroke([at - wide, at - 1.5j, at + wide], 1.3, lighter(sea, 0.5))
    if dice.chance(0.5):
        outside.boat(
            canvas.put(complex(dice.between(60, 540), horizon + 7), dice.between(22, 46)),
            things.colour(dice),
        )
    sand = dice.near(dice.pick(((240, 216, 160), (232, 200, 140), (244, 228, 190))))
    shore = [complex(-20 + 80 * k, edge + dice.between(-5, 6)) for k in range(9)]
    back.flat(limb([at + 8j for at in shore], [14] * 9), lighter(sea, 0.85))
    back.flat(
        polygon(*(at + 12j for at in shore), complex(620, HIGH + 9), complex(-20, HIGH + 9)),
        darker(sand, 0.1),
    )
    back.wash(0, edge + 26, WIDE, HIGH, sand, darker(sand, 0.08))
    for _ in range(50):
        at = complex(dice.between(0, WIDE), dice.between(edge + 28, HIGH))
        back.flat(oval(at, 1.5, 0.8), darker(sand, 0.22))
    tall = ground.height(edge + 14)
    for _ in range(dice.count(0, 3)):
        at = complex(dice.between(0, WIDE), edge + 15)
        plants.palm(
            canvas.put(at, tall * dice.between(2.6, 3.6), dice.chance(0.5)),
            dice,
            dice.near((96, 160, 84)),
        )
    if dice.chance(0.6):
        outside.parasol(
            canvas.put(complex(dice.between(40, 560), edge + 15), tall * 1.5), things.colour(dice)
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
    return ground, dice.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def forest(canvas: Canvas) -> tuple[Ground, Light]:
    """Trunks before trunks, ferns and toadstools."""
    back, dice = canvas.back, canvas.dice
    edge = dice.between(174, 204)
    ground = Ground(edge - dice.between(52, 84), edge + 16, 320, dice.between(0.5, 0.85))
    leaves = dice.near(dice.pick((*plants.GREENS, *plants.AUTUMN)))
    far = mixed(leaves, (214, 228, 214), 0.66)
    back.wash(0, 0, WIDE, edge, lighter(far, 0.2), far)
    soil = dice.near(dice.pick(((124, 132, 84), (150, 120, 84), (106, 130, 92))))
    for layer in range(3):
        share = (layer + 1) / 3
        bark = mixed(far, dice.near(dice.pick(plants.BARK)), 0.25 + 0.62 * share)
        foot = edge - 16 + 13 * layer
        _hill(back, dice, foot - 4, 8, mixed(far, darker(soil, 0.1), 0.3 + 0.6 * share))
        for _ in range(7 - 2 * layer):
            wide = (8 + 9 * layer) * dice.between(0.7, 1.4)
            pen = canvas.put(complex(dice.between(0, WIDE), foot + 4), wide, dice.chance(0.5))
            plants.trunk(pen, dice, bark, 100 * (foot + 30) / wide)
        for _ in range(5):
            at = complex(dice.between(0, WIDE), foot + 4)
            plants.bush(
                canvas.put(at, (9 + 8 * layer) * dice.between(0.7, 1.5)),
                dice,
                mixed(far, leaves, share),
            )
    for k in range(9):
        shape = plants.crown(dice, 60, 32)
        back.at(complex(75 * k, -6)).fill(shape, darker(leaves, dice.between(0.1, 0.3)))
    back.wash(0, edge + 14, WIDE, HIGH, soil, darker(soil, 0.2))
    for _ in range(30):
        at = complex(dice.between(0, WIDE), dice.between(edge + 18, HIGH))
        back.flat(oval(at, 3.4, 1.5), dice.near(dice.pick((*plants.AUTUMN, leaves)), 0.2))
    if dice.chance(0.5):
        _path(canvas, edge + 13, lighter(soil, 0.3))
    tall = ground.height(ground.far)
    for _ in range(dice.count(2, 6)):
        at = complex(dice.between(0, WIDE), ground.far - dice.between(0, 5))
        plants.fern(canvas.put(at, tall * dice.between(0.3, 0.6)), dice, dice.near(leaves))
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
    return ground, dice.pick((DAY, DAY, DAY, EVENING, OVERCAST))


def night(canvas: Canvas) -> tuple[Ground, Light]:
    """A hillside above a town under the moon."""
    back, dice = canvas.back, canvas.dice
    edge = dice.between(160, 190)
    ground = Ground(edge - dice.between(40, 70), edge + 16, 320, dice.between(0.55, 0.85))
    back.wash(0, 0, WIDE, edge + 20, (36, 44, 106), dice.pick(((118, 112, 176), (92, 120, 180))))
    for _ in range(70):
        at = complex(dice.between(0, WIDE), dice.between(0, edge))
        back.flat(oval(at, *[dice.between(0.6, 1.5)] * 2), (255, 250, 220))
    moon = complex(dice.between(90, 510), dice.between(34, 74))
    back.flat(oval(moon, 40, 40), (104, 112, 166))
    back.flat(oval(moon, 25, 25), (255, 246, 206))
    back.flat(oval(moon + 9 - 6j, 5, 4), (236, 222, 176))
    back.flat(oval(moon - 8 + 7j, 6, 5), (236, 222, 176))
    for layer in range(2):
        x = -10.0
        tone = mixed((92, 98, 156), (62, 64, 112), layer)
        while x < WIDE:
            wide = dice.between(24, 52)
            top = edge - dice.between(18, 70) + 16 * layer
            roof = polygon(
                x - 3 + top * 1j, x + wide / 2 + (top - 20) * 1j, x + wide + 3 + top * 1j
            )
            back.flat(roof, darker(tone, 0.3))
            back.flat(box(x, top, x + wide, edge + 20), tone)
            for _ in range(dice.count(1, 4)):
                left, above = x + 5 + dice.between(0, wide - 12), top + dice.between(6, 34)
                back.flat(box(left, above, left + 5, above + 7), (255, 222, 120))
            x += wide
    grass = dice.near(dice.pick(((104, 140, 110), (120, 132, 124), (132, 124, 140))))
    _hill(back, dice, edge + 4, 9, grass)
    back.wash(0, edge + 8, WIDE, HIGH, grass, darker(grass, 0.3))
    if dice.chance(0.5):
        paint = dice.near(dice.pick((things.WOOD, things.BORROWED[0])))
        outside.fence(back, edge + 14, ground.height(edge + 14) * 0.7, paint)
    for _ in range(dice.count(1, 3)):
        at = complex(dice.between(0, WIDE), ground.far - 3)
        _tree(canvas, at, ground.height(ground.far) * dice.between(1.6, 2.6), (84, 124, 108))
    if dice.chance(0.6):
        at = complex(dice.between(30, 570), ground.far - 2)
        outside.lantern(canvas.put(at, ground.height(ground.far) * 1.7), things.colour(dice))
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
    return ground, dice.pick((NIGHT, NIGHT, (0.6, 0.62, 0.84)))


def _sky(canvas: Canvas, edge: float, colours: tuple[Colour, Colour]) -> None:
    back, dice = canvas.back, canvas.dice
    above, below = colours
    back.wash(0, 0, WIDE, edge + 12, dice.near(above, 0.05), below)
    if dice.chance(0.3):
        sun = complex(dice.between(60, 540), dice.between(30, 80))
        back.flat(oval(sun, 30, 30), mixed(above, (255, 244, 190), 0.5))
        back.flat(oval(sun, 20, 20), (255, 244, 190))
    for _ in range(dice.count(0, 6)):
        wide = dice.between(20, 50)
        at = canvas.back.at(complex(dice.between(0, WIDE), dice.between(16, max(edge - 50, 30))))
        for x, y, r in ((-0.6, 0.1, 0.4), (0.6, 0.12, 0.42), (0, -0.05, 0.6)):
            at.flat(
                oval(complex(x * wide, y * wide), r * wide, r * wide * 0.62), lighter(below, 0.6)
            )
        at.flat(
            limb([-wide + 0.26j * wide, wide + 0.26j * wide], [0.3 * wide, 0.3 * wide]),
            lighter(below, 0.6),
        )


def _hill(pen: Pen, dice: Chance, y: float, high: float, colour: Colour) -> None:
    ridge = [complex(-60 + 90 * k, y - high * dice.between(-0.5, 1)) for k in range(9)]
    pen.fill(_below(ridge, y + 60), colour, 0.7)


def _below(ridge: list[complex], bottom: float) -> Shape:
    return blob(*ridge, complex(ridge[-1].real + 90, bottom), complex(ridge[0].real - 90, bottom))


def _path(canvas: Canvas, edge: float, colour: Colour) -> None:
    x, dice = canvas.dice.between(150, 450), canvas.dice
    foot = x + dice.between(-120, 120)
    bend = (x + foot) / 2 + dice.between(-50, 50)
    knots = [complex(x, edge), complex(bend, (edge * 0.6 + HIGH * 0.4)), complex(foot, HIGH + 30)]
    canvas.back.flat(limb(knots, [3, 40, 110]), colour)


def _tree(canvas: Canvas, at: complex, high: float, leaves: Colour | None = None) -> None:
    dice = canvas.dice
    shade = leaves or dice.near(dice.pick((*plants.GREENS, *plants.GREENS, *plants.AUTUMN)))
    kind = plants.pine if dice.chance(0.3) else plants.tree
    kind(canvas.put(at, high, dice.chance(0.5)), dice, shade)
