"""The first look at a photo: its stamps and the journal decide whether it needs work."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG
from typing import Self

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import (
    ABSENT,
    Identity,
    Stamp,
    digest,
    identity,
    stamp,
    stamp_or_absent,
)
from tagonaut.files.held import Root
from tagonaut.metadata.formats import is_signed
from tagonaut.metadata.sidecars import ByStem, SidecarName, by_stem, sidecar_of, sidecars_of
from tagonaut.tagging.files import (
    check_apart,
    check_one_name,
    check_own_file,
    is_camera_raw,
    is_raw,
)
from tagonaut.tagging.journal import Seen
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.photo.keyword_plan import Photo
from tagonaut.tagging.summary import Outcome

RAW_NOTE = "raw files are never changed: their tags are in sidecars beside them"
DNG_NOTE = (
    "DNG files are never changed: their tags are in sidecars beside them, as darktable, digiKam and"
    " Immich read them; Lightroom reads only what is in a DNG file"
)
PREVIEW_NOTE = (
    "pictures of which only an embedded preview is read are not changed: their tags are in sidecars"
)
OR_SIDECAR_NOTE = "photos that cannot be written have their tags in sidecars beside them"
READ_ONLY_NOTE = "read-only photos are not changed: their tags are in sidecars beside them"
SIGNED_NOTE = (
    "photos signed with Content Credentials are not changed, or they would become invalid: their"
    " tags are in sidecars beside them, as with --sidecar (--break-signatures writes into them)"
)


@dataclass(frozen=True)
class Layout:
    """The folder of the photos, and that of the tagged copies, if there are any.

    ``sidecar``: only sidecars are written, beside the photos, or to a tree below ``to``; new ones
    have names in the style ``sidecar_name``. Both folders are held from their first use until
    ``close``.
    """

    photos: Path
    to: Path | None
    sidecar: bool = False
    sidecar_name: SidecarName = "darktable"
    held_photos: Root = field(init=False, compare=False)
    held_root: Root = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "held_photos", Root(self.photos))
        object.__setattr__(
            self, "held_root", self.held_photos if self.to is None else Root(self.to)
        )

    def close(self) -> None:
        """Let go of the folders."""
        self.held_photos.close()
        self.held_root.close()

    @property
    def root(self) -> Path:
        """The archive: the folder that the journal belongs to."""
        return self.to or self.photos

    @property
    def copies(self) -> bool:
        """Whether the photos are copied."""
        return self.to is not None and not self.sidecar

    @classmethod
    def of(cls, photos: Path, options: TagOptions) -> Self:
        """Raise ``TagonautError`` for folders that are missing, or that lie in each other."""
        to = None if options.out is None else Path(options.out)
        if not photos.is_dir():
            raise TagonautError(f"{photos} is not a folder")
        if to is not None and to.exists() and not to.is_dir():
            raise TagonautError(f"{to} is not a folder")
        if to is not None and to.resolve() == photos.resolve():
            raise TagonautError(f"{to} is the folder of the photos: tag in place, or name another")
        if to is not None:
            check_apart(photos.resolve(), to.resolve())
        sidecar = options.sidecar or options.sidecar_dir is not None
        return cls(photos, to, sidecar, options.sidecar_name)


@dataclass(frozen=True)
class Target:
    """The target of a photo's tags: its path in the journal, and the sidecar, if it is one.

    ``beside`` are the names of the sidecars that a photo has, which get the tags too.
    ``with_photo``: this is such a sidecar. ``in_vain``: those of them that cannot be written, by
    their paths in the journal, with the reasons.
    """

    name: Path
    path: bytes
    sidecar: Path | None = None
    note: str = ""
    beside: tuple[str, ...] = ()
    with_photo: bool = False
    in_vain: Mapping[bytes, str] = field(default_factory=dict)

    @classmethod
    def of(cls, layout: Layout, name: Path, names: ByStem = by_stem) -> Self:
        """The target of ``name``; ``names`` as in ``sidecar_of``.

        Raises ``OSError``, or ``PictureError`` where a new sidecar would have another file's name.
        """
        source = layout.photos / name
        note = ""
        if is_raw(name):
            note = _raw_note(name)
        elif layout.to is None and not layout.sidecar and _is_read_only(source):
            note = READ_ONLY_NOTE
        if not note and not layout.sidecar:
            beside = tuple(path.name for path in sidecars_of(source, names))
            return cls(name, os.fsencode(name), beside=beside)
        return cls.in_sidecar(layout, name, names, "" if layout.sidecar else note)

    @classmethod
    def in_sidecar(
        cls, layout: Layout, name: Path, names: ByStem = by_stem, note: str = OR_SIDECAR_NOTE
    ) -> Self:
        """The sidecar of ``name`` as its target. Raises ``OSError``."""
        sidecar = _sidecar(layout, name, names)
        found = [path.name for path in sidecars_of(layout.photos / name, names)]
        # A tree has one sidecar for each photo, unless another came among the photos later.
        one = layout.sidecar and layout.to is not None and sidecar.name in found
        beside = () if one else tuple(other for other in found if other != sidecar.name)
        return cls(name, os.fsencode(name.with_name(sidecar.name)), sidecar, note, beside)

    def signed(self, layout: Layout, names: ByStem) -> Self:
        """The target of the photo's tags if nothing may be written into the photo."""
        return self.in_sidecar(layout, self.name, names, SIGNED_NOTE)

    @property
    def journal_paths(self) -> list[bytes]:
        """The paths under which the journal may know the photo and its sidecars."""
        new = (self.name.with_name(f"{self.name.name}.xmp"), self.name.with_suffix(".xmp"))
        beside = {os.fsencode(path) for path in new if self.sidecar is None}
        return list({self.path, os.fsencode(self.name), *self.paths_beside, *beside})

    def with_beside(self, names: Collection[str]) -> Self:
        """This target, and of the sidecars only these."""
        return replace(self, beside=tuple(name for name in self.beside if name in names))

    @property
    def paths_written(self) -> list[bytes]:
        """The paths of the sidecars that are written, in the journal."""
        return [self.path] if self.sidecar is not None else self.paths_beside

    @property
    def paths_beside(self) -> list[bytes]:
        """The paths of the sidecars that the photo has, in the journal."""
        return [os.fsencode(self.name.with_name(sidecar)) for sidecar in self.beside]


def _sidecar(layout: Layout, name: Path, names: ByStem) -> Path:
    """The sidecar for a photo's tags; in a tree of its own it is called as beside the photo."""
    source, style = layout.photos / name, layout.sidecar_name
    if layout.to is None or layout.copies:
        return sidecar_of(source, names, style=style)
    folder = (layout.to / name).parent
    if not sidecars_of(source, names, folder=folder) and (beside := sidecars_of(source, names)):
        return folder / beside[0].name
    return sidecar_of(source, names, folder=folder, style=style)


def inspect(
    layout: Layout,
    target: Target,
    known: Mapping[bytes, Seen],
    run: str,
    *,
    break_links: bool = False,
    has_tags: Callable[[bytes], bool] | None = None,
    names: ByStem = by_stem,
) -> Photo | Outcome:
    """The photo to process, or an outcome if it is already done.

    ``known`` holds the journal's stamps; ``names`` as in ``sidecar_of``. A signed photo gets a
    sidecar, unless it is as we left it and the journal ``has_tags`` of ours in it; without
    ``has_tags``, signatures do not count.
    Raises ``PictureError`` for a photo that must be left alone, such as one with several hard links
    unless ``break_links``, and ``OSError`` for one that is not there.
    """
    name = target.name
    source = layout.photos / name
    if layout.to is None:
        check_own_file(source)
    elif not source.is_file():
        source.stat()
        raise PictureError("not a file")
    now = stamp(source)
    seen = known.get(target.path)
    if target.sidecar is not None:
        before = known.get(os.fsencode(name))
        if target.note == READ_ONLY_NOTE and before and (before.run, before.left) == (run, now):
            return Outcome(name, "nothing to do")
        wanted = run if _are_done(layout, target, known, now, run) else None
        found = _inspect_sidecar(layout, target, target.sidecar, seen, now, wanted, break_links)
        return replace(found, beside=target.beside) if isinstance(found, Photo) else found
    left = now if layout.to is None else stamp_or_absent(layout.to / name)
    ours = seen is not None and seen.left == left
    done = _are_done(layout, target, known, now, run)
    if layout.to is None and done and seen and ours and seen.run == run:
        return Outcome(name, "nothing to do")
    if has_tags and not (ours and has_tags(target.path)) and is_signed(source):
        signed = target.signed(layout, names)
        return inspect(layout, signed, known, run, break_links=break_links)
    if layout.to is None:
        if not break_links:
            check_one_name(source)
        held = layout.held_photos
        there = identity(source)
        photo = Photo(held, held, target.path, source, source, source, now, now, there)
        return replace(photo, beside=target.beside)
    found = _inspect_copy(layout, target, seen, now, run if done else None, break_links)
    return replace(found, beside=target.beside) if isinstance(found, Photo) else found


def inspect_beside(
    layout: Layout,
    photo: Photo,
    sidecar: Path,
    known: Mapping[bytes, Seen],
    run: str,
    *,
    break_links: bool = False,
) -> Photo | Outcome:
    """As ``inspect``, for a sidecar that a photo has, after the photo was written.

    ``sidecar`` is its path relative to the folder.
    """
    path = os.fsencode(sidecar)
    own = layout.photos / sidecar
    target = Target(photo.name, path, own, with_photo=True)
    now = stamp(layout.photos / photo.name)
    return _inspect_sidecar(layout, target, own, known.get(path), now, run, break_links)


def _are_done(
    layout: Layout, target: Target, known: Mapping[bytes, Seen], now: Stamp, run: str
) -> bool:
    """Whether a run has finished the sidecars that a photo has."""
    for path in target.paths_beside:
        seen, left = known.get(path), stamp_or_absent(layout.root / os.fsdecode(path))
        if seen is None or (seen.run, seen.source, seen.left) != (run, now, left):
            return False
        if layout.to is not None and _is_new(
            stamp_or_absent(layout.photos / os.fsdecode(path)), seen
        ):
            return False
    return True


def _is_new(beside: Stamp, seen: Seen) -> bool:
    """Whether the sidecar among the photos came or changed since ours was made from it."""
    return beside not in {ABSENT, seen.beside}


def _inspect_copy(
    layout: Layout,
    target: Target,
    seen: Seen | None,
    now: Stamp,
    run: str | None,
    break_links: bool,
) -> Photo | Outcome:
    """As ``inspect``; without a ``run`` the photo is not done in any case."""
    assert layout.to is not None
    copy, source = layout.to / target.name, layout.photos / target.name
    held = layout.held_photos, layout.held_root
    there = _there(copy)
    afresh = Photo(*held, target.path, source, source, copy, now, now, there)
    if there is None:
        return afresh
    if seen is None:
        raise PictureError(f"{copy} exists, and Tagonaut did not write it: left alone")
    if run and (seen.run, seen.source, seen.left) == (run, now, there.stamp):
        return Outcome(target.name, "nothing to do")
    if not break_links:
        check_one_name(copy)
    if seen.source != now:
        if seen.left != there.stamp:
            raise PictureError(f"it has changed, and so has {copy}: left alone")
        return afresh
    return Photo(*held, target.path, copy, copy, copy, now, there.stamp, there)


def _inspect_sidecar(
    layout: Layout,
    target: Target,
    own: Path,
    seen: Seen | None,
    now: Stamp,
    run: str | None,
    break_links: bool,
) -> Photo | Outcome:
    """As ``inspect``; without a ``run`` the photo is not done in any case."""
    source = layout.photos / target.name
    sidecar = own if layout.to is None else (layout.to / target.name).with_name(own.name)
    copy_to = None
    if layout.to is not None and layout.copies and not target.with_photo:
        copy_to = layout.to / target.name
    there = _there(sidecar)
    if copy_to is not None:
        _check_copy(source, copy_to, now, seen)
    copied = copy_to is None or os.path.lexists(copy_to)
    left = there.stamp if there else ABSENT
    beside = None if layout.to is None else source.with_name(own.name)
    noted = None if beside is None else stamp_or_absent(beside)
    new = bool(noted and seen and _is_new(noted, seen))
    done = run and copied and seen and (seen.run, seen.source, seen.left) == (run, now, left)
    if done and not new:
        return Outcome(target.name, "nothing to do")
    if there is not None and not break_links:
        check_one_name(sidecar)
    if there is not None and layout.to is None and _is_read_only(sidecar):
        raise PictureError(f"its sidecar {sidecar.name} may not be written: left alone")
    base: Path | None = sidecar if there is not None else None
    if beside is not None:
        if there is not None and seen is None:
            raise PictureError(f"{sidecar} exists, and Tagonaut did not write it: left alone")
        if new and seen and seen.left != left and seen.beside is not None:
            raise PictureError(f"it has changed, and so has {sidecar}: left alone")
        if beside.is_file() and (base is None or (new and seen and seen.left == left)):
            base = beside
    return Photo(
        photos=layout.held_photos,
        root=layout.held_root,
        path=target.path,
        picture=source,
        base=base,
        target=sidecar,
        source=now,
        seen=None if base is None else stamp(base),
        there=there,
        sidecar_of=os.fsencode(target.name),
        copy_to=copy_to,
        notes=(target.note,) if target.note else (),
        source_sidecar=noted,
    )


def _check_copy(source: Path, copy_to: Path, now: Stamp, seen: Seen | None) -> None:
    """Raise ``PictureError`` if a file that we did not write is in the way of a copy."""
    there = _there(copy_to)
    if there is None or there.stamp == now or (seen is not None and there.stamp == seen.source):
        return
    if digest(source) != digest(copy_to):
        raise PictureError(f"{copy_to} exists, and Tagonaut did not write it: left alone")


def _raw_note(name: Path) -> str:
    if name.suffix.lower() == ".dng":
        return DNG_NOTE
    return RAW_NOTE if is_camera_raw(name) else PREVIEW_NOTE


def _is_read_only(path: Path) -> bool:
    """Whether a plain file is protected by its owner, or not writable for us."""
    mode = path.lstat().st_mode
    return S_ISREG(mode) and (not mode & 0o222 or not os.access(path, os.W_OK))


def _there(target: Path) -> Identity | None:
    if not os.path.lexists(target):
        return None
    check_own_file(target)
    return identity(target)
