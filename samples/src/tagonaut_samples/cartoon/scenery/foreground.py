"""Things that lie about on a stage, and things before everybody that hide a part of them."""

from collections.abc import Callable, Sequence

from tagonaut_samples.cartoon.characters.pen import direction, limb
from tagonaut_samples.cartoon.dice import darker
from tagonaut_samples.cartoon.scenery import furniture, outside, plants, things
from tagonaut_samples.cartoon.scenery.stage import HIGH, WIDE, Canvas, Ground

# Paints something at a place of the front where the fox would be so high.
Piece = Callable[[Canvas, complex, float], None]


def lying_about(canvas: Canvas, ground: Ground, kinds: Sequence[things.Thing]) -> None:
    """Things at the far end of the ground: a character can only stand before them."""
    dice = canvas.dice
    for _ in range(dice.count(1, 4)):
        y = ground.far - dice.between(0, 5)
        high = ground.height(y) * dice.between(0.25, 0.7)
        pen = canvas.put(complex(dice.between(20, WIDE - 20), y), high, dice.chance(0.5))
        dice.pick(kinds)(pen, things.colour(dice))


def in_front(canvas: Canvas, ground: Ground, pieces: Sequence[Piece]) -> None:
    """Up to three of the pieces along the painting's lower edge."""
    dice = canvas.dice
    for _ in range(dice.pick((0, 1, 2, 3, 3))):
        at = complex(dice.between(30, WIDE - 30), HIGH + dice.between(0, 14))
        dice.pick(pieces)(canvas, at, ground.height(HIGH))


def thing(canvas: Canvas, at: complex, tall: float) -> None:
    """Any small thing."""
    dice = canvas.dice
    pen = canvas.put(at, dice.between(0.3, 0.55) * tall, front=True)
    dice.pick(things.SMALL)(pen, things.colour(dice))


def one(kind: things.Thing, low: float, high: float) -> Piece:
    """A piece that is one thing, of a height between the two, in fox's heights."""

    def piece(canvas: Canvas, at: complex, tall: float) -> None:
        dice = canvas.dice
        pen = canvas.put(at, dice.between(low, high) * tall, dice.chance(0.5), front=True)
        kind(pen, things.colour(dice))

    return piece


rock = one(things.rock, 0.3, 0.5)
bale = one(outside.bale, 0.35, 0.55)
letterbox = one(outside.letterbox, 0.5, 0.7)
parasol = one(outside.parasol, 0.9, 1.2)
car = one(outside.car, 0.45, 0.55)
chest = one(things.chest, 0.35, 0.45)
lantern = one(outside.lantern, 1.3, 1.7)


def sofa(canvas: Canvas, at: complex, tall: float) -> None:
    """The back of a sofa."""
    tone = things.colour(canvas.dice)
    furniture.back_of_sofa(canvas.put(at, 0.36 * tall, front=True), tone)


def table(canvas: Canvas, at: complex, tall: float) -> None:
    """A table, often with a thing on it."""
    dice = canvas.dice
    furniture.table(canvas.put(at, 0.42 * tall, front=True), dice.near(things.WOOD))
    if dice.chance(0.7):
        pen = canvas.put(at - 0.42j * tall, dice.between(0.16, 0.32) * tall, front=True)
        dice.pick(things.SMALL[:7])(pen, things.colour(dice))


def chair(canvas: Canvas, at: complex, tall: float) -> None:
    """A chair."""
    dice = canvas.dice
    pen = canvas.put(at, 0.66 * tall, dice.chance(0.5), front=True)
    furniture.chair(pen, dice.near(things.WOOD))


def lamp(canvas: Canvas, at: complex, tall: float) -> None:
    """A floor lamp."""
    furniture.lamp(canvas.put(at, 1.05 * tall, front=True), things.colour(canvas.dice))


def potted(canvas: Canvas, at: complex, tall: float) -> None:
    """A plant in a pot."""
    dice = canvas.dice
    pen = canvas.put(at, dice.between(0.6, 0.95) * tall, front=True)
    plants.potted(pen, dice, things.colour(dice))


def post(canvas: Canvas, at: complex, tall: float) -> None:
    """A wooden post from floor to roof."""
    way = direction(canvas.dice.between(82, 98))
    canvas.front.fill(limb([at, at - way * 380], [24, 24]), darker(things.WOOD, 0.3))


def tufts(canvas: Canvas, at: complex, tall: float) -> None:
    """Some tufts of grass."""
    dice = canvas.dice
    green = dice.near(dice.pick(plants.GREENS))
    for k in range(dice.count(2, 4)):
        pen = canvas.put(at + k * 26, dice.between(0.16, 0.4) * tall, dice.chance(0.5), front=True)
        plants.tuft(pen, dice, green)


def flowers(canvas: Canvas, at: complex, tall: float) -> None:
    """A bed of flowers."""
    dice = canvas.dice
    for k in range(dice.count(4, 8)):
        pen = canvas.put(at + k * 17 - 60, dice.between(0.24, 0.45) * tall, front=True)
        plants.flower(pen, dice.pick(plants.PETALS))


def bush(canvas: Canvas, at: complex, tall: float) -> None:
    """A bush."""
    dice = canvas.dice
    pen = canvas.put(at, dice.between(0.35, 0.6) * tall, front=True)
    plants.bush(pen, dice, dice.near(dice.pick(plants.GREENS)))


def fern(canvas: Canvas, at: complex, tall: float) -> None:
    """A fern."""
    dice = canvas.dice
    pen = canvas.put(at, dice.between(0.4, 0.7) * tall, front=True)
    plants.fern(pen, dice, dice.near(dice.pick(plants.GREENS)))


def palm(canvas: Canvas, at: complex, tall: float) -> None:
    """A palm."""
    dice = canvas.dice
    pen = canvas.put(at, dice.between(1.4, 1.8) * tall, dice.chance(0.5), front=True)
    plants.palm(pen, dice, dice.near(dice.pick(plants.GREENS)))


def trunk(canvas: Canvas, at: complex, tall: float) -> None:
    """The trunk of a tree that goes out of sight."""
    dice = canvas.dice
    wide = dice.between(0.26, 0.46) * tall
    bark = darker(dice.near(dice.pick(plants.BARK)))
    plants.trunk(canvas.put(at, wide, front=True), dice, bark, 100 * (HIGH + 40) / wide)


def fence(canvas: Canvas, at: complex, tall: float) -> None:
    """Palings all along."""
    dice = canvas.dice
    outside.fence(
        canvas.front, HIGH + 6, 0.4 * tall, dice.near(dice.pick(((240, 236, 226), things.WOOD)))
    )
