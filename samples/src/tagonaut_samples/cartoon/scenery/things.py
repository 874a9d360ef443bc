"""Things that lie and stand about; many have the colours of a character.

Each is drawn upright on the place 0 and is about 100 units high.
"""

from collections.abc import Callable

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.chance import Chance, darker, lighter
from tagonaut_samples.cartoon.characters import fox, owl
from tagonaut_samples.cartoon.pen import Pen, blob, box, limb, oval, polygon, shrunk

Thing = Callable[[Pen, Colour], None]

GLARE: Colour = (250, 250, 244)
WOOD: Colour = (160, 110, 68)
LEAF: Colour = (92, 148, 74)

# The colours that a character has, for things that are none.
BORROWED: tuple[Colour, ...] = (fox.COAT, fox.SHADE, owl.OCHRE, owl.SHADE, owl.BROWN, fox.DARK)
OTHERS: tuple[Colour, ...] = (
    (196, 74, 66),
    (86, 140, 92),
    (150, 96, 148),
    (226, 196, 96),
    (78, 150, 160),
    (206, 134, 150),
    (222, 214, 198),
)


def colour(chance: Chance) -> Colour:
    """A character's colour as often as another."""
    return chance.near(chance.pick(BORROWED if chance.chance(0.6) else OTHERS))


def ball(pen: Pen, colour: Colour) -> None:
    """A ball with a band."""
    pen.fill(oval(-50j, 50, 50), darker(colour))
    pen.flat(shrunk(oval(-50j, 50, 50), 30 - 88j, 0.86), colour)
    pen.flat(limb([-44 - 38j, 0 - 28j, 46 - 36j], [10, 16, 10]), lighter(colour, 0.6))
    pen.flat(oval(20 - 80j, 9, 6), GLARE)


def vase(pen: Pen, colour: Colour) -> None:
    """A big vase."""
    belly = blob(
        -14 + 0j, -34 - 22j, -36 - 46j, -18 - 70j, -11 - 84j, -17 - 98j, 17 - 98j, 11 - 84j,
        18 - 70j, 36 - 46j, 34 - 22j, 14 + 0j,
    )  # fmt: skip
    pen.fill(belly, darker(colour))
    pen.flat(shrunk(belly, 28 - 50j, 0.82), colour)
    pen.flat(limb([-30 - 44j, 0 - 38j, 32 - 44j], [5, 7, 5]), lighter(colour, 0.6))
    pen.flat(oval(0 - 97j, 13, 3), darker(colour, 0.6))


def pumpkin(pen: Pen, colour: Colour) -> None:
    """A pumpkin."""
    for x, wide in ((-34, 26), (34, 26), (-18, 28), (18, 28), (0, 26)):
        pen.fill(oval(x - 40j, wide, 41), colour if x > -20 else darker(colour, 0.12))
    pen.fill(limb([-80j, 3 - 90j, 12 - 98j], [14, 10, 9]), LEAF)


def sack(pen: Pen, colour: Colour) -> None:
    """A full sack with a string round its neck."""
    body = blob(-34 + 0j, -42 - 30j, -28 - 62j, -10 - 76j, 10 - 76j, 30 - 60j, 42 - 28j, 34 + 0j)
    pen.fill(blob(-8 - 72j, -22 - 98j, 0 - 92j, 20 - 99j, 9 - 72j), darker(colour, 0.1))
    pen.fill(body, darker(colour))
    pen.flat(shrunk(body, 30 - 40j, 0.85), colour)
    pen.stroke([-13 - 76j, 0 - 72j, 13 - 76j], 6, WOOD)


def bucket(pen: Pen, colour: Colour) -> None:
    """A bucket with its handle up."""
    pen.stroke([-40 - 62j, -30 - 98j, 30 - 98j, 40 - 62j], 5)
    pen.fill(polygon(-42 - 66j, 42 - 66j, 30 + 0j, -30 + 0j), colour)
    pen.flat(polygon(-38 - 60j, -16 - 60j, -12 - 3j, -27 - 3j), darker(colour))
    pen.fill(oval(-66j, 42, 9), darker(colour, 0.4))


def kettle(pen: Pen, colour: Colour) -> None:
    """A kettle."""
    pen.fill(limb([34 - 30j, 58 - 46j, 66 - 70j], [18, 12, 9]), colour)
    pen.stroke([-34 - 56j, -22 - 98j, 22 - 98j, 34 - 56j], 7)
    body = blob(-40 + 0j, -46 - 24j, -30 - 58j, 0 - 66j, 30 - 58j, 46 - 24j, 40 + 0j)
    pen.fill(body, darker(colour))
    pen.flat(shrunk(body, 30 - 36j, 0.86), colour)
    pen.fill(oval(-68j, 7, 6), darker(colour, 0.5))


def crate(pen: Pen, colour: Colour) -> None:
    """A wooden crate."""
    pen.fill(box(-55, -100, 55, 0), darker(colour, 0.12))
    for k in range(4):
        pen.fill(box(-54, -98 + 25 * k, 54, -77 + 25 * k), colour, 0.6)
    for x in (-55, 41):
        pen.fill(box(x, -100, x + 14, 0), lighter(colour, 0.12), 0.8)


def barrel(pen: Pen, colour: Colour) -> None:
    """A barrel with two hoops."""
    body = blob(-30 + 0j, -38 - 28j, -40 - 50j, -38 - 74j, -30 - 98j, 30 - 98j, 40 - 50j, 30 + 0j)
    pen.fill(body, darker(colour))
    pen.flat(shrunk(body, 32 - 50j, 0.84), colour)
    for y in (-26, -74):
        pen.flat(limb([-38 + y * 1j, 0 + (y + 5) * 1j, 38 + y * 1j], [8, 8, 8]), (88, 88, 98))
    pen.fill(oval(-97j, 29, 6), lighter(colour, 0.15))


def chest(pen: Pen, colour: Colour) -> None:
    """An old chest with a rounded lid."""
    pen.fill(blob(-82 - 58j, -80 - 92j, -40 - 100j, 40 - 100j, 80 - 92j, 82 - 58j), colour)
    pen.fill(box(-84, -60, 84, 0), darker(colour, 0.15))
    for x in (-66, 50):
        pen.fill(box(x, -98, x + 16, 0), lighter(colour, 0.25), 0.7)
    pen.fill(box(-10, -70, 10, -44), (214, 186, 92))


def mushroom(pen: Pen, colour: Colour) -> None:
    """A toadstool."""
    pen.fill(blob(-16 + 0j, -13 - 40j, -12 - 60j, 12 - 60j, 13 - 40j, 17 + 0j), (242, 232, 212))
    pen.fill(blob(-56 - 50j, -44 - 84j, 0 - 102j, 44 - 84j, 56 - 50j, 0 - 44j), colour)
    for x, y, r in ((-28, -70, 8), (4, -84, 9), (30, -64, 7), (-4, -58, 6)):
        pen.flat(oval(complex(x, y), r, r * 0.8), GLARE)


def rock(pen: Pen, colour: Colour) -> None:
    """A boulder."""
    body = polygon(-78 + 0j, -70 - 44j, -38 - 84j, 6 - 100j, 52 - 72j, 76 - 30j, 82 + 0j)
    pen.fill(body, darker(colour, 0.25))
    pen.flat(polygon(-30 - 78j, 5 - 94j, 50 - 68j, 72 - 30j, 40 - 24j, 8 - 56j), colour)
    pen.flat(polygon(-10 - 78j, 6 - 92j, 44 - 66j, 20 - 60j), lighter(colour, 0.2))


def parcel(pen: Pen, colour: Colour) -> None:
    """A parcel with a ribbon."""
    pen.fill(box(-60, -92, 60, 0), colour)
    pen.flat(box(-60, -92, -30, 0), darker(colour, 0.15))
    pen.flat(box(-8, -92, 10, 0), lighter(colour, 0.6))
    for side in (-1, 1):
        pen.fill(
            blob(-92j, 16 * side - 108j, 34 * side - 100j, 22 * side - 92j), lighter(colour, 0.6)
        )


def cushion(pen: Pen, colour: Colour) -> None:
    """A round floor cushion with a tufted middle."""
    body = blob(-72 + 0j, -84 - 34j, -60 - 74j, 0 - 84j, 60 - 74j, 84 - 34j, 72 + 0j)
    pen.fill(body, darker(colour))
    pen.flat(shrunk(body, 50 - 66j, 0.88), colour)
    for x in (-34, 0, 34):
        pen.stroke([x * 0.4 - 52j, complex(x, -34), complex(x * 1.3, -12)], 3, darker(colour, 0.4))


SMALL: tuple[Thing, ...] = (
    ball, vase, pumpkin, sack, bucket, kettle, crate, barrel, parcel, cushion,
)  # fmt: skip
