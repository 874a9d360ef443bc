"""The plan: which photos are in which partition, written once, the same for every run.

Whoever may write beside the tagged copies may write a plan, so a plan is data and gives no orders:
each name in it is checked, and a plan that is not the last one of this user is compared with a walk
before anything is done. The plan holds a digest of each partition, which the actors compare.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from heapq import merge
from pathlib import PurePosixPath
from typing import Any, NamedTuple, Self

from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_json
from tagonaut.tagging.files import RAW_SUFFIXES
from tagonaut.tagging.journal import OWN_FOLDER
from tagonaut.tagging.ray.seal import is_noted, note
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.ray.walking import Found, is_photo, sidecar_names, unsuitable

FOLDER = ".tagonaut/ray/plan"
_FILE = f"{FOLDER}/plan.json"

MOST_PHOTOS = 1000
# A partition has to fit on an actor's disk twice, untagged and tagged.
MOST_BYTES = 2 << 30
# The first partitions are small: small archives are shared evenly, and progress is seen soon.
FIRST_PHOTOS, _ALIKE = 50, 8


@dataclass(frozen=True)
class Part:
    """A partition, as a plan names it: the number of its photos, and the digest of their list.

    Without a digest, the list is not compared.
    """

    number: int
    photos: int
    digest: str = ""


@dataclass(frozen=True)
class Plan:
    """The number of photos in each partition, and the first partition of each walk (generation).

    ``digests`` are those of the partitions' lists, ``faults`` names that could not be walked, with
    the reasons. ``is_ours``: whether it is the plan that this user wrote last to this place.
    """

    photos: str
    sizes: tuple[int, ...] = ()
    generations: tuple[int, ...] = (0,)
    faults: tuple[tuple[str, str], ...] = ()
    digests: tuple[str, ...] = ()
    is_ours: bool = True

    @classmethod
    def read(cls, out: Store) -> Self | None:
        """The plan of an archive, if it has one. Raises ``TagonautError`` for a damaged one."""
        try:
            content = out.read(_FILE)
        except OSError as error:
            raise TagonautError(f"{out.path(_FILE)}: cannot be read ({error})") from None
        if content is None:
            return None
        try:
            values = parse_json(content)
            ours = is_noted(out.path(_FILE), content)
            digests = tuple(map(_text, values["digests"])) if ours else ()
            plan = cls(
                _text(values["photos"]),
                tuple(map(_count, values["sizes"])),
                tuple(map(_count, values["generations"])),
                tuple((_text(name), _text(reason)) for name, reason in values["faults"]),
                digests,
                ours,
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise TagonautError(f"{out.path(_FILE)}: damaged") from None
        starts, parts = plan.generations, len(plan.sizes)
        if (
            starts[:1] != (0,)
            or list(starts) != sorted({*starts})
            or (parts and starts[-1] >= parts)
        ):
            raise TagonautError(f"{out.path(_FILE)}: damaged")
        return plan

    def write(self, out: Store) -> None:
        """Write the plan; from then on it holds."""
        values = asdict(self)
        ours = values.pop("is_ours")
        content = json.dumps(values).encode()
        out.write(_FILE, content)
        if ours:
            note(out.path(_FILE), content)

    def part(self, number: int) -> Part:
        """The partition with a number."""
        return Part(number, self.sizes[number], self.digests[number] if self.digests else "")

    def parts(self, start: int = 0, end: int | None = None) -> list[Part]:
        """The partitions of a range of numbers."""
        return [self.part(number) for number in range(len(self.sizes))[start:end]]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _count(value: Any, least: int = 0) -> int:
    if type(value) is not int or not least <= value < 1 << 63:
        raise TypeError
    return value


def partition(out: Store, part: Part) -> list[Found]:
    """The photos of a partition; raises ``TagonautError`` for a list that no walk can have made."""
    name = _part(part.number)
    content = out.read(name)
    if content is None:
        raise TagonautError(f"{out.path(name)}: missing, though the plan names it")
    if part.digest and _digest(content) != part.digest:
        raise TagonautError(f"{out.path(name)}: changed since it was planned")
    try:
        photos = [_found(parse_json(line)) for line in content.splitlines()]
    except (ValueError, TypeError, KeyError) as error:
        raise TagonautError(f"{out.path(name)}: damaged ({error})") from None
    if len(photos) != part.photos:
        raise TagonautError(
            f"{out.path(name)}: damaged: {len(photos):,} photos, not {part.photos:,}"
        )
    return photos


def _found(values: Any) -> Found:
    """A photo of a list; raises ``ValueError`` for a name that no walk yields."""
    beside = values.get("beside", [])
    # Earlier versions knew one sidecar, of raw files alone; the next walk finds the others.
    only_raw = isinstance(beside, str)
    found = Found(
        _text(values["name"]),
        _count(values["size"]),
        _count(values["time"], -1 << 63),
        tuple(map(_text, filter(None, [beside]) if only_raw else _list(beside))),
        _truth(values.get("namesakes", False)),
    )
    reason = unsuitable(found.name)
    path = PurePosixPath(found.name)
    if not reason and (OWN_FOLDER in path.parts or not is_photo(path.name)):
        reason = "not the name of a photo"
    no_raw = only_raw and path.suffix.lower() not in RAW_SUFFIXES
    names = () if no_raw else sidecar_names(path.name)
    if not reason and found.beside != tuple(name for name in names if name in found.beside):
        reason = "not the name of its sidecar"
    if reason:
        raise ValueError(f"{found.name!r:.60}: {reason}")
    return found


@dataclass
class Extended:
    """A plan extended by another walk; ``changed`` are photos by name, by partition to redo."""

    plan: Plan
    changed: dict[int, dict[str, Found]] = field(default_factory=dict)


def extend(out: Store, plan: Plan, photos: Iterable[Found]) -> Extended:
    """Write partitions for the ``photos``, in the order of a walk, that are in none yet.

    Memory holds one partition of each generation, and the changed photos. Nothing of it counts
    before the plan itself is written. Raises ``TagonautError`` for a plan that names a photo twice.
    """
    extended = Extended(plan)
    digests = list(plan.digests) or [
        _digest(out.read(_part(n.number)) or b"") for n in plan.parts()
    ]
    plan = replace(plan, digests=tuple(digests), is_ours=True)
    sizes = list(plan.sizes)
    begun = len(sizes)
    earlier = _in_order(out, plan)
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
            digests.append(_write_part(out, len(sizes), new))
            sizes.append(len(new))
            new, fresh = [], _Filling()
        new.append(photo)
        fresh.size += photo.size
    if new:
        digests.append(_write_part(out, len(sizes), new))
        sizes.append(len(new))
    for _ in earlier:  # to its end, which checks the rest of the plan
        pass
    generations = plan.generations
    if len(sizes) > begun:
        generations = (*(start for start in generations if start < begun), begun)
    extended.plan = replace(
        plan, sizes=tuple(sizes), generations=generations, digests=tuple(digests)
    )
    return extended


def amend(out: Store, plan: Plan, number: int, changed: dict[str, Found]) -> Plan:
    """Update the changed photos of a partition; return the plan with the digest of the new list."""
    photos = [changed.get(photo.name, photo) for photo in partition(out, plan.part(number))]
    digests = list(plan.digests)
    digests[number] = _write_part(out, number, photos)
    return replace(plan, digests=tuple(digests))


@dataclass
class _Filling:
    size: int = 0

    def is_full(self, photos: list[Found], another: Found, number: int) -> bool:
        most = min(FIRST_PHOTOS * (1 + number // _ALIKE), MOST_PHOTOS)
        return len(photos) == most or (bool(photos) and self.size + another.size > MOST_BYTES)


class _Planned(NamedTuple):
    found: Found
    partition: int


def _in_order(out: Store, plan: Plan) -> Iterator[_Planned]:
    """The photos of the plan in the order of a walk; those of each walk are in that order."""
    ends = (*plan.generations[1:], len(plan.sizes))
    walks = [
        _planned(out, plan.parts(start, end))
        for start, end in zip(plan.generations, ends, strict=True)
    ]
    last = b""
    for one in merge(*walks, key=lambda one: _order(one.found)):
        if _order(one.found) <= last:
            raise TagonautError(
                f"{out.path(_FILE)}: damaged: {one.found.name!r:.60} is planned twice"
            )
        last = _order(one.found)
        yield one


def _planned(out: Store, parts: Iterable[Part]) -> Iterator[_Planned]:
    for part in parts:
        for photo in partition(out, part):
            yield _Planned(photo, part.number)


def _order(photo: Found) -> bytes:
    return os.fsencode(photo.name)


def _write_part(out: Store, number: int, photos: list[Found]) -> str:
    """Write the list of a partition; return its digest."""
    # ASCII, also for names that are no UTF-8.
    content = "".join(json.dumps(asdict(photo)) + "\n" for photo in photos).encode()
    out.write(_part(number), content)
    return _digest(content)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _part(number: int) -> str:
    return f"{FOLDER}/{number:06}.ndjson"
