"""Sidecars: keywords in a file beside the photo, as darktable, digiKam and Immich write them."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Literal

from tagonaut.errors import MetadataError
from tagonaut.limits import XMP_SHARE, PartCount, check_plain_file, read_whole
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import Change
from tagonaut.metadata.writing import check_fields
from tagonaut.metadata.xmp import (
    EMPTY,
    is_void,
    lists,
    newly_listed,
    rewritten,
    without_lists,
    xmp_lists,
)

_EXTENSION = re.compile(rb"""SidecarForExtension(?:\s*=\s*["']|>)([^"'<]+)""")


ByStem = Callable[[Path], Mapping[str, AbstractSet[str]]]
SidecarName = Literal["darktable", "adobe"]
"""``darktable``: a new sidecar is called ``IMG.jpg.xmp``; ``adobe``: ``IMG.xmp``."""


def by_stem(folder: Path) -> Mapping[str, AbstractSet[str]]:
    """The names in a folder, by their part before the last suffix."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in folder.iterdir():
        found[path.stem].add(path.name)
    return found


def sidecars_of(photo: Path, names: ByStem = by_stem, *, folder: Path | None = None) -> list[Path]:
    """The sidecars that a photo has, in ``folder`` or beside it: ``IMG.jpg.xmp``, then ``IMG.xmp``.

    darktable and digiKam write the first, Lightroom the second. That belongs to a photo if it names
    the photo's extension, or if there is no other ``IMG.*`` beside the photo. ``names`` lists the
    photo's folder like ``by_stem``; pass a cached one for many photos.
    """
    own, shared = _names(photo, folder)
    found = [own] if own.exists() else []
    if shared in {photo, own} or not shared.is_file():
        return found
    is_mine = names_photo(shared, photo)
    if is_mine is None:
        is_mine = not _namesakes(photo, names)
    return [*found, shared] if is_mine else found


def names_photo(shared: Path, photo: Path) -> bool | None:
    """Whether an ``IMG.xmp`` names the photo's extension as its own; None if it names none."""
    with shared.open("rb") as file:
        named = _EXTENSION.search(file.read(1 << 20))
    if named is None:
        return None
    extension = named.group(1).decode(errors="replace").strip().lower()
    return extension == photo.suffix.removeprefix(".").lower()


def photo_of(sidecar: Path, names: ByStem = by_stem) -> Path:
    """The photo beside a sidecar that it belongs to by the rule of ``sidecars_of``.

    Where there is none, the path without the suffix ``.xmp``.
    """
    own = sidecar.with_suffix("")
    if own.is_file():
        return own
    for name in sorted(names(sidecar.parent).get(sidecar.stem, set()) - {sidecar.name}):
        photo = sidecar.with_name(name)
        if sidecar in sidecars_of(photo, names):
            return photo
    return own


def sidecar_names(photo: Path) -> tuple[Path, Path]:
    """The paths that sidecars of a photo can have beside it."""
    return _names(photo, None)


def sidecar_of(
    photo: Path,
    names: ByStem = by_stem,
    *,
    folder: Path | None = None,
    style: SidecarName = "darktable",
) -> Path:
    """The path of a photo's sidecar: the first that it has, or of that style if it has none.

    Otherwise as ``sidecars_of``. Raises ``MetadataError`` where a new ``IMG.xmp`` could be taken
    for that of another file.
    """
    if found := sidecars_of(photo, names, folder=folder):
        return found[0]
    own, shared = _names(photo, folder)
    if style == "darktable":
        return own
    if others := _namesakes(photo, names):
        raise MetadataError(
            f"{shared.name} could be the sidecar of {others[0]} too: left alone;"
            " --sidecar-name darktable gives each file its own"
        )
    if shared.exists():
        raise MetadataError(
            f"{shared.name} is the sidecar of another file: left alone; --sidecar-name darktable"
            f" writes {own.name}"
        )
    return shared


def _names(photo: Path, folder: Path | None) -> tuple[Path, Path]:
    where = photo.parent if folder is None else folder
    return where / f"{photo.name}.xmp", where / photo.with_suffix(".xmp").name


def _namesakes(photo: Path, names: ByStem) -> list[str]:
    """The other files beside a photo that an ``IMG.xmp`` could belong to."""
    found = names(photo.parent).get(photo.stem, set())
    return sorted(found - {photo.name, photo.with_suffix(".xmp").name})


def read_sidecar(tool: ExifTool, path: Path) -> Keywords:
    """The keyword fields of a sidecar; none where there is no such file.

    Raises ``NoKeywordsError`` for a file that is not one, ``MetadataError`` for one that cannot be
    read.
    """
    try:
        packet = _packet(path)
    except FileNotFoundError:
        return Keywords()
    lists(packet)
    return read_keywords(tool, path)


def write_sidecar(
    tool: ExifTool, source: Path | None, target: Path, before: Keywords, change: Change
) -> Keywords:
    """Write the sidecar ``source`` with its fields changed to a new file; its fields, read back.

    Without a ``source`` it is a new sidecar. ``before`` are the fields of ``source``; all else in
    it stays byte for byte. Raises ``MetadataError`` where it cannot be written, or does not read
    back as ``change``; a ``target`` may be left then that is not to be used.
    """
    try:
        packet = EMPTY if source is None else _packet(source)
    except FileNotFoundError:
        raise MetadataError("the sidecar has vanished") from None
    if lists(packet) != {
        name: words for name, words in xmp_lists(before).items() if words is not None
    }:
        raise MetadataError("the sidecar was changed while it was worked on, or is not understood")
    new = rewritten(packet, xmp_lists(change), change.unlisted)
    _check_only_lists(packet, new)
    with target.open("xb") as file:
        file.write(new)
    after = read_keywords(tool, target)
    check_fields(change, after)
    return replace(after, unlisted=newly_listed(packet, new))


def check_only_lists(before: Path, after: Path) -> None:
    """Raise ``MetadataError`` if two states of a sidecar differ in more than keyword lists."""
    _check_only_lists(_packet(before), _packet(after))


def _check_only_lists(before: bytes, after: bytes) -> None:
    if without_lists(after) != without_lists(before):
        raise MetadataError("writing would have changed more than keywords in the sidecar")


def holds_nothing(path: Path) -> bool:
    """Whether a sidecar is void, so that it may be deleted."""
    return is_void(_packet(path))


def _packet(path: Path) -> bytes:
    """The bytes of a sidecar, unless it is too large: somebody may have called a film ``.xmp``."""
    try:
        check_plain_file(path, MetadataError)
        packet = read_whole(path, "the sidecar's size is", MetadataError, share=XMP_SHARE)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise MetadataError(f"the sidecar cannot be read ({error.strerror})") from error
    PartCount(len(packet), MetadataError).add(packet.count(b"<"))
    return packet
