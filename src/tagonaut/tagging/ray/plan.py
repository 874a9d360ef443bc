"""The plan: which photos are in which partition, written once, the same for every run."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from heapq import merge
from typing import NamedTuple, Self

from tagonaut.errors import TagonautError
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.ray.walking import Found

FOLDER = ".tagonaut/ray/plan"
_FILE = f"{FOLDER}/plan.json"

MOST_PHOTOS = 1000
# A partition has to fit on an actor's disk twice, untagged and tagged.
MOST_BYTES = 2 << 30
# The first partitions are small: small archives are shared evenly, and progress is seen soon.
FIRST_PHOTOS, _ALIKE = 50, 8


@dataclass(frozen=True)
class Plan:
    """The number of photos in each partition, and the first partition of each walk (generation).

    ``faults`` are names that could not be walked, with the reasons.
    """

    photos: str
    sizes: tuple[int, ...] = ()
    generations: tuple[int, ...] = (0,)
    faults: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, out: Store) -> Self | None:
        """The plan of an archive, if it has one. Raises ``TagonautError`` for a damaged one."""
        content = out.read(_FILE)
        if content is None:
            return None
        try:
            values = json.loads(content)
            faults = tuple((name, reason) for name, reason in values["faults"])
            sizes, generations = tuple(values["sizes"]), tuple(values["generations"])
            return cls(values["photos"], sizes, generations, faults)
        except (ValueError, TypeError, KeyError):
            raise TagonautError(f"{out.path(_FILE)}: damaged") from None

    def write(self, out: Store) -> None:
        """Write the plan; from then on it holds."""
        out.write(_FILE, json.dumps(asdict(self)).encode())


def partition(out: Store, number: int) -> list[Found]:
    """The photos of a partition."""
    content = out.read(_part(number))
    if content is None:
        raise TagonautError(f"{out.path(_part(number))}: missing, though the plan names it")
    return [Found(**json.loads(line)) for line in content.splitlines()]


@dataclass
class Extended:
    """A plan extended by another walk; ``changed`` are photos by name, by partition to redo."""

    plan: Plan
    changed: dict[int, dict[str, Found]] = field(default_factory=dict)


def extend(out: Store, plan: Plan, photos: Iterable[Found]) -> Extended:
    """Write partitions for the ``photos``, in the order of a walk, that are in none yet.

    Memory holds one partition of each generation, and the changed photos. Nothing of it counts
    before the plan itself is written.
    """
    extended = Extended(plan)
    sizes = list(plan.sizes)
    begun = len(sizes)
    earlier = merge(*_generations(out, plan), key=lambda one: _order(one.found))
    old = next(earlier, None)
    new: list[Found] = []
    fresh = _Filling()
    for photo in photos:
        while old is not None and _order(old.found) < _order(photo):
            old = next(earlier, None)
        if old is not None and old.found.name == photo.name:
            if old.found != photo:
                extended.changed.setdefault(old.partition, {})[photo.name] = photo
            continue
        if fresh.is_full(new, photo, len(sizes) - begun):
            sizes.append(_write_part(out, len(sizes), new))
            new, fresh = [], _Filling()
        new.append(photo)
        fresh.size += photo.size
    if new:
        sizes.append(_write_part(out, len(sizes), new))
    generations = plan.generations
    if len(sizes) > begun:
        generations = (*(start for start in generations if start < begun), begun)
    extended.plan = replace(plan, sizes=tuple(sizes), generations=generations)
    return extended


def amend(out: Store, number: int, changed: dict[str, Found]) -> None:
    """Update the changed photos of a partition."""
    photos = [changed.get(photo.name, photo) for photo in partition(out, number)]
    _write_part(out, number, photos)


@dataclass
class _Filling:
    size: int = 0

    def is_full(self, photos: list[Found], another: Found, number: int) -> bool:
        most = min(FIRST_PHOTOS * (1 + number // _ALIKE), MOST_PHOTOS)
        return len(photos) == most or (bool(photos) and self.size + another.size > MOST_BYTES)


class _Planned(NamedTuple):
    found: Found
    partition: int


def _generations(out: Store, plan: Plan) -> list[Iterator[_Planned]]:
    """The photos that each walk found, in the order of the walk."""
    ends = (*plan.generations[1:], len(plan.sizes))
    return [
        _planned(out, range(start, end)) for start, end in zip(plan.generations, ends, strict=True)
    ]


def _planned(out: Store, numbers: range) -> Iterator[_Planned]:
    for number in numbers:
        for photo in partition(out, number):
            yield _Planned(photo, number)


def _order(photo: Found) -> bytes:
    return os.fsencode(photo.name)


def _write_part(out: Store, number: int, photos: list[Found]) -> int:
    # ASCII, also for names that are no UTF-8.
    lines = [json.dumps(asdict(photo)) + "\n" for photo in photos]
    out.write(_part(number), "".join(lines).encode())
    return len(photos)


def _part(number: int) -> str:
    return f"{FOLDER}/{number:06}.ndjson"
