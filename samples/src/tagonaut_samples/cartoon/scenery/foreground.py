"""Things that lie about on a stage, and things before everybody that hide a part of them."""

from collections.abc import Callable, Sequence

from tagonaut_samples.cartoon.chance import darker
from tagonaut_samples.cartoon.pen import direction, limb
from tagonaut_samples.cartoon.scenery import furniture, outdoor_things, plants, things
from tagonaut_samples.cartoon.scenery.stage import HIGH, WIDE, Canvas, Ground

# Paints something at a place of the front where the fox would be so high.
Piece = Callable[[Canvas, complex, float], None]


def lying_about(canvas: Canvas, ground: Ground, kinds: Sequence[things.Thing]) -> None:
    """Things at the far end of the ground: a character can only stand before them."""
    chance = canvas.chance
    for _ in range(chance.count(1, 4)):
        y = ground.far - chance.between(0, 5)
        high = ground.height(y) * chance.between(0.25, 0.7)
        pen = canvas.put(complex(chance.between(20, WIDE - 20), y), high, chance.chance(0.5))
        chance.pick(kinds)(pen, things.colour(chance))


def in_front(canvas: Canvas, ground: Ground, pieces: Sequence[Piece]) -> None:
    """Up to three of the pieces along the painting's lower edge."""
    chance = canvas.chance
    for _ in range(chance.pick((0, 1, 2, 3, 3))):
        at = complex(chance.between(30, WIDE - 30), HIGH + chance.between(0, 14))
        chance.pick(pieces)(canvas, at, ground.height(HIGH))


def thing(canvas: Canvas, at: complex, tall: float) -> None:
    """Any small thing."""
    chance = canvas.chance
    pen = canvas.put(at, chance.between(0.3, 0.55) * tall, front=True)
    chance.pick(things.SMALL)(pen, things.colour(chance))


def one(kind: things.Thing, low: float, high: float) -> Piece:
    """A piece that is one thing, of a height between the two, in fox's heights."""

    def piece(canvas: Canvas, at: complex, tall: float) -> None:
        chance = canvas.chance
        pen = canvas.put(at, chance.between(low, high) * tall, chance.chance(0.5), front=True)
        kind(pen, things.colour(chance))

    return piece


rock = one(things.rock, 0.3, 0.5)
bale = one(outdoor_things.bale, 0.35, 0.55)
letterbox = one(outdoor_things.letterbox, 0.5, 0.7)
parasol = one(outdoor_things.parasol, 0.9, 1.2)
car = one(outdoor_things.car, 0.45, 0.55)
chest = one(things.chest, 0.35, 0.45)
lantern = one(outdoor_things.lantern, 1.3, 1.7)


def sofa(canvas: Canvas, at: complex, tall: float) -> None:
    """The back of a sofa."""
    tone = things.colour(canvas.chance)
    furniture.back_of_sofa(canvas.put(at, 0.36 * tall, front=True), tone)


def table(canvas: Canvas, at: complex, tall: float) -> None:
    """A table, often with a thing on it."""
    chance = canvas.chance
    furniture.table(canvas.put(at, 0.42 * tall, front=True), chance.near(things.WOOD))
    if chance.chance(0.7):
        pen = canvas.put(at - 0.42j * tall, chance.between(0.16, 0.32) * tall, front=True)
        chance.pick(things.SMALL[:7])(pen, things.colour(chance))


def chair(canvas: Canvas, at: complex, tall: float) -> None:
    """A chair."""
    chance = canvas.chance
    pen = canvas.put(at, 0.66 * tall, chance.chance(0.5), front=True)
    furniture.chair(pen, chance.near(things.WOOD))


def lamp(canvas: Canvas, at: complex, tall: float) -> None:
    """A floor lamp."""
    furniture.lamp(canvas.put(at, 1.05 * tall, front=True), things.colour(canvas.chance))


def potted(canvas: Canvas, at: complex, tall: float) -> None:
    """A plant in a pot."""
    chance = canvas.chance
    pen = canvas.put(at, chance.between(0.6, 0.95) * tall, front=True)
    plants.potted(pen, chance, things.colour(chance))


def post(canvas: Canvas, at: complex, tall: float) -> None:
    """A wooden post from floor to roof."""
    way = direction(canvas.chance.between(82, 98))
    canvas.front.fill(limb([at, at - way * 380], [24, 24]), darker(things.WOOD, 0.3))


def tufts(canvas: Canvas, at: complex, tall: float) -> None:
    """Some tufts of grass."""
    chance = canvas.chance
    green = chance.near(chance.pick(plants.GREENS))
    for k in range(chance.count(2, 4)):
        pen = canvas.put(
            at + k * 26, chance.between(0.16, 0.4) * tall, chance.chance(0.5), front=True
        )
        plants.tuft(pen, chance, green)


def flowers(canvas: Canvas, at: complex, tall: float) -> None:
    """A bed of flowers."""
    chance = canvas.chance
    for k in range(chance.count(4, 8)):
        pen = canvas.put(at + k * 17 - 60, chance.between(0.24, 0.45) * tall, front=True)
        plants.flower(pen, chance.pick(plants.PETALS))


def bush(canvas: Canvas, at: complex, tall: float) -> None:
    """A bush."""
    chance = canvas.chance
    pen = canvas.put(at, chance.between(0.35, 0.6) * tall, front=True)
    plants.bush(pen, chance, chance.near(chance.pick(plants.GREENS)))


def fern(canvas: Canvas, at: complex, tall: float) -> None:
    """A fern."""
    chance = canvas.chance
    pen = canvas.put(at, chance.between(0.4, 0.7) * tall, front=True)
    plants.fern(pen, chance, chance.near(chance.pick(plants.GREENS)))


def palm(canvas: Canvas, at: complex, tall: float) -> None:
    """A palm."""
    chance = canvas.chance
    pen = canvas.put(at, chance.between(1.4, 1.8) * tall, chance.chance(0.5), front=True)
    plants.palm(pen, chance, chance.near(chance.pick(plants.GREENS)))


def trunk(canvas: Canvas, at: complex, tall: float) -> None:
    """The trunk of a tree that goes out of sight."""
    chance = canvas.chance
    wide = chance.between(0.26, 0.46) * tall
    bark = darker(chance.near(chance.pick(plants.BARK)))
    plants.trunk(canvas.put(at, wide, front=True), chance, bark, 100 * (HIGH + 40) / wide)


def fence(canvas: Canvas, at: complex, tall: float) -> None:
    """Palings all along."""
    chance = canvas.chance
    outdoor_things.fence(
        canvas.front, HIGH + 6, 0.4 * tall, chance.near(chance.pick(((240, 236, 226), things.WOOD)))
    )
