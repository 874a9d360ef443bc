"""Plants: each is drawn upright on the place 0 and is about 100 units high."""

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.chance import Chance, darker, lighter
from tagonaut_samples.cartoon.pen import (
    Pen,
    Shape,
    blob,
    direction,
    limb,
    oval,
    polygon,
    shrunk,
)

GREENS: tuple[Colour, ...] = (
    (96, 156, 76),
    (122, 168, 70),
    (70, 132, 84),
    (148, 172, 84),
    (60, 120, 96),
)
AUTUMN: tuple[Colour, ...] = ((208, 142, 62), (196, 104, 58), (222, 176, 84))
BARK: tuple[Colour, ...] = ((122, 86, 62), (104, 78, 70), (140, 104, 76))
PETALS: tuple[Colour, ...] = (
    (232, 96, 104),
    (246, 208, 84),
    (238, 150, 188),
    (246, 244, 236),
    (150, 120, 208),
)


def crown(chance: Chance, wide: float, high: float, lobes: int = 9) -> Shape:
    """A cloud of leaves around the place 0."""
    knots: list[complex] = []
    for k in range(lobes):
        for step, out in ((0.0, 0.86), (0.5, 1.06)):
            way = direction(360 * (k + step) / lobes)
            far = out * chance.between(0.92, 1.08)
            knots.append(complex(way.real * wide * far, way.imag * high * far))
    return blob(*knots)


def tree(pen: Pen, chance: Chance, leaves: Colour) -> None:
    """A tree with a round crown."""
    bark = chance.pick(BARK)
    pen.fill(limb([2j, 2 - 24j, -1 - 52j], [13, 9, 7]), bark)
    pen.flat(limb([-3 + 1j, -1 - 24j, -3 - 50j], [4, 3, 3]), darker(bark))
    crowns = [(-17, -58, 20), (18, -60, 20), (0, -74, 27)]
    for x, y, wide in crowns:
        shape = crown(chance, wide, wide * 0.9)
        top = pen.at(complex(x, y))
        top.fill(shape, darker(leaves, 0.22))
        top.flat(shrunk(shape, complex(wide * 0.6, -wide * 0.6), 0.8), leaves)
        top.flat(oval(complex(wide * 0.3, -wide * 0.4), 5, 3), lighter(leaves))


def pine(pen: Pen, chance: Chance, leaves: Colour) -> None:
    """A fir."""
    pen.fill(limb([2j, -14j], [8, 7]), chance.pick(BARK))
    for k in range(4):
        y, wide = -10 - 21 * k, 27 - 5.5 * k
        skirt = polygon(
            complex(-wide, y), complex(-wide * 0.3, y - 20), complex(0, y - 29),
            complex(wide * 0.3, y - 20), complex(wide, y), complex(wide * 0.5, y + 4),
            complex(0, y), complex(-wide * 0.5, y + 4),
        )  # fmt: skip
        pen.fill(skirt, darker(leaves, 0.16))
        pen.flat(shrunk(skirt, complex(wide * 0.9, y), 0.72), leaves)


def bush(pen: Pen, chance: Chance, leaves: Colour) -> None:
    """A bush, wider than high."""
    for x, y, wide in ((-46, -34, 42), (48, -34, 42), (0, -48, 50)):
        shape = crown(chance, wide, wide * 0.86, 8)
        part = pen.at(complex(x, y + 4))
        part.fill(shape, darker(leaves, 0.2))
        part.flat(shrunk(shape, complex(wide * 0.6, -wide * 0.6), 0.82), leaves)
    for _ in range(5):
        at = complex(chance.between(-60, 60), chance.between(-66, -20))
        pen.stroke([at - 5, at + 4j, at + 6], 3, darker(leaves, 0.4))


def tuft(pen: Pen, chance: Chance, leaves: Colour) -> None:
    """Tall blades of grass."""
    for k in range(11):
        lean = (k - 5) * 9 + chance.between(-6, 6)
        high = chance.between(62, 104)
        root = complex((k - 5) * 5.0, 3)
        tip = root + complex(lean, -high)
        pen.fill(
            limb([root, root + complex(lean * 0.3, -high * 0.55), tip], [9, 7, 1.5]),
            chance.near(leaves, 0.12),
            0.8,
        )


def flower(pen: Pen, petals: Colour) -> None:
    """One flower."""
    pen.stroke([0j, 4 - 40j, 1 - 78j], 6, (84, 134, 66))
    pen.flat(limb([2 - 20j, 14 - 34j, 24 - 36j], [4, 10, 2]), (96, 150, 74))
    for k in range(6):
        pen.fill(oval(1 - 80j + 13 * direction(60 * k + 10), 9, 9), petals, 0.5)
    pen.flat(oval(1 - 80j, 8, 8), (240, 190, 70) if petals[2] > 120 else (120, 74, 42))


def fern(pen: Pen, chance: Chance, leaves: Colour) -> None:
    """A fern."""
    for k in range(7):
        way = (k - 3) * 24 + chance.between(-6, 6)
        tip = complex(way * 1.25, -100 + abs(way) * 0.62)
        middle = complex(way * 0.4, -66 + abs(way) * 0.1)
        pen.fill(limb([2j, middle, tip], [6, 21, 2]), chance.near(leaves, 0.1), 0.8)
        pen.stroke([2j, middle, tip], 2.4, darker(leaves, 0.35))


def palm(pen: Pen, chance: Chance, leaves: Colour) -> None:
    """A palm that leans."""
    lean = chance.between(-22, 22)
    top = complex(lean, -80)
    pen.fill(limb([2j, complex(lean * 0.3, -40), top], [9, 7, 5]), (168, 126, 84))
    for k in range(1, 8):
        at = complex(lean * (0.9 * (k / 8) ** 1.5), -10 * k)
        pen.stroke([at - 3, at + 1.4j, at + 3], 1.4, (126, 90, 62))
    for k, way in enumerate((-165, -20, -140, -45, -115, -70, 170, 8)):
        end = top + 36 * direction(way) + 12j
        shade = leaves if k % 2 else darker(leaves, 0.15)
        pen.fill(limb([top, top + 21 * direction(way) - 4j, end], [4, 9, 1]), shade, 0.8)


def trunk(pen: Pen, chance: Chance, bark: Colour, high: float) -> None:
    """A thick trunk without its crown, 100 wide at the foot and ``high``."""
    # Straight sides: a curve would loop where a short piece follows a long one.
    shape = polygon(
        -48 + 8j, -39 - 12j, -32 - 50j, -28 - 0.3j * high, -34 - 1j * high,
        34 - 1j * high, 28 - 0.3j * high, 33 - 50j, 41 - 12j, 50 + 8j, 0 + 2j,
    )  # fmt: skip
    pen.fill(shape, darker(bark, 0.22))
    pen.flat(shrunk(shape, 26 - 0.4j * high, 0.72), bark)
    for _ in range(10):
        at = complex(chance.between(-20, 20), chance.between(-0.9 * high, -30))
        pen.stroke([at, at + 3 - 16j, at - 1 - 34j], 4, darker(bark, 0.4))
    if chance.chance(0.4):
        pen.fill(oval(complex(2, chance.between(-0.6, -0.2) * high), 11, 17), darker(bark, 0.7))


def potted(pen: Pen, chance: Chance, pot: Colour) -> None:
    """A plant with big leaves in a pot."""
    leaves = chance.near(chance.pick(GREENS))
    for way in (-160, -25, -135, -50, -110, -72):
        tip = -34j + chance.between(50, 66) * direction(way)
        pen.fill(limb([-32j, -34j + 0.6 * (tip + 34j), tip], [4, 17, 2]), chance.near(leaves, 0.1))
    pen.fill(polygon(-24 - 36j, 24 - 36j, 18 + 0j, -18 + 0j), pot)
    pen.flat(polygon(-21 - 34j, -8 - 34j, -7 - 2j, -16 - 2j), darker(pot))
    pen.fill(polygon(-27 - 42j, 27 - 42j, 26 - 33j, -26 - 33j), lighter(pot, 0.1))
