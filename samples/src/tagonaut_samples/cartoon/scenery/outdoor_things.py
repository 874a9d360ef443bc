"""Things that people build and leave outside.

Things are drawn upright on the place 0 and are about 100 units high.
"""

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.chance import darker, lighter, mixed
from tagonaut_samples.cartoon.pen import Pen, blob, box, limb, oval, polygon, shrunk
from tagonaut_samples.cartoon.scenery import things
from tagonaut_samples.cartoon.scenery.stage import WIDE, Canvas

HOUSES: tuple[Colour, ...] = (
    (214, 128, 100),
    (232, 206, 150),
    (150, 172, 184),
    (196, 150, 160),
    (170, 186, 150),
    (126, 146, 176),
    (214, 164, 84),
)


def fence(pen: Pen, y: float, high: float, paint: Colour) -> None:
    """Palings all along the painting, their feet at ``y``."""
    for share in (0.3, 0.7):
        pen.fill(
            box(-5, y - share * high, WIDE + 5, y - share * high + 0.09 * high), darker(paint, 0.15)
        )
    wide = 0.2 * high
    for k in range(int(WIDE / (wide * 1.6)) + 1):
        x = k * wide * 1.6
        pale = polygon(x + y * 1j, x + (y - 0.86 * high) * 1j, x + wide / 2 + (y - high) * 1j,
                       x + wide + (y - 0.86 * high) * 1j, x + wide + y * 1j)  # fmt: skip
        pen.fill(pale, paint, 0.8)


def house(canvas: Canvas, x: float, edge: float, wide: float, high: float, tall: float) -> None:
    """A house of a row: its left wall at ``x``, its foot at ``edge``, doors for a fox ``tall``."""
    back, chance = canvas.back, canvas.chance
    wall, top = chance.near(chance.pick(HOUSES)), edge - high
    roof = darker(chance.near(chance.pick(((176, 84, 66), (110, 104, 122), (140, 92, 74)))), 0.1)
    if chance.chance(0.6):
        back.fill(box(x + wide * 0.7, top - 40, x + wide * 0.82, top), darker(roof))
        back.fill(
            polygon(
                x - 5 + top * 1j, x + wide * 0.5 + (top - wide * 0.42) * 1j, x + wide + 5 + top * 1j
            ),
            roof,
        )
    else:
        back.fill(box(x - 3, top - 9, x + wide + 3, top + 2), roof)
    back.fill(box(x, top, x + wide, edge), wall)
    back.flat(box(x, top + 2, x + wide * 0.16, edge), darker(wall, 0.1))
    glass = chance.pick(((120, 150, 180), (255, 228, 150), (70, 84, 116)))
    storey = chance.between(38, 48)
    for row in range(int((high - 16) / storey)):
        y = top + 12 + row * storey
        for share in (0.2, 0.62):
            at = x + share * wide
            if y + 26 < edge - 1.15 * tall or share < 0.5:
                back.fill(box(at, y, at + wide * 0.2, y + 25), glass, 0.8)
                back.flat(box(at + wide * 0.09, y, at + wide * 0.11, y + 25), lighter(wall, 0.6))
                back.fill(box(at - 3, y + 25, at + wide * 0.2 + 3, y + 29), lighter(wall, 0.4), 0.6)
    door = chance.near(
        chance.pick(((120, 70, 54), (66, 104, 92), things.BORROWED[0], things.BORROWED[2]))
    )
    back.fill(box(x + wide * 0.58, edge - 1.15 * tall, x + wide * 0.58 + 0.55 * tall, edge), door)


def shed(canvas: Canvas, at: complex, high: float) -> None:
    """A garden shed."""
    pen, chance = canvas.put(at, high), canvas.chance
    wood = chance.near(chance.pick((things.WOOD, things.BORROWED[0], (150, 84, 70))))
    pen.fill(box(-46, -66, 46, 0), wood)
    for k in range(1, 8):
        pen.flat(box(-46 + 11.5 * k, -66, -45 + 11.5 * k, 0), darker(wood, 0.35))
    pen.fill(polygon(-56 - 62j, 0 - 100j, 56 - 62j), darker(wood, 0.4))
    pen.fill(box(-14, -50, 14, 0), darker(wood, 0.25))


def lantern(pen: Pen, colour: Colour) -> None:
    """A street lamp."""
    iron = mixed(colour, (60, 62, 74), 0.85)
    pen.fill(box(-1.6, -84, 1.6, 0), iron)
    pen.fill(polygon(-4 - 84j, 4 - 84j, 6.5 - 95j, -6.5 - 95j), (255, 236, 160))
    pen.fill(polygon(-8 - 95j, 8 - 95j, 0 - 101j), iron)
    pen.fill(box(-5, -4, 5, 0), iron)


def letterbox(pen: Pen, colour: Colour) -> None:
    """A pillar box."""
    pen.fill(blob(-24 + 0j, -25 - 40j, -25 - 84j, 0 - 100j, 25 - 84j, 25 - 40j, 24 + 0j), colour)
    pen.fill(box(-16, -76, 16, -69), darker(colour, 0.6))
    pen.fill(box(-30, -9, 30, 0), darker(colour, 0.3))


def car(pen: Pen, colour: Colour) -> None:
    """A car, twice as long as high."""
    body = blob(
        -118 - 18j, -118 - 46j, -84 - 58j, -58 - 94j, 0 - 100j, 44 - 94j, 70 - 58j, 112 - 48j,
        120 - 18j, 0 - 12j,
    )  # fmt: skip
    pen.fill(body, darker(colour, 0.15))
    pen.flat(shrunk(body, 60 - 60j, 0.9), colour)
    for left, right in (((-46, -86), (-64, -58)), ((8, -88), (8, -58))):
        glass = polygon(
            complex(*left), complex(left[0] + 44, -88), complex(left[0] + 50, -58), complex(*right)
        )
        pen.fill(glass, (190, 214, 224))
    for x in (-70, 72):
        pen.fill(oval(x - 18j, 21, 21), (52, 50, 60))
        pen.fill(oval(x - 18j, 10, 10), (206, 206, 210))
    pen.fill(oval(112 - 40j, 6, 8), (255, 240, 180))


def bale(pen: Pen, colour: Colour) -> None:
    """A round bale of straw; it has one colour only."""
    straw = mixed(things.BORROWED[2], (240, 214, 130), 0.3)
    pen.fill(oval(-50j, 56, 50), straw)
    for r in (40, 28, 16):
        pen.stroke(
            [r * -1.1 - 50j, -50j - r * 1j, r * 1.1 - 50j, -50j + r * 0.9j], 3, darker(straw)
        )


def boat(pen: Pen, colour: Colour) -> None:
    """A sailing boat."""
    pen.fill(box(-2, -92, 2, -20), things.WOOD)
    pen.fill(polygon(4 - 92j, 52 - 30j, 4 - 30j), (250, 244, 228))
    pen.fill(polygon(-6 - 84j, -6 - 30j, -36 - 30j), lighter(colour, 0.5))
    pen.fill(polygon(-60 - 22j, 62 - 22j, 44 + 0j, -46 + 0j), colour)


def parasol(pen: Pen, colour: Colour) -> None:
    """A parasol that leans."""
    pen.fill(limb([6 + 0j, 0 - 60j, -4 - 96j], [2.6, 2.6, 2.6]), (236, 230, 214))
    pen.fill(blob(-58 - 60j, -40 - 86j, -4 - 101j, 34 - 90j, 54 - 66j, 0 - 66j), colour)
    for left, right in ((-40, -18), (4, 24)):
        pen.flat(polygon(-4 - 99j, complex(right, -66), complex(left, -64)), lighter(colour, 0.7))
