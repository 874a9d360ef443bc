"""The fox: tall and thin, blue-grey, with a big tail."""

from dataclasses import dataclass

from tagonaut.drawing.canvas import Colour
from tagonaut_samples.cartoon.characters.pose import Face, Pose
from tagonaut_samples.cartoon.pen import Pen, blob, direction, limb, oval, shrunk

COAT: Colour = (120, 142, 172)
SHADE: Colour = (92, 112, 144)
DARK: Colour = (58, 66, 94)
CREAM: Colour = (240, 232, 216)
PINK: Colour = (208, 150, 156)
WHITE: Colour = (252, 252, 248)
BLACK: Colour = (28, 26, 38)
MOUTH: Colour = (150, 52, 60)

UPPER_ARM, FOREARM, THIGH, SHIN = 14.0, 15.0, 17.0, 18.0


@dataclass(frozen=True)
class _Joints:
    """Angles in degrees; 0 hangs down, 90 points ahead. First the far one, then the near one."""

    lean: float
    thighs: tuple[float, float]
    shins: tuple[float, float]
    arms: tuple[float, float]
    forearms: tuple[float, float]
    tail: float


def fox(pen: Pen, pose: Pose) -> None:
    """Draw it facing right."""
    joints = _joints(pose)
    knees = [THIGH * _hanging(angle) for angle in joints.thighs]
    feet = [knee + SHIN * _hanging(a) for knee, a in zip(knees, joints.shins, strict=True)]
    hips = -1j * max(4.5, 3 + max(foot.imag for foot in feet))
    up = direction(joints.lean - 90)
    chest, neck = hips + 25 * up, hips + 33 * up
    _tail(pen, hips + 4 * up - 4, joints.tail)
    _arm(pen, chest + 5, joints.arms[0], joints.forearms[0], SHADE)
    _leg(pen, hips + 3, hips + 3 + knees[0], hips + 3 + feet[0], joints.shins[0], SHADE)
    _torso(pen.at(hips, degrees=joints.lean))
    _leg(pen, hips - 3, hips - 3 + knees[1], hips - 3 + feet[1], joints.shins[1], COAT)
    _head(pen.at(neck + 4 * up, degrees=pose.tilt, mirrored=pose.behind), pose.face)
    _arm(pen, chest - 4, joints.arms[1], joints.forearms[1], COAT)


def _hanging(angle: float) -> complex:
    return direction(90 - angle)


def _joints(pose: Pose) -> _Joints:
    swing, lift = direction(pose.phase).imag, direction(pose.phase).real
    if pose.action == "run":
        thighs = 12 + 50 * swing, 12 - 50 * swing
        shins = thighs[0] - 50 + 42 * lift, thighs[1] - 50 - 42 * lift
        arms = -50 * swing, 50 * swing
        return _Joints(16, thighs, shins, arms, (arms[0] + 75, arms[1] + 75), -75 + 12 * lift)
    if pose.action == "walk":
        thighs = 24 * swing, -24 * swing
        shins = thighs[0] - 14 + 14 * lift, thighs[1] - 14 - 14 * lift
        arms = -26 * swing, 26 * swing
        return _Joints(3, thighs, shins, arms, (arms[0] + 22, arms[1] + 22), -105 + 8 * lift)
    if pose.action == "jump":
        high = pose.gesture > 0.5
        arms, forearms = (
            ((150.0, 120.0), (165.0, 150.0)) if high else ((100.0, -70.0), (125.0, -95.0))
        )
        return _Joints(8, (62, 12), (-22, -52), arms, forearms, -60 + 15 * swing)
    arms, forearms = _gesture(pose.gesture, swing)
    if pose.action == "sit":
        return _Joints(-10, (88, 84), (92, 90), arms, forearms, -100 + 6 * swing)
    return _Joints(0, (7, -6), (3, -4), arms, forearms, -112 + 10 * swing)


def _gesture(gesture: float, swing: float) -> tuple[tuple[float, float], tuple[float, float]]:
    if gesture < 0.25:  # waves
        return (14, 142), (24, 172 + 16 * swing)
    if gesture < 0.45:  # hands on its hips
        return (34, -42), (-48, 52)
    if gesture < 0.6:  # points ahead
        return (84, -10), (88, 8)
    if gesture < 0.72:  # arms thrown up
        return (148, -150), (166 + 8 * swing, -168 - 8 * swing)
    return (16 + 4 * swing, -12), (30, 6 + 5 * swing)


def _tail(pen: Pen, root: complex, angle: float) -> None:
    bones = [12 * _hanging(angle), 15 * _hanging(angle - 28), 15 * _hanging(angle - 48)]
    joints = [root]
    for bone in bones:
        joints.append(joints[-1] + bone)
    joints.append(joints[-1] + 7 * _hanging(angle - 30))
    pen.fill(limb(joints, [5, 12, 17, 14, 3]), COAT)
    pen.flat(limb([joint + 1.5 + 2.5j for joint in joints[:4]], [3, 5, 8, 6]), SHADE)
    tip = joints[2] + 0.72 * (joints[3] - joints[2])
    pen.flat(limb([tip, joints[3], joints[4]], [15, 13.5, 3]), CREAM)


def _arm(pen: Pen, shoulder: complex, upper: float, lower: float, colour: Colour) -> None:
    elbow = shoulder + UPPER_ARM * _hanging(upper)
    hand = elbow + FOREARM * _hanging(lower)
    pen.fill(limb([shoulder, elbow, hand], [6.5, 5.4, 4.6]), colour)
    pen.fill(oval(hand + 1.5 * _hanging(lower), 4.2, 4.2), DARK)


def _leg(
    pen: Pen, hip: complex, knee: complex, ankle: complex, shin: float, colour: Colour
) -> None:
    pen.fill(limb([hip, knee, ankle], [9, 6.4, 5]), colour)
    pen.flat(limb([knee + 0.55 * (ankle - knee), ankle], [5.6, 5.2]), DARK)
    foot = pen.at(ankle, degrees=max(-shin, -35) if shin > 0 else -shin)
    foot.fill(blob(-3.5 - 2j, 1 - 3.4j, 7 - 1.5j, 11 + 1.2j, 9 + 3.2j, 0 + 3.2j, -4 + 2j), DARK)


def _torso(pen: Pen) -> None:
    body = blob(
        -8 - 3j, -8.5 - 12j, -7 - 24j, -3 - 33j, 3 - 34j, 8 - 27j, 8.5 - 15j, 8 - 4j, 0 + 4j
    )
    pen.fill(body, SHADE)
    pen.flat(shrunk(body, 8 - 20j, 0.84), COAT)
    pen.flat(blob(1 - 33j, 6.5 - 28j, 8 - 16j, 7 - 5j, 3 - 3j, 1 - 12j, 0 - 24j), CREAM)


def _head(pen: Pen, face: Face) -> None:
    _ear(pen.at(7 - 15j, degrees=24), DARK)
    _ear(pen.at(-6 - 14j, degrees=-12), COAT)
    skull = blob(
        -12 - 1j, -12 - 11j, -5 - 18j, 5 - 18.5j, 12 - 14j, 17 - 7j, 26 - 4j, 28 - 1j, 22 + 4j,
        10 + 6j, 1 + 6.5j, -8 + 9j, -8.5 + 4j, -15 + 5j,
    )  # fmt: skip
    if face.mouth > 0.15:
        jaw = 4 + 7 * face.mouth
        pen.fill(
            blob(4 + 3j, 20 + 2j, 20 + (2 + 0.7 * jaw) * 1j, 13 + (2 + jaw) * 1j, 5 + 7j), CREAM
        )
        inside = 2.5 + 0.75 * jaw
        pen.flat(blob(7 + 3j, 19 + 2j, 18 + inside * 1j, 12 + (inside + 1.4) * 1j), MOUTH)
    pen.fill(skull, COAT)
    pen.flat(
        blob(
            -13 + 4j,
            -8 - 1j,
            0 + 0j,
            9 - 3j,
            17 - 3.4j,
            26 - 1.6j,
            27 - 0j,
            22 + 3.4j,
            10 + 5.4j,
            1 + 5.8j,
            -7 + 8j,
            -7.8 + 3.4j,
        ),
        CREAM,
    )
    pen.fill(blob(23.5 - 5.4j, 28.5 - 5.6j, 30.4 - 3j, 27.5 - 0.6j, 24.4 - 2.4j), BLACK)
    if face.mouth <= 0.15:
        curl = 2.5 * face.smile
        pen.stroke([7 + (3 - curl) * 1j, 12 + (4.4 + 0.3 * curl) * 1j, 22 + 2.4j], 1.3)
    for centre, wide in ((3.2 - 8.5j, 4.6), (11.2 - 8.8j, 3.8)):
        _eye(pen, centre, wide, face)


def _ear(pen: Pen, colour: Colour) -> None:
    pen.fill(blob(-6.5 + 5j, -5.5 - 6j, -1.5 - 19j, 0 - 21j, 1.5 - 18j, 5.5 - 5j, 6 + 5j), colour)
    pen.flat(blob(-3.4 + 2j, -2.6 - 5j, -0.2 - 13j, 2.8 - 5j, 3.4 + 2j), PINK)
    pen.flat(blob(-3.2 - 13.5j, -1.4 - 18.6j, 0 - 20.8j, 1.4 - 18j, 2.9 - 13j, 0 - 14.4j), DARK)


def _eye(pen: Pen, centre: complex, wide: float, face: Face) -> None:
    high = 1.35 * wide
    if face.lids > 0.85:
        pen.stroke([centre - wide, centre + 1.6j, centre + wide], 1.4)
    else:
        pen.fill(oval(centre, wide, high), WHITE)
        at = centre + complex(face.gaze.real * 0.45 * wide, face.gaze.imag * 0.45 * high)
        pen.flat(oval(at, 0.48 * wide, 0.48 * high), BLACK)
        pen.flat(oval(at + complex(0.18 * wide, -0.2 * high), 0.15 * wide, 0.15 * high), WHITE)
        if face.lids > 0.15:
            low = centre.imag - high + 2 * high * face.lids * 0.85
            half = wide * 1.12
            top = centre.imag - high * 1.15
            pen.flat(
                blob(
                    complex(centre.real - half, low),
                    complex(centre.real - 0.8 * half, top),
                    complex(centre.real + 0.8 * half, top),
                    complex(centre.real + half, low),
                ),
                SHADE,
            )
    brow = centre - (high + 2.6) * 1j
    slant = 1.8 * face.brows * (1 if wide > 4 else -1)
    pen.stroke([brow - wide - slant * 1j, brow - 0.9j, brow + wide + slant * 1j], 1.7, DARK)
