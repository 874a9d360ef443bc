"""Sidecars: keywords in a file beside the photo, as darktable, digiKam and Immich write them."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

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


def by_stem(folder: Path) -> Mapping[str, AbstractSet[str]]:
    """The names in a folder, by their part before the last suffix."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in folder.iterdir():
        found[path.stem].add(path.name)
    return found


def sidecar_of(photo: Path, names: ByStem = by_stem) -> Path:
    """The path of a photo's sidecar, whether it exists or not: ``IMG.jpg.xmp``.

    It is ``IMG.xmp``, as Lightroom writes it, if that exists, ``IMG.jpg.xmp`` does not, and the
    file belongs to this photo: it names the photo's extension, or there is no other ``IMG.*``.
    ``names`` lists the photo's folder like ``by_stem``; pass a cached one for many photos.
    """
    own = photo.with_name(f"{photo.name}.xmp")
    shared = photo.with_suffix(".xmp")
    if own.exists() or not shared.is_file() or shared == photo:
        return own
    with shared.open("rb") as file:
        named = _EXTENSION.search(file.read(1 << 20))
    if named:
        mine = named.group(1).decode(errors="replace").strip().lower()
        return shared if mine == photo.suffix.removeprefix(".").lower() else own
    others = names(photo.parent).get(photo.stem, set()) - {photo.name, shared.name}
    return own if others else shared


def read_sidecar(tool: ExifTool, path: Path) -> Keywords:
    """The keyword fields of a sidecar; none where there is no such file.

    Raises ``MetadataError`` for a file that is not one, or cannot be read.
    """
    try:
        lists(_packet(path))
    except FileNotFoundError:
        return Keywords()
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
    if without_lists(new) != without_lists(packet):
        raise MetadataError("writing would have changed more than keywords in the sidecar")
    with target.open("xb") as file:
        file.write(new)
    after = read_keywords(tool, target)
    check_fields(change, after)
    return replace(after, unlisted=newly_listed(packet, new))


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
