"""Stages inside a house: a living room, a kitchen and an attic."""

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.chance import Chance, darker, lighter, mixed
from tagonaut_samples.cartoon.pen import box, limb, oval, polygon
from tagonaut_samples.cartoon.scenery import foreground, furniture, plants, things
from tagonaut_samples.cartoon.scenery.stage import HIGH, WIDE, Canvas, Ground, Light

WALLS: tuple[Colour, ...] = (
    (226, 190, 150),
    (176, 200, 182),
    (208, 160, 156),
    (182, 190, 214),
    (232, 214, 164),
    (150, 172, 176),
    (198, 176, 204),
)
FLOORS: tuple[Colour, ...] = ((186, 136, 90), (158, 112, 78), (206, 164, 116), (140, 110, 96))
CHEQUERS: tuple[tuple[Colour, Colour], ...] = (
    ((236, 228, 208), (176, 92, 80)),
    ((226, 230, 226), (112, 132, 158)),
    ((240, 226, 190), (206, 156, 74)),
    ((232, 226, 214), (92, 92, 100)),
)
DAY: Light = (1, 1, 1)
LAMPLIGHT: Light = (1.03, 0.93, 0.78)
DUSK: Light = (0.66, 0.7, 0.92)


def living_room(canvas: Canvas) -> tuple[Ground, Light]:
    """Wallpaper, skirting, a window, furniture along the wall."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(196, 226)
    ground = Ground(edge - chance.between(90, 125), edge + 12, 322, chance.between(0.7, 1.0))
    wall = chance.near(chance.pick(WALLS))
    back.wash(0, 0, WIDE, edge, darker(wall, 0.1), wall)
    _wallpaper(canvas, wall, edge)
    _boards(canvas, edge)
    back.fill(box(-5, edge - 11, WIDE + 5, edge), lighter(wall, 0.55))
    tall = ground.height(edge + 8)
    _on_the_wall(canvas, edge, tall)
    _along_the_wall(canvas, edge + 7, 1.25 * tall, _pieces(chance))
    if chance.chance(0.6):
        cloth = things.colour(chance)
        y = chance.between(edge + 45, edge + 75)
        at = complex(chance.between(150, 450), y)
        furniture.rug(canvas.put(at, ground.height(y) * 0.95), cloth)
    foreground.lying_about(canvas, ground, things.SMALL)
    foreground.in_front(
        canvas,
        ground,
        (foreground.sofa, foreground.potted, foreground.table, foreground.lamp, foreground.thing),
    )
    return ground, chance.pick((DAY, DAY, DAY, LAMPLIGHT, DUSK))


def kitchen(canvas: Canvas) -> tuple[Ground, Light]:
    """Tiles, cupboards with a worktop, a stove and a fridge, a chequered floor."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(200, 224)
    ground = Ground(edge - chance.between(90, 125), edge + 14, 322, chance.between(0.65, 1.0))
    tall = ground.height(edge + 8)
    tile = chance.near(
        chance.pick(((226, 232, 228), (188, 214, 220), (238, 224, 190), (206, 220, 190)))
    )
    wall = chance.near(chance.pick(WALLS))
    back.wash(0, 0, WIDE, edge, wall, lighter(wall))
    top = edge - chance.between(1.1, 1.5) * tall
    back.wash(0, top, WIDE, edge, tile, darker(tile, 0.08))
    pitch = chance.between(15, 22)
    for k in range(int(WIDE / pitch) + 1):
        back.flat(box(k * pitch, top, k * pitch + 1.2, edge), darker(tile, 0.22))
    for k in range(int((edge - top) / pitch) + 1):
        back.flat(box(0, top + k * pitch, WIDE, top + k * pitch + 1.2), darker(tile, 0.22))
    _chequers(canvas, edge, ground.horizon)
    front = chance.near(
        chance.pick(((204, 110, 88), (120, 156, 140), (230, 206, 150), (122, 144, 176)))
    )
    x = chance.between(-30, 10)
    high = 0.6 * tall
    while x < WIDE + 40:
        x += 0.41 * high
        if chance.chance(0.17):
            enamel = chance.near(
                chance.pick(((236, 232, 220), things.BORROWED[0], (170, 206, 190)))
            )
            furniture.fridge(canvas.put(complex(x + 0.06 * high, edge + 8), 1.25 * tall), enamel)
            x += 0.35 * high
        else:
            unit = furniture.stove if chance.chance(0.2) else furniture.cupboards
            unit(canvas.put(complex(x, edge + 8), high), front)
            if chance.chance(0.5):
                thing = chance.pick((things.kettle, things.vase, things.pumpkin, things.bucket))
                pen = canvas.put(complex(x, edge + 8 - high), chance.between(0.18, 0.4) * tall)
                thing(pen, things.colour(chance))
        x += 0.42 * high
    _on_the_wall(canvas, edge - 0.42 * tall, tall, curtains=chance.chance(0.5))
    foreground.lying_about(canvas, ground, things.SMALL)
    foreground.in_front(
        canvas,
        ground,
        (foreground.table, foreground.chair, foreground.thing, foreground.table, foreground.potted),
    )
    return ground, chance.pick((DAY, DAY, DAY, LAMPLIGHT, DUSK))


def attic(canvas: Canvas) -> tuple[Ground, Light]:
    """A gable under sloping beams, a round window, and what is kept up there."""
    back, chance = canvas.back, canvas.chance
    edge = chance.between(204, 226)
    ground = Ground(edge - chance.between(90, 120), edge + 12, 322, chance.between(0.5, 0.85))
    wood = chance.near(
        chance.pick(((150, 112, 84), (132, 108, 98), (168, 130, 92), (122, 104, 112)))
    )
    back.wash(0, 0, WIDE, edge, darker(wood, 0.35), darker(wood, 0.05))
    for k in range(21):
        back.flat(box(30 * k, 0, 30 * k + 1.4, edge), darker(wood, 0.45))
    at = complex(chance.between(220, 380), chance.between(70, 110))
    above, _ = chance.pick(furniture.SKIES)
    back.fill(oval(at, 36, 36), lighter(wood, 0.3))
    back.fill(oval(at, 29, 29), lighter(above, 0.3))
    back.fill(
        box(at.real - 1.5, at.imag - 29, at.real + 1.5, at.imag + 29), lighter(wood, 0.3), 0.6
    )
    back.fill(
        box(at.real - 29, at.imag - 1.5, at.real + 29, at.imag + 1.5), lighter(wood, 0.3), 0.6
    )
    _boards(canvas, edge, wood)
    slope = chance.between(150, 230)
    for side in (0, WIDE):
        way = 1 if side == 0 else -1
        back.fill(
            polygon(side - 8 * way, side + slope * way, side - 8 * way + edge * 1j),
            darker(wood, 0.3),
        )
        for share in (0.0, 0.36, 0.72):
            foot = complex(side - 8 * way, edge * (1 - share))
            back.fill(
                limb([foot, complex(side + slope * way * (1 - share), -4)], [13, 13]),
                darker(wood, 0.14),
            )
    beam = chance.between(20, 46)
    back.fill(box(-5, beam, WIDE + 5, beam + 15), lighter(wood, 0.08))
    tall = ground.height(edge + 8)
    stored = [
        chance.pick(
            (things.chest, things.crate, things.barrel, things.sack, things.vase, things.parcel)
        )
        for _ in range(9)
    ]
    x = chance.between(20, 60)
    for thing in stored:
        high = chance.between(0.4, 0.85) * tall
        thing(
            canvas.put(complex(x, edge + 8), high),
            chance.near(chance.pick((*things.BORROWED, things.WOOD, things.WOOD))),
        )
        x += high * chance.between(0.8, 1.5) + 12
    foreground.lying_about(canvas, ground, things.SMALL)
    foreground.in_front(
        canvas,
        ground,
        (foreground.thing, foreground.thing, foreground.chest, foreground.chair, foreground.post),
    )
    return ground, chance.pick((DAY, LAMPLIGHT, LAMPLIGHT, DUSK))


def _pieces(chance: Chance) -> list[str]:
    """Draw the furniture along the wall, from left to right."""
    pieces = ["sofa", "armchair", "shelf", "lamp", "table", "plant", "door", "armchair", "shelf"]
    return chance.shuffled(pieces)[: chance.count(4, 6)]


def _wallpaper(canvas: Canvas, wall: Colour, edge: float) -> None:
    back, chance = canvas.back, canvas.chance
    other = mixed(wall, chance.pick(WALLS), 0.4) if chance.chance(0.5) else darker(wall, 0.1)
    pitch = chance.between(16, 34)
    kind = chance.pick(("stripes", "dots", "diamonds", "plain", "panels"))
    for k in range(int(WIDE / pitch) + 1):
        x = k * pitch
        if kind == "stripes":
            back.flat(box(x, 0, x + pitch * 0.45, edge), other)
        elif kind in {"dots", "diamonds"}:
            for row in range(int(edge / pitch) + 1):
                at = complex(x + pitch * 0.5 * (row % 2), row * pitch)
                r = pitch * 0.16
                flat = (
                    oval(at, r, r)
                    if kind == "dots"
                    else polygon(at - 2j * r, at + r, at + 2j * r, at - r)
                )
                back.flat(flat, other)
    if kind == "panels":
        top = edge * chance.between(0.52, 0.62)
        back.fill(box(-5, top, WIDE + 5, edge), darker(other, 0.12))
        for k in range(9):
            back.fill(box(70 * k + 6, top + 9, 70 * k + 62, edge - 14), other, 0.7)


def _boards(canvas: Canvas, edge: float, wood: Colour | None = None) -> None:
    back, chance = canvas.back, canvas.chance
    floor = wood or chance.near(chance.pick(FLOORS))
    back.wash(0, edge, WIDE, HIGH, darker(floor, 0.16), lighter(floor, 0.08))
    for k in range(-14, 15):
        top = 300 + k * 34.0
        foot = 300 + k * 68.0
        back.flat(
            polygon(top + edge * 1j, top + 1 + edge * 1j, foot + 2 + HIGH * 1j, foot + HIGH * 1j),
            darker(floor, 0.35),
        )


def _chequers(canvas: Canvas, edge: float, horizon: float) -> None:
    back, chance = canvas.back, canvas.chance
    light, dark = chance.pick(CHEQUERS)
    back.flat(box(0, edge, WIDE, HIGH), light)
    rows = [edge - horizon]
    while rows[-1] < HIGH - horizon:
        rows.append(rows[-1] * 1.16)
    for row, (near, far) in enumerate(zip(rows[1:], rows, strict=False)):
        for k in range(-14, 15):
            if (k + row) % 2:
                x, wide = (k - 0.5) * 0.34, 0.34
                corners = ((x, far), (x + wide, far), (x + wide, near), (x, near))
                back.flat(polygon(*(complex(300 + a * d, horizon + d) for a, d in corners)), dark)


def _on_the_wall(canvas: Canvas, edge: float, tall: float, curtains: bool = True) -> None:
    chance = canvas.chance
    x = chance.between(60, 130)
    middle = max(edge - 1.15 * tall, 66)
    while x < 560:
        what = chance.pick(
            ("window", "picture", "picture", "clock", "nothing")
            if curtains
            else ("picture", "clock", "nothing")
        )
        if what == "window":
            high = chance.between(80, 104)
            furniture.window(
                canvas.put(complex(x + 20, middle + 30), high), chance, things.colour(chance)
            )
            x += 90
        elif what == "picture":
            frame = chance.near(chance.pick((furniture.BRASS, things.WOOD, things.BORROWED[0])))
            furniture.picture(
                canvas.put(complex(x, middle + chance.between(-8, 8)), chance.between(30, 52)),
                chance,
                frame,
            )
        elif what == "clock":
            furniture.clock(
                canvas.put(complex(x, middle), chance.between(26, 36)),
                chance,
                things.colour(chance),
            )
        x += chance.between(70, 120)


def _along_the_wall(canvas: Canvas, y: float, tall: float, pieces: list[str]) -> None:
    chance = canvas.chance
    x = chance.between(30, 70)
    step = (WIDE - 60) / len(pieces)
    for piece in pieces:
        tone = things.colour(chance)
        at = complex(x + step * chance.between(0.2, 0.6), y)
        if piece == "sofa":
            furniture.sofa(canvas.put(at, 0.6 * tall), chance, tone)
        elif piece == "armchair":
            furniture.armchair(canvas.put(at, 0.68 * tall), tone)
        elif piece == "shelf":
            furniture.shelf(canvas.put(at, 1.3 * tall), chance, chance.near(things.WOOD))
        elif piece == "lamp":
            furniture.lamp(canvas.put(at, 1.15 * tall), tone)
        elif piece == "door":
            wood = chance.near(chance.pick((*FLOORS, (222, 214, 196))))
            furniture.door(canvas.put(at, 1.35 * tall), wood)
        elif piece == "plant":
            plants.potted(canvas.put(at, 0.8 * tall), chance, tone)
        else:
            furniture.table(canvas.put(at, 0.42 * tall), chance.near(things.WOOD))
            thing = chance.pick((things.vase, things.vase, things.kettle, things.pumpkin))
            thing(canvas.put(at - 0.42j * tall, chance.between(0.25, 0.45) * tall), tone)
        x += step
