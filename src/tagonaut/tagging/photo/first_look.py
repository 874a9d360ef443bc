"""What is to be done with a photo, by a look at its stamps and at the journal alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Self

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import ABSENT, Identity, Stamp, digest, identity, stamp
from tagonaut.metadata.sidecars import ByStem, by_stem, sidecar_of
from tagonaut.tagging.files.checks import check_one_name, check_own_file
from tagonaut.tagging.files.raw import is_raw
from tagonaut.tagging.journal.records import Seen
from tagonaut.tagging.photo.keyword_plan import Photo
from tagonaut.tagging.summary import Outcome

RAW_NOTE = "raw files are not written to: their tags are in sidecars beside them"
READ_ONLY_NOTE = "photos that may not be written get their tags in sidecars beside them"


@dataclass(frozen=True)
class Layout:
    """The folder that is walked, and the one that is written below, if it is another.

    ``sidecar``: nothing but sidecars is written, beside the photos.
    """

    photos: Path
    to: Path | None
    sidecar: bool = False

    @property
    def root(self) -> Path:
        """The archive that the journal belongs to."""
        return self.to or self.photos

    @classmethod
    def of(cls, photos: Path, to: Path | None, *, in_place: bool, sidecar: bool = False) -> Self:
        """Raises ``TagonautError`` unless photos and target fit each other."""
        if (to is not None) + in_place + sidecar != 1:
            raise TagonautError(
                "either a folder to write to, or in place, or in sidecars: exactly one of them"
            )
        if not photos.is_dir():
            raise TagonautError(f"{photos} is not a folder")
        if to is not None and to.exists() and not to.is_dir():
            raise TagonautError(f"{to} is not a folder")
        if to is not None and to.resolve() == photos.resolve():
            raise TagonautError(f"{to} is the folder of the photos: to change them there, in place")
        if to is not None and photos.resolve().is_relative_to(to.resolve()):
            raise TagonautError(
                f"{photos} lies in {to}: copies would come among the photos, give them a folder of"
                " their own"
            )
        return cls(photos, to, sidecar)


@dataclass(frozen=True)
class Place:
    """Where the tags of a photo go: the journalled path, and the sidecar beside the source."""

    name: Path
    path: bytes
    sidecar: Path | None = None
    note: str = ""

    @classmethod
    def of(cls, layout: Layout, name: Path, names: ByStem = by_stem) -> Self:
        """``names`` are as in ``sidecar_of``. Raises ``OSError`` for a photo that is not there."""
        source = layout.photos / name
        note = ""
        if is_raw(name):
            note = RAW_NOTE
        elif layout.to is None and not layout.sidecar and _is_read_only(source):
            note = READ_ONLY_NOTE
        if not note and not layout.sidecar:
            return cls(name, os.fsencode(name))
        sidecar = sidecar_of(source, names)
        path = os.fsencode(name.with_name(sidecar.name))
        return cls(name, path, sidecar, "" if layout.sidecar else note)

    @property
    def asked(self) -> list[bytes]:
        """The paths that the journal may know something of."""
        return list({self.path, os.fsencode(self.name)})


def sight(
    layout: Layout,
    place: Place,
    known: Mapping[bytes, Seen],
    run: str,
    *,
    break_links: bool = False,
) -> Photo | Outcome:
    """A photo that the run has to look into, or that there is nothing to do.

    ``known`` is what the journal says. A file of several names is left alone unless
    ``break_links``. Raises ``PictureError`` for one that has to be left alone, ``OSError`` for one
    that is not there.
    """
    name = place.name
    source = layout.photos / name
    if layout.to is None:
        check_own_file(source)
    elif not source.is_file():
        source.stat()
        raise PictureError("not a file")
    now = stamp(source)
    seen = known.get(place.path)
    if place.sidecar is not None:
        before = known.get(os.fsencode(name))
        if place.note == READ_ONLY_NOTE and before and (before.run, before.left) == (run, now):
            return Outcome(name, "nothing to do")
        return _sight_sidecar(layout, place, place.sidecar, seen, now, run, break_links)
    if layout.to is None:
        if seen and seen.run == run and seen.left == now:
            return Outcome(name, "nothing to do")
        if not break_links:
            check_one_name(source)
        return Photo(
            place.path, source, source, source, source=now, seen=now, there=identity(source)
        )
    return _sight_copy(layout.to / name, place, source, seen, now, run, break_links)


def _sight_copy(
    target: Path,
    place: Place,
    source: Path,
    seen: Seen | None,
    now: Stamp,
    run: str,
    break_links: bool,
) -> Photo | Outcome:
    there = _there(target)
    afresh = Photo(place.path, source, source, target, source=now, seen=now, there=there)
    if there is None:
        return afresh
    if seen is None:
        raise PictureError(f"{target} is there already, and not by Tagonaut: left alone")
    if (seen.run, seen.source, seen.left) == (run, now, there.stamp):
        return Outcome(place.name, "nothing to do")
    if not break_links:
        check_one_name(target)
    if seen.source != now:
        if seen.left != there.stamp:
            raise PictureError(f"it has changed, and so has {target}: left alone")
        return afresh
    return Photo(place.path, target, target, target, source=now, seen=there.stamp, there=there)


def _sight_sidecar(
    layout: Layout,
    place: Place,
    own: Path,
    seen: Seen | None,
    now: Stamp,
    run: str,
    break_links: bool,
) -> Photo | Outcome:
    source = layout.photos / place.name
    target = own if layout.to is None else (layout.to / place.name).with_name(own.name)
    there = _there(target)
    copy_to = None if layout.to is None else layout.to / place.name
    if copy_to is not None:
        _check_copy(source, copy_to, now, seen)
    copied = copy_to is None or os.path.lexists(copy_to)
    left = there.stamp if there else ABSENT
    if copied and seen and (seen.run, seen.source, seen.left) == (run, now, left):
        return Outcome(place.name, "nothing to do")
    if there is not None and not break_links:
        check_one_name(target)
    if there is not None and layout.to is None and _is_read_only(target):
        raise PictureError(f"its sidecar {target.name} may not be written: left alone")
    base: Path | None = target if there is not None else None
    if layout.to is not None:
        if there is not None and seen is None:
            raise PictureError(f"{target} is there already, and not by Tagonaut: left alone")
        if base is None and own.is_file():
            base = own
    return Photo(
        path=place.path,
        picture=source,
        base=base,
        target=target,
        source=now,
        seen=None if base is None else stamp(base),
        there=there,
        sidecar_of=os.fsencode(place.name),
        copy_to=copy_to,
        notes=(place.note,) if place.note else (),
    )


def _check_copy(source: Path, copy_to: Path, now: Stamp, seen: Seen | None) -> None:
    """Raise ``PictureError`` for a file at the place of a copy that is not ours to replace."""
    there = _there(copy_to)
    if there is None or there.stamp == now or (seen is not None and there.stamp == seen.source):
        return
    if digest(source) != digest(copy_to):
        raise PictureError(f"{copy_to} is there already, and not by Tagonaut: left alone")


def _is_read_only(path: Path) -> bool:
    """Whether its owner protected it, or we may not write it; not so for what is no plain file."""
    mode = path.lstat().st_mode
    return S_ISREG(mode) and (not mode & 0o222 or not os.access(path, os.W_OK))


def _there(target: Path) -> Identity | None:
    if not os.path.lexists(target):
        return None
    check_own_file(target)
    return identity(target)
