"""Furniture: each piece is drawn upright on the place 0 and is about 100 units high."""

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.chance import Chance, darker, lighter
from tagonaut_samples.cartoon.pen import (
    Pen,
    blob,
    box,
    direction,
    limb,
    oval,
    polygon,
    shrunk,
)
from tagonaut_samples.cartoon.scenery.things import GLARE, WOOD

BRASS: Colour = (212, 178, 92)
SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((132, 190, 232), (214, 236, 244)),
    ((232, 170, 130), (250, 220, 176)),
    ((40, 48, 92), (86, 92, 140)),
)


def armchair(pen: Pen, cloth: Colour) -> None:
    """An armchair from the front."""
    for x in (-46, 38):
        pen.fill(box(x, -10, x + 8, 0), darker(WOOD, 0.3))
    back = blob(-46 - 20j, -48 - 76j, -34 - 99j, 34 - 99j, 48 - 76j, 46 - 20j)
    pen.fill(back, darker(cloth, 0.12))
    pen.flat(shrunk(back, 40 - 88j, 0.88), cloth)
    pen.fill(box(-40, -44, 40, -10), darker(cloth, 0.2))
    pen.fill(blob(-38 - 34j, -36 - 50j, 36 - 50j, 38 - 34j), lighter(cloth, 0.12))
    for x in (-50, 50):
        pen.fill(blob(x - 14 - 6j, x - 15 - 50j, x - 62j, x + 15 - 50j, x + 14 - 6j), cloth)


def sofa(pen: Pen, chance: Chance, cloth: Colour) -> None:
    """A sofa, twice as wide as high."""
    pen.fill(
        blob(-96 - 14j, -98 - 84j, -80 - 98j, 80 - 98j, 98 - 84j, 96 - 14j), darker(cloth, 0.1)
    )
    pen.fill(box(-92, -46, 92, -8), darker(cloth, 0.2))
    for x in (-46, 46):
        pen.fill(blob(x - 44 - 34j, x - 42 - 54j, x + 42 - 54j, x + 44 - 34j), cloth)
        pen.fill(
            blob(x - 22 - 52j, x - 26 - 80j, x + 22 - 84j, x + 24 - 54j),
            chance.near(lighter(cloth)),
        )
    for x in (-102, 102):
        pen.fill(blob(x - 15 - 2j, x - 16 - 56j, x - 68j, x + 16 - 56j, x + 15 - 2j), cloth)


def back_of_sofa(pen: Pen, cloth: Colour) -> None:
    """A sofa from behind, low and wide."""
    back = blob(-150 + 10j, -152 - 70j, -128 - 98j, 0 - 92j, 128 - 98j, 152 - 70j, 150 + 10j)
    pen.fill(back, darker(cloth, 0.15))
    pen.flat(shrunk(back, 130 - 90j, 0.9), cloth)
    pen.stroke([-130 - 70j, 0 - 64j, 130 - 70j], 3, darker(cloth, 0.35))


def lamp(pen: Pen, shade: Colour) -> None:
    """A floor lamp."""
    pen.fill(box(-1.5, -74, 1.5, 0), BRASS)
    pen.fill(oval(0j, 11, 3), BRASS)
    pen.fill(polygon(-10 - 99j, 10 - 99j, 19 - 70j, -19 - 70j), shade)
    pen.flat(polygon(-2 - 98j, 8 - 98j, 15 - 71j, -1 - 71j), lighter(shade, 0.4))


def table(pen: Pen, wood: Colour) -> None:
    """A table; a thing can stand on it at -100j."""
    for x in (-62, 54):
        pen.fill(polygon(x - 90j, x + 8 - 90j, x + 6 + 0j, x + 2 + 0j), darker(wood, 0.2))
    pen.fill(box(-74, -100, 74, -86), wood)
    pen.flat(box(-74, -91, 74, -86), darker(wood))


def chair(pen: Pen, wood: Colour) -> None:
    """A kitchen chair from the side."""
    for x in (-20, 16):
        pen.fill(box(x, -46, x + 5, 0), darker(wood, 0.2))
    pen.fill(limb([-18 - 40j, -21 - 70j, -25 - 98j], [6, 6, 6]), wood)
    pen.fill(box(-24, -50, 25, -43), lighter(wood, 0.1))


def shelf(pen: Pen, chance: Chance, wood: Colour) -> None:
    """A bookshelf, full."""
    pen.fill(box(-36, -100, 36, 0), wood)
    for row in range(4):
        top = -96 + 24 * row
        pen.fill(box(-32, top, 32, top + 20), darker(wood, 0.55), 0.7)
        x = -31.0
        while x < 27:
            wide, high = chance.between(2.5, 5.5), chance.between(12, 18)
            cover = chance.near(chance.pick(COVERS), 0.15)
            pen.fill(box(x, top + 20 - high, x + wide, top + 20), cover, 0.5)
            x += wide + (chance.between(3, 9) if chance.chance(0.12) else 0.3)


COVERS: tuple[Colour, ...] = (
    (176, 66, 58),
    (70, 108, 92),
    (116, 138, 170),
    (206, 154, 62),
    (120, 80, 120),
    (230, 216, 184),
)


def window(pen: Pen, chance: Chance, curtain: Colour) -> None:
    """A window with curtains; its sill lies at 0."""
    above, below = chance.pick(SKIES)
    pen.fill(box(-40, -100, 40, 0), (240, 234, 220))
    pen.wash(-36, -96, 36, -4, above, below)
    pen.flat(blob(-36 - 5j, -34 - 22j, -10 - 30j, 10 - 18j, 34 - 26j, 36 - 5j), (118, 158, 96))
    pen.flat(box(-36, -5, 36, -2), (118, 158, 96))
    pen.fill(box(-1.6, -97, 1.6, -3), (240, 234, 220), 0.6)
    pen.fill(box(-37, -53, 37, -50), (240, 234, 220), 0.6)
    pen.fill(box(-46, -2, 46, 4), (248, 242, 230))
    for side in (-1, 1):
        drape = blob(
            44 * side - 106j, 12 * side - 105j, 22 * side - 66j, 34 * side - 40j, 36 * side + 10j,
            58 * side + 12j, 54 * side - 50j,
        )  # fmt: skip
        pen.fill(drape, curtain)
        for x in (30, 40, 48):
            pen.stroke(
                [x * 0.8 * side - 98j, complex(x * side, -50), complex((x + 2) * side, 4)],
                1.6,
                darker(curtain),
            )
    pen.fill(box(-62, -108, 62, -103), BRASS)


def picture(pen: Pen, chance: Chance, frame: Colour) -> None:
    """A framed landscape that hangs."""
    wide = chance.between(36, 70)
    pen.fill(box(-wide, -100, wide, 0), frame)
    above, below = chance.pick(SKIES)
    pen.wash(-wide + 9, -91, wide - 9, -9, above, below)
    hill = chance.near(chance.pick(((116, 156, 92), (196, 168, 96), (112, 132, 160))))
    top = -chance.between(30, 60)
    pen.flat(polygon(complex(9 - wide, -9), complex(9 - wide, top * 0.6), complex(0, top),
                     complex(wide - 9, top * 0.5), complex(wide - 9, -9)), hill)  # fmt: skip
    pen.flat(oval(complex(wide * 0.4, -72), 8, 8), (250, 232, 160))


def clock(pen: Pen, chance: Chance, case: Colour) -> None:
    """A round wall clock."""
    pen.fill(oval(-50j, 50, 50), case)
    pen.fill(oval(-50j, 40, 40), GLARE)
    for hand, far in ((chance.between(0, 360), 22), (chance.between(0, 360), 32)):
        pen.stroke([-50j, -50j + far * 0.5 * direction(hand), -50j + far * direction(hand)], 6)


def door(pen: Pen, wood: Colour) -> None:
    """A panelled door in its frame."""
    pen.fill(box(-27, -104, 27, 0), lighter(wood, 0.4))
    pen.fill(box(-22, -99, 22, 0), wood)
    for x in (-17, 3):
        for top, bottom in ((-92, -56), (-48, -8)):
            pen.fill(box(x, top, x + 14, bottom), darker(wood, 0.12), 0.6)
    pen.fill(oval(17 - 48j, 2, 2), BRASS)


def rug(pen: Pen, cloth: Colour) -> None:
    """A round rug seen flat, 200 wide; its middle lies at 0."""
    pen.fill(oval(0j, 100, 26), darker(cloth, 0.1))
    pen.flat(oval(0j, 88, 22), lighter(cloth, 0.35))
    pen.flat(oval(0j, 74, 18), cloth)
    pen.flat(oval(0j, 34, 8), lighter(cloth, 0.35))


def cupboards(pen: Pen, front: Colour) -> None:
    """One unit of a kitchen's base cupboards, 80 wide, under a worktop."""
    pen.fill(box(-40, -92, 40, 0), front)
    for x in (-37, 2):
        pen.fill(box(x, -68, x + 35, -8), lighter(front, 0.12), 0.7)
        pen.fill(box(x, -88, x + 35, -74), lighter(front, 0.12), 0.7)
        pen.fill(oval(complex(x + 17, -81), 2.5, 2.5), BRASS, 0.6)
    pen.fill(box(-43, -100, 43, -91), (226, 216, 198))


def stove(pen: Pen, enamel: Colour) -> None:
    """A stove with an oven, 80 wide."""
    pen.fill(box(-40, -98, 40, 0), enamel)
    pen.fill(box(-32, -62, 32, -12), darker(enamel, 0.5))
    pen.flat(polygon(-26 - 56j, -4 - 56j, -20 - 18j, -26 - 18j), darker(enamel, 0.3))
    for x in (-28, -10, 10, 28):
        pen.fill(oval(complex(x, -80), 5, 5), (70, 70, 80))
    pen.fill(box(-43, -103, 43, -97), (80, 80, 90))


def fridge(pen: Pen, enamel: Colour) -> None:
    """A round-shouldered fridge."""
    body = blob(
        -30 + 0j, -31 - 30j, -31 - 70j, -29 - 95j, -20 - 100j, 20 - 100j, 29 - 95j, 31 - 70j,
        31 - 30j, 30 + 0j,
    )  # fmt: skip
    pen.fill(body, darker(enamel, 0.14))
    pen.flat(shrunk(body, 29 - 60j, 0.84), enamel)
    pen.stroke([-29 - 66j, 0 - 66j, 29 - 66j], 1.6)
    for top in (-84, -58):
        pen.fill(box(-24, top, -20, top + 14), (200, 204, 210), 0.7)
