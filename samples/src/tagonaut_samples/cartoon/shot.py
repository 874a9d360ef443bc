"""A take as it is filmed: the path of the camera, and the characters and their actions."""

from dataclasses import dataclass, replace

from tagonaut_samples.cartoon.characters.pose import Pose
from tagonaut_samples.cartoon.pen import direction
from tagonaut_samples.cartoon.scenery.stage import HIGH, WIDE, WIDEST

CLOSEST = 180.0  # units that the camera sees at least
BLINKS = 9  # frames from one blink to the next


@dataclass(frozen=True)
class Camera:
    """The part of the painting that the frame shows, in the painting's units; 4 : 3."""

    left: float
    top: float
    wide: float

    @property
    def high(self) -> float:
        """The units that it sees from top to bottom."""
        return self.wide * 0.75

    def held(self) -> "Camera":
        """The camera moved to where it shows nothing beside the painting."""
        left = min(max(self.left, 0), WIDE - self.wide)
        return Camera(left, min(max(self.top, 0), HIGH - self.high), self.wide)


@dataclass(frozen=True)
class Actor:
    """A character in a frame: where on the painting its feet would stand, and how high it is."""

    label: str
    place: complex
    high: float
    lift: float  # how far above its place it is
    leftward: bool
    pose: Pose


@dataclass(frozen=True)
class Frame:
    """The camera and the actors of one frame of a scene; the farthest actor comes first."""

    camera: Camera
    actors: tuple[Actor, ...]


@dataclass(frozen=True)
class Part:
    """The part of a character in a take."""

    start: Actor
    step: complex  # how far it goes from frame to frame
    turn: float  # degrees of its phase from frame to frame
    blink: int  # the frame in which its eyes are shut

    def at(self, frame: int) -> Actor:
        """The character ``frame`` frames later."""
        first = self.start
        phase = first.pose.phase + frame * self.turn
        face = first.pose.face
        if frame % BLINKS == self.blink:
            face = replace(face, lids=1.0)
        lift = 0.0
        if first.pose.action == "jump":
            lift = first.high * 0.3 * abs(direction(phase).imag)
        place = first.place + frame * self.step
        return replace(
            first, place=place, lift=lift, pose=replace(first.pose, phase=phase, face=face)
        )


@dataclass(frozen=True)
class Shot:
    """A take as it is filmed."""

    camera: Camera
    drift: complex
    zoom: float
    parts: tuple[Part, ...]

    def at(self, frame: int) -> Frame:
        """The frame that comes ``frame`` frames after the take's first."""
        wide = min(max(self.camera.wide * self.zoom**frame, CLOSEST), float(WIDEST))
        middle = complex(self.camera.left, self.camera.top) + frame * self.drift
        middle += complex(self.camera.wide - wide, (self.camera.wide - wide) * 0.75) / 2
        camera = Camera(middle.real, middle.imag, wide).held()
        actors = sorted((part.at(frame) for part in self.parts), key=lambda a: a.place.imag)
        return Frame(camera, tuple(actors))
