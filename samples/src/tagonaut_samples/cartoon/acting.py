"""The takes of a scene: they are tried until each of the cast is seen well in every frame."""

from functools import lru_cache

from tagonaut_samples.cartoon.chance import Chance
from tagonaut_samples.cartoon.characters.pose import Action, Face, Pose
from tagonaut_samples.cartoon.pen import direction
from tagonaut_samples.cartoon.scenery import outdoors, rooms
from tagonaut_samples.cartoon.scenery.stage import WIDE, WIDEST, Ground, Setting, Stage, painted
from tagonaut_samples.cartoon.script import Moment, chance_of, takes
from tagonaut_samples.cartoon.shot import BLINKS, Actor, Camera, Frame, Part, Shot
from tagonaut_samples.cartoon.visibility import PLAN, well_seen

SETTINGS: tuple[Setting, ...] = (
    rooms.living_room,
    outdoors.meadow,
    rooms.kitchen,
    outdoors.street,
    outdoors.garden,
    rooms.attic,
    outdoors.beach,
    outdoors.forest,
    outdoors.night,
)
STATURE = {"fox": 1.0, "owl": 0.62}  # heights, of the fox's

ACTIONS: tuple[Action, ...] = ("stand", "stand", "walk", "walk", "run", "run", "jump", "sit")
PACES: dict[Action, tuple[float, float]] = {  # heights from frame to frame
    "run": (0.1, 0.2),
    "walk": (0.03, 0.07),
    "jump": (0.0, 0.1),
}
TURNS: dict[Action, float] = {"run": 62.0, "walk": 44.0, "jump": 32.0}  # degrees of the phase
SWAY = 26.0  # the same, of those who stay where they are


@lru_cache(maxsize=4)
def stage(seed: int, scene: int, size: int) -> Stage:
    """The stage of a scene, for frames ``size`` pixels wide."""
    rotation, place = divmod(scene, len(SETTINGS))
    order = chance_of(seed, 2, rotation).shuffled(SETTINGS)
    return painted(order[place], chance_of(seed, 3, scene), size)


def acted(seed: int, when: Moment) -> Frame:
    """The frame at that moment, each of its cast being seen well enough."""
    return _shots(seed, when.scene)[when.take].at(when.frame)


@lru_cache(maxsize=8)
def _shots(seed: int, scene: int) -> tuple[Shot, ...]:
    chance = chance_of(seed, 4, scene)
    set_ = stage(seed, scene, PLAN)
    shots: list[Shot] = []
    before: Frame | None = None
    for take in takes(seed, scene):
        tries = 0
        while True:
            # Some takes go on where the last one ended; the others begin with a cut.
            kept = before if tries < 4 and chance.chance(0.6) else None
            shot = _shot(chance, set_.ground, take.cast, kept)
            tries += 1
            if all(well_seen(set_, shot.at(frame)) for frame in range(take.frames)):
                break
        shots.append(shot)
        before = shot.at(take.frames)
    return tuple(shots)


def _shot(chance: Chance, ground: Ground, cast: tuple[str, ...], before: Frame | None) -> Shot:
    """Any take with that cast; it goes on from the frame ``before`` if there is one."""
    known = {actor.label: actor for actor in before.actors} if before else {}
    wide = chance.pick(((190.0, 280.0), (250.0, 350.0), (330.0, float(WIDEST))))
    camera = before.camera if before else Camera(0, 0, chance.between(*wide))
    middle = camera.left + camera.wide / 2 if before else chance.between(0, WIDE)
    depth = ground.far + (ground.near - ground.far) * chance.between(0, 1) ** 1.3
    parts: list[Part] = []
    for label in cast:
        actor = known.get(label)
        if actor is None:
            y = min(max(depth + chance.between(-12, 12), ground.far), ground.near)
            x = middle + camera.wide * chance.between(-0.42, 0.42)
            actor = _actor(chance, label, complex(x, y), ground)
        elif chance.chance(0.4):
            actor = _actor(chance, label, actor.place, ground)
        parts.append(_part(chance, actor))
    if not before:
        camera = _framed(chance, camera.wide, middle, parts, ground.far)
    drift = chance.pick((0, 0, 1, -1)) * chance.between(1, 4)
    if parts and chance.chance(0.4):  # the camera follows the first of them
        drift = parts[0].step.real * 0.9
    return Shot(camera, complex(drift), chance.pick((1.0, 1.0, 0.985, 1.012)), tuple(parts))


def _framed(chance: Chance, wide: float, middle: float, parts: list[Part], far: float) -> Camera:
    """A camera on the actors: mostly whole, at times at the frame's edge or only the head."""
    high = 0.75 * wide
    if not parts:
        return Camera(middle - wide / 2, far - high * chance.between(0.4, 0.85), wide).held()
    foot = max(part.start.place.imag for part in parts)
    top = foot - high * chance.between(0.72, 0.97)
    if chance.chance(0.25):
        tallest = max(part.start.high for part in parts)
        top = foot - tallest * chance.between(0.35, 0.75) - high * chance.between(0.85, 1.0)
        top = max(top, foot - tallest - 0.4 * high)
    left = middle - wide * chance.between(0.35, 0.65)
    if len(parts) == 1:
        share = chance.between(0.12, 0.88)
        if chance.chance(0.24):
            share = chance.pick((chance.between(-0.04, 0.08), chance.between(0.92, 1.04)))
        left = parts[0].start.place.real - share * wide
    return Camera(left, top, wide).held()


def _actor(chance: Chance, label: str, place: complex, ground: Ground) -> Actor:
    face = Face(
        gaze=chance.between(0, 0.9) * direction(chance.between(0, 360)),
        lids=chance.pick((0.0, 0.0, 0.0, 0.0, 0.3, 0.5)),
        brows=chance.between(-1, 1),
        mouth=chance.pick((0.0, 0.0, 0.0, 0.5, 1.0)) * chance.between(0.5, 1),
        smile=chance.between(-1, 1),
    )
    pose = Pose(
        action=chance.pick(ACTIONS),
        phase=chance.between(0, 360),
        gesture=chance.between(0, 1),
        tilt=chance.between(-12, 12),
        behind=chance.chance(0.15),
        face=face,
    )
    high = ground.height(place.imag) * STATURE[label]
    return Actor(label, place, high, 0.0, chance.chance(0.5), pose)


def _part(chance: Chance, actor: Actor) -> Part:
    action = actor.pose.action
    pace = chance.between(*PACES.get(action, (0.0, 0.0)))
    step = complex((-1 if actor.leftward else 1) * pace * actor.high)
    return Part(actor, step, TURNS.get(action, SWAY), chance.count(0, BLINKS - 1))
