"""What is to be done with a photo, by a look at its stamps and at the journal alone."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tagonaut.errors import PictureError, TagonautError
from tagonaut.tagging.records import Seen
from tagonaut.tagging.replacing import Stamp, stamp
from tagonaut.tagging.summary import Outcome
from tagonaut.tagging.writing import Photo, check_own_file


@dataclass(frozen=True)
class Layout:
    """The folder that is walked, and the one that is written below, if it is another."""

    photos: Path
    to: Path | None

    @property
    def root(self) -> Path:
        """The archive that the journal belongs to."""
        return self.to or self.photos

    @classmethod
    def of(cls, photos: Path, to: Path | None, *, in_place: bool) -> Self:
        """Raises ``TagonautError`` unless photos and target fit each other."""
        if (to is not None) == in_place:
            raise TagonautError("either a folder to write to, or in place: exactly one of them")
        if not photos.is_dir():
            raise TagonautError(f"{photos} is not a folder")
        if to is not None and to.exists() and not to.is_dir():
            raise TagonautError(f"{to} is not a folder")
        if to is not None and to.resolve() == photos.resolve():
            raise TagonautError(f"{to} is the folder of the photos: to change them there, in place")
        return cls(photos, to)


def sight(layout: Layout, seen: Seen | None, name: Path, run: str) -> Photo | Outcome:
    """A photo that the run has to look into, or that there is nothing to do.

    ``seen`` is what the journal says. Raises ``PictureError`` for one that has to be left alone,
    ``OSError`` for one that is not there.
    """
    path = os.fsencode(name)
    source = layout.photos / name
    if layout.to is None:
        check_own_file(source)
        now = stamp(source)
        if seen and seen.run == run and seen.left == now:
            return Outcome(name, "nothing to do")
        return Photo(path, source, source, source=now, seen=now, there=now)
    if not source.is_file():
        source.stat()
        raise PictureError("not a file")
    target = layout.to / name
    now = stamp(source)
    there = _there(target)
    afresh = Photo(path, source, target, source=now, seen=now, there=there)
    if there is None:
        return afresh
    if seen is None:
        raise PictureError(f"{target} is there already, and not by Tagonaut: left alone")
    if seen.source != now:
        if seen.left != there:
            raise PictureError(f"it has changed, and so has {target}: left alone")
        return afresh
    if seen.run == run and seen.left == there:
        return Outcome(name, "nothing to do")
    return Photo(path, target, target, source=now, seen=there, there=there)


def _there(target: Path) -> Stamp | None:
    if not os.path.lexists(target):
        return None
    check_own_file(target)
    return stamp(target)
