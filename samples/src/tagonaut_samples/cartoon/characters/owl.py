"""The owl: small and round, ochre, with big eyes."""

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.characters.pose import Face, Pose
from tagonaut_samples.cartoon.pen import Pen, blob, direction, limb, oval, shrunk

OCHRE: Colour = (214, 160, 62)
SHADE: Colour = (182, 128, 46)
BROWN: Colour = (136, 86, 38)
CREAM: Colour = (248, 226, 172)
ORANGE: Colour = (232, 122, 42)
WHITE: Colour = (253, 252, 246)
BLACK: Colour = (30, 24, 24)
MOUTH: Colour = (156, 50, 46)


def owl(pen: Pen, pose: Pose) -> None:
    """Draw it facing right."""
    swing, lift = direction(pose.phase).imag, direction(pose.phase).real
    near, far = _wings(pose, swing)
    roll = {"walk": 7 * swing, "run": 12 + 8 * swing, "jump": 6.0}.get(pose.action, 0.0)
    sits = pose.action == "sit"
    if not sits:
        _feet(pen, pose, swing, lift)
    body = pen.at((12 if sits else 0) * 1j, degrees=roll)
    _tail(body)
    _wing(body.at(27 - 56j, mirrored=True), far)
    _body(body)
    _wing(body.at(-29 - 56j), near)
    if sits:
        _soles(pen)
    side = -1 if pose.behind else 1
    _face(body.at(5 * side - 64j, degrees=pose.tilt * 0.7, mirrored=pose.behind), pose.face)


def _wings(pose: Pose, swing: float) -> tuple[float, float]:
    """The angles to which the near and the far wing are raised, in degrees."""
    if pose.action == "jump":
        return 95 + 45 * swing, 95 + 45 * swing
    if pose.action == "run":
        return 60 + 30 * swing, 60 - 30 * swing
    if pose.gesture < 0.2:  # waves
        return 8, 125 + 22 * swing
    if pose.gesture < 0.35:
        return 130 + 10 * swing, 130 - 10 * swing
    if pose.gesture < 0.5:  # wings akimbo
        return 38, 38
    return 6 + 4 * swing, 6 - 4 * swing


def _feet(pen: Pen, pose: Pose, swing: float, lift: float) -> None:
    stride = {"walk": 7.0, "run": 12.0}.get(pose.action, 0.0)
    drop = 3 if pose.action == "jump" else 0
    for x, sign in ((13, 1), (-12, -1)):
        up = max(0.0, sign * lift) * stride * 0.7
        ankle = x + stride * sign * swing + (drop - 4 - up) * 1j
        pen.fill(limb([ankle - 12j, ankle], [7, 6]), SHADE)
        for toe in (-7, 0, 8):
            pen.fill(limb([ankle, ankle + toe * 0.6 + 2j, ankle + toe + 3j], [5, 5, 3.6]), ORANGE)


def _soles(pen: Pen) -> None:
    for x in (-13, 17):
        pen.fill(blob(x - 9 - 2j, x - 7 - 13j, x - 15j, x + 7 - 13j, x + 9 - 2j, x + 1j), ORANGE)
        for toe in (-3, 3):
            pen.stroke([x + toe - 14j, x + toe - 6j], 1.6)


def _tail(pen: Pen) -> None:
    for x in (-14, -22):
        pen.fill(limb([x + 8 - 22j, x - 2 - 10j, x - 6 - 4j], [14, 12, 7]), BROWN)


def _body(pen: Pen) -> None:
    body = blob(
        -2 - 6j, -20 - 9j, -34 - 24j, -38 - 46j, -34 - 68j, -30 - 82j, -33 - 99j, -18 - 90j,
        0 - 91j, 18 - 90j, 33 - 99j, 31 - 82j, 35 - 68j, 38 - 46j, 34 - 24j, 20 - 9j,
    )  # fmt: skip
    pen.fill(body, SHADE)
    pen.flat(shrunk(body, 30 - 62j, 0.93), OCHRE)
    pen.flat(blob(-28 - 84j, -31.5 - 96j, -19 - 88j), BROWN)
    pen.flat(blob(28 - 84j, 31.5 - 96j, 19 - 88j), BROWN)
    pen.flat(oval(5 - 29j, 23, 21), CREAM)
    for row, count in ((0, 3), (1, 4), (2, 3)):
        for k in range(count):
            at = 5 + (k - (count - 1) / 2) * 10.5 - (38 - 9 * row) * 1j
            pen.stroke([at - 3.2 - 1.5j, at + 1.5j, at + 3.2 - 1.5j], 1.7, SHADE)


def _wing(pen: Pen, raised: float) -> None:
    wing = pen.at(0, degrees=raised)
    feathers = blob(-5 - 3j, 5 - 5j, 9 + 6j, 7 + 24j, 2 + 38j, -4 + 41j, -11 + 30j, -12 + 12j)
    wing.fill(feathers, BROWN)
    wing.flat(shrunk(feathers, 4 - 4j, 0.78), SHADE)
    for x, y in ((-7, 24), (-1, 28), (-5, 15)):
        wing.stroke([x - 3 + y * 1j, x + (y + 3) * 1j, x + 3 + y * 1j], 1.6, BROWN)


def _face(pen: Pen, face: Face) -> None:
    for x in (-14.0, 14.0):
        pen.flat(oval(x + 0j, 16.5, 18.5), CREAM)
    for x in (-12.5, 12.5):
        _eye(pen, x - 1j, face, 1 if x < 0 else -1)
    gape = 9 * face.mouth if face.mouth > 0.15 else 0.0
    if gape:
        pen.fill(
            blob(
                -5 + 9j, 5 + 9j, 4 + (11 + gape) * 1j, 0 + (14 + gape) * 1j, -4 + (11 + gape) * 1j
            ),
            ORANGE,
        )
        pen.flat(
            blob(-3.5 + 10j, 3.5 + 10j, 2.5 + (10 + gape) * 1j, -2.5 + (10 + gape) * 1j), MOUTH
        )
    pen.fill(blob(-6 + 7j, 0 + 3.5j, 6 + 7j, 3.4 + 12j, 0.8 + 17j, -2.8 + 12j), ORANGE)


def _eye(pen: Pen, centre: complex, face: Face, inner: int) -> None:
    radius = 12
    pen.fill(oval(centre, radius, radius), WHITE)
    if face.lids > 0.85:
        pen.flat(oval(centre, radius, radius), OCHRE)
        pen.stroke([centre - radius, centre + 4.5j, centre + radius], 2)
    else:
        at = centre + 5 * face.gaze
        pen.flat(oval(at, 6.8, 6.8), BLACK)
        pen.flat(oval(at + 2.4 - 2.6j, 2.3, 2.3), WHITE)
        if face.lids > 0.15:
            low = centre.imag - radius + 2 * radius * face.lids * 0.85
            top = centre.imag - radius * 1.02
            pen.flat(
                blob(
                    complex(centre.real - radius, low),
                    complex(centre.real - 0.75 * radius, top),
                    complex(centre.real + 0.75 * radius, top),
                    complex(centre.real + radius, low),
                ),
                OCHRE,
            )
    brow = centre - 15j
    slant = 4 * face.brows
    ends = brow - 11 * inner - slant * 1j, brow + 11 * inner + slant * 1j
    pen.fill(limb([ends[0], brow - 1.5j, ends[1]], [2.4, 5.4, 3]), BROWN)
