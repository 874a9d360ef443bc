"""A changed copy of a photo: ExifTool writes it, and it is read back and compared.

Its XMP is changed by us, if it is one packet that is well-formed, so that all else in it stays as
it is.
"""

import re
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from reprlib import repr as shortened

from tagonaut.errors import (
    CheckError,
    MetadataError,
    NoKeywordsError,
    UnsureError,
    UnwritableError,
)
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.metadata.formats import has_maker_notes, points_outside, protected_ranges, recognise
from tagonaut.metadata.iptc import digest_of, edited
from tagonaut.metadata.keywords import format_error, read_keywords, to_windows
from tagonaut.metadata.notations import Words
from tagonaut.metadata.planning import NEW_DIGEST, Change, lacking, restore
from tagonaut.metadata.unchanged import (
    check_exif,
    check_iptc,
    check_pixels,
    check_previews,
    check_warnings,
    check_xmp,
)
from tagonaut.metadata.xmp import (
    is_void,
    lists,
    newly_listed,
    replace_packet,
    rewritten,
    without_lists,
    xmp_lists,
    xmp_packets,
)

_XMP_FIELDS = tuple(field for field in WORD_FIELDS if field.xmp is not None)
_EXIF_FIELDS = tuple(field for field in WORD_FIELDS if field.exif is not None)
# ExifTool copies a file, perhaps over a network.
_BYTES_PER_SECOND = 4 << 20
# Keywords are kilobytes, and XMP has some space to grow into.
_MOST_GROWTH = 1 << 20
# In what ExifTool says of a file that it could not write for other reasons than the file's own.
_OF_THE_DISK = re.compile(
    "creating|opening|renaming|no space|quota|too large|too many open|read-only|permission"
    "|input/output|stale|memory|not say why",
    re.IGNORECASE,
)
# A file that is cut off, or a disk that gives back less than it holds.
_MAYBE_THE_DISK = re.compile("reading|corrupt", re.IGNORECASE)
# A disk has to have so much more space than for the file itself.
_MORE_SPACE = 1 << 16


class ReadBackError(UnwritableError):
    """The fields of a new file are not those that were written."""


def write_copy(
    tool: ExifTool,
    source: Path,
    target: Path,
    before: Keywords,
    change: Change,
    *,
    check_untag: bool = False,
) -> Keywords:
    """Write ``source`` with its fields changed to a new file ``target``; its fields, read back.

    ``before`` are the fields of ``source``. Raises ``MetadataError`` where ExifTool cannot write
    the file, where the fields read back are not those of ``change``, and where anything but
    metadata differs or XMP would be lost, as where it is damaged; a ``target`` may be left then
    that is not to be used. That is an ``UnwritableError`` unless ExifTool itself or a disk failed;
    one that fails in silence shows as the same. The name of ``target`` has no suffix, which
    ExifTool would go by.

    With ``check_untag``, a photo whose XMP is unusual is also refused if what is written could not
    be taken back again; that is tried on a copy.
    """
    if recognise(source) == "TIFF":
        _check_copy(source, source.stat().st_size)
    packets = _packets(tool, source)
    changed = xmp_lists(before) != xmp_lists(change)
    unusual = packets is not None and len(packets) > 1
    after = None
    if changed and packets:
        after = _written_whole(tool, source, target, before, change, packets)
        unusual = unusual or after is None or bool(after.unlisted)
    if after is None:
        by_tool = _Xmp(packets, _lists_changed(before, change))
        after = _written(tool, source, target, before, change, by_tool)
    if check_untag and changed and unusual:
        _check_untag(tool, target, before, after)
    return after


@dataclass(frozen=True)
class _Xmp:
    """The XMP ``packets`` of a photo, if they can be read, and how they are written.

    Either by ExifTool with ``arguments``, or ``new`` takes the place of the first one.
    """

    packets: Sequence[bytes] | None
    arguments: Sequence[str] = ()
    new: bytes | None = None

    @property
    def whole(self) -> bool:
        """Whether a whole packet is written."""
        return self.new is not None or any(one.startswith("-XMP<=") for one in self.arguments)


def _packets(tool: ExifTool, source: Path) -> Sequence[bytes] | None:
    try:
        return xmp_packets(tool, source)[0]
    except MetadataError:
        return None


def _check_untag(tool: ExifTool, tagged: Path, before: Keywords, after: Keywords) -> None:
    with tool.new_file() as untagged:
        try:
            back = restore(after, [(before, after)])
            write_copy(tool, tagged, untagged, after, back)
        except UnsureError:
            raise
        except UnwritableError as error:
            raise UnwritableError(
                f"its XMP is unusual, and the tags could not be taken back ({error}): left alone,"
                " write a sidecar instead (--sidecar)"
            ) from error


def _written_whole(
    tool: ExifTool,
    source: Path,
    target: Path,
    before: Keywords,
    change: Change,
    packets: Sequence[bytes],
) -> Keywords | None:
    """Write the main XMP packet as it stands but for our lists; ``None`` where only ExifTool can.

    ExifTool would renew all of the packet, and leave out what it takes for void.
    """
    packet, wanted = packets[0], xmp_lists(change)
    with ExitStack() as stack:
        try:
            new = rewritten(packet, wanted, change.unlisted)
            # ExifTool removes a packet in which nothing is left.
            void = not any(wanted.values()) and is_void(new)
            if void or without_lists(new) != without_lists(packet):
                return None
            listed = newly_listed(packet, new)
            # Of several packets, the others must not have a part in what changes.
            if len(packets) > 1 and not _has_all_lists(packet, before):
                return None
        except MetadataError:
            return None
        ways = [_Xmp(packets, new=new)] if recognise(source) == "JPEG" else []
        if len(packets) == 1:
            ways.append(_Xmp(packets, [stack.enter_context(_block(tool, new))]))
        for way in ways:
            try:
                after = _written(tool, source, target, before, change, way)
                return replace(after, unlisted=listed)
            except CheckError:
                raise
            except UnwritableError:
                # Only where the file is the reason: an ExifTool that fails is asked no more.
                target.unlink(missing_ok=True)
    return None


def _has_all_lists(packet: bytes, before: Keywords) -> bool:
    return lists(packet) == {
        name: words for name, words in xmp_lists(before).items() if words is not None
    }


@contextmanager
def _block(tool: ExifTool, packet: bytes) -> Iterator[str]:
    """ExifTool's argument that writes a whole packet."""
    with tool.new_file() as file:
        file.write_bytes(_as_block(packet))
        yield f"-XMP<={file.name}"


def _as_block(packet: bytes) -> bytes:
    """The packet as ExifTool takes a whole one: without XML declaration, and escaped once more."""
    packet = packet.strip(b"\0 \t\r\n").removeprefix(b"\xef\xbb\xbf")
    return re.sub(rb"\A<\?xml\s.*?\?>\s*", b"", packet, flags=re.DOTALL).replace(b"&", b"&amp;")


def _written(
    tool: ExifTool, source: Path, target: Path, before: Keywords, change: Change, xmp: _Xmp
) -> Keywords:
    form, size = recognise(source), source.stat().st_size
    digest, block = _new_iptc(before, change, whole_words=form == "TIFF")
    changes = _exif_arguments(before, change)
    if digest != before.digest:
        changes.append(f"-Photoshop:IPTCDigest={digest or ''}")
    errors = _create(tool, source, target, changes, block, xmp)
    grown = target.stat().st_size - size
    if grown > _MOST_GROWTH + size // 2:
        raise CheckError(f"writing would have made the file {grown:,} bytes larger")
    if not xmp.whole:
        check_warnings(errors, {name for (_, name), words in xmp_lists(change).items() if words})
    try:
        return _checked(tool, source, target, before, change, (xmp.packets, block))
    except NoKeywordsError as error:
        # Said of the new file: the old one could be read.
        raise CheckError(str(error)) from error


def _checked(
    tool: ExifTool,
    source: Path,
    target: Path,
    before: Keywords,
    change: Change,
    blocks: tuple[Sequence[bytes] | None, bytes | None],
) -> Keywords:
    """The fields of the new file; ``blocks`` are the old XMP packets and the new IPTC."""
    form = recognise(source)
    old, block = blocks
    after = read_keywords(tool, target)
    check_fields(change, after)
    check_iptc(before, after, block)
    # Those that could not be read before: ExifTool has had its say about them.
    (packets,) = xmp_packets(tool, source) if old is None else (old,)
    check_xmp(tool, packets, target, before, after)
    same = all(change.words(field) == before.words(field) for field in _EXIF_FIELDS)
    check_pixels(source, target, exif=same)
    if not same or (form == "TIFF" and has_maker_notes(source)):
        check_exif(tool, source, target)
    if form == "JPEG" and points_outside(source):
        check_previews(tool, source, target)
    return after


def _create(
    tool: ExifTool,
    source: Path,
    target: Path,
    changes: Sequence[str],
    block: bytes | None,
    xmp: _Xmp,
) -> str:
    """Make the new file, with a new IPTC ``block`` if there is one; ExifTool's complaints."""
    errors = ""
    if xmp.new is not None and not changes and block is None:
        shutil.copyfile(source, target)
    else:
        with ExitStack() as stack:
            name, folder = stack.enter_context(tool.names([source, target.parent]))
            arguments = ["-E", *changes, *xmp.arguments]
            arguments += stack.enter_context(_iptc_arguments(tool, block))
            _, errors = tool.execute(
                [*arguments, "-o", f"{folder}/{target.name}", name],
                timeout=tool.timeout + source.stat().st_size / _BYTES_PER_SECOND,
            )
        if not target.exists():
            reason = format_error(errors).replace(f"{folder}/", "") or "ExifTool does not say why"
            kind = _kind_of(reason, source, target)
            raise kind(f"its metadata cannot be written ({reason})")
    if xmp.new is not None and xmp.packets:
        replace_packet(target, xmp.packets[0], xmp.new)
    return errors


def _kind_of(reason: str, source: Path, target: Path) -> type[MetadataError]:
    """The kind of error for ExifTool's reason: a disk may take the file another time.

    Raises ``OSError`` where ExifTool could not write all and the disk does not take a copy.
    """
    if _OF_THE_DISK.search(reason):
        return MetadataError
    if "writing" in reason:
        try:
            shutil.copyfile(source, target)
            with target.open("ab") as file:
                file.write(bytes(_MORE_SPACE))
        finally:
            target.unlink(missing_ok=True)
    return UnsureError if _MAYBE_THE_DISK.search(reason) else UnwritableError


def _check_copy(source: Path, size: int) -> None:
    """Raise ``MetadataError`` if a copy of the TIFF would hold some of its bytes many times."""
    with source.open("rb") as file:
        try:
            for _ in protected_ranges("TIFF", file.fileno(), size):
                pass
        except (struct.error, IndexError):
            return  # for ExifTool to judge


def _exif_arguments(before: Keywords, change: Change) -> list[str]:
    arguments: list[str] = []
    for field in _EXIF_FIELDS:
        words = change.words(field)
        if words != before.words(field):
            arguments.append(f"-{field.exiftool[0]}={'' if words is None else to_windows(words)}")
    return arguments


def _new_iptc(
    before: Keywords, change: Change, *, whole_words: bool
) -> tuple[str | None, bytes | None]:
    """The digest and the IPTC block that shall be; no block if it stays as it is."""
    record = (before.iptc, before.charset, before.envelope, before.version)
    block = None
    if (change.iptc, change.charset, change.envelope, change.version) != record:
        block = edited(before, change, whole_words=whole_words)
    if change.digest != NEW_DIGEST:
        return change.digest, block
    shall_be = before.blocks.main if block is None else block
    return digest_of(shall_be, before, change.former), block


@contextmanager
def _iptc_arguments(tool: ExifTool, block: bytes | None) -> Iterator[list[str]]:
    """The arguments that write an IPTC block, as long as its file is there."""
    if block is None:
        yield []
    elif not block:
        yield ["-IPTC:all="]
    else:
        with tool.new_file() as file:
            # Asked to take escapes for characters, ExifTool does so in files, too.
            file.write_bytes(block.replace(b"&", b"&amp;"))
            yield [f"-IPTC<={file.name}"]


def _lists_changed(before: Keywords, change: Change) -> list[str]:
    was, shall = xmp_lists(before), xmp_lists(change)
    arguments: list[str] = []
    for field in _XMP_FIELDS:
        assert field.xmp is not None
        if field.xmp.is_tree and was[field.xmp.key] != shall[field.xmp.key]:
            raise UnwritableError(
                f"{field.title} can be changed in one well-formed packet only: left alone, write a"
                " sidecar instead (--sidecar)"
            )
        arguments += _list(field.exiftool[0], was[field.xmp.key], shall[field.xmp.key])
    return arguments


def _list(tag: str, old: Words | None, new: Words | None) -> list[str]:
    """The arguments that make one list of another, leaving alone as much of it as can be."""
    if new == old:
        return []
    if new is None:
        return [f"-{tag}="]
    if new == ():
        return [f"-{tag}^="]
    # Into a list that is there but empty, ExifTool would add behind its one empty word.
    old = old or ()
    if old and new[: len(old)] == old:
        return [f"-{tag}+={_escaped(word)}" for word in new[len(old) :]]
    gone = lacking(new, old)
    # ExifTool takes away a word wherever it stands.
    if not lacking(old, new) and not set(gone) & set(new) and "" not in gone:
        return [f"-{tag}-={_escaped(word)}" for word in dict.fromkeys(gone)]
    return [f"-{tag}={_escaped(word)}" for word in new]


def _escaped(value: str) -> str:
    # Spaces too: ExifTool drops one behind an equals sign.
    return "".join(
        character if character.isalnum() or character > "\x7f" else f"&#{ord(character)};"
        for character in value
    )


def check_fields(change: Change, after: Keywords) -> None:
    """Raise ``ReadBackError`` unless the fields read back are those of the change."""
    read = [(field.title, change.words(field), after.words(field)) for field in WORD_FIELDS]
    digest = after.true_digest if change.digest == NEW_DIGEST else change.digest
    record = [
        ("IPTC CodedCharacterSet", change.charset, after.charset),
        ("IPTCDigest", digest, after.digest),
    ]
    for name, wanted, found in (*read, *record):
        if found != wanted:
            raise ReadBackError(
                f"{name} did not read back as written"
                f" ({shortened(found)} instead of {shortened(wanted)})"
            )
