"""A changed copy of a photo: ExifTool writes it, and it is read back and compared."""

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from reprlib import repr as shortened
from tempfile import NamedTemporaryFile

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.metadata.formats import has_maker_notes, points_outside, protected_ranges, recognise
from tagonaut.metadata.iptc import digest_of, edited
from tagonaut.metadata.keywords import format_error, read_keywords, to_windows
from tagonaut.metadata.notations import Words
from tagonaut.metadata.planning import NEW_DIGEST, Change, lacking
from tagonaut.metadata.unchanged import (
    LostXmpError,
    check_exif,
    check_iptc,
    check_pixels,
    check_previews,
    check_warnings,
    check_xmp,
)
from tagonaut.metadata.xmp import only_packet, rewritten, without_lists, xmp_lists

_XMP_FIELDS = tuple(field for field in WORD_FIELDS if field.xmp is not None)
_EXIF_FIELDS = tuple(field for field in WORD_FIELDS if field.exif is not None)
# ExifTool copies a file, perhaps over a network.
_BYTES_PER_SECOND = 4 << 20
# Keywords are kilobytes, and XMP has some space to grow into.
_MOST_GROWTH = 1 << 20


def write_copy(
    tool: ExifTool, source: Path, target: Path, before: Keywords, change: Change
) -> Keywords:
    """Write ``source`` with its fields changed to a new file ``target``; its fields, read back.

    ``before`` are the fields of ``source``. Raises ``MetadataError`` where ExifTool cannot write
    the file, where the fields read back are not those of ``change``, and where anything but
    metadata differs or XMP would be lost, as where it is damaged; a ``target`` may be left then
    that is not to be used. The name of ``target`` has no suffix, which ExifTool would go by.
    """
    try:
        return _written(tool, source, target, before, change, _lists_changed(before, change))
    except LostXmpError:
        target.unlink(missing_ok=True)
        try:
            return _written_whole(tool, source, target, before, change)
        except MetadataError:
            target.unlink(missing_ok=True)
        raise


def _written_whole(
    tool: ExifTool, source: Path, target: Path, before: Keywords, change: Change
) -> Keywords:
    """Write the XMP packet as it stands but for our lists, so that ExifTool does not renew it."""
    packet = only_packet(tool, source)
    if packet is None:
        raise MetadataError("its XMP is not one packet")
    new = rewritten(packet, xmp_lists(change))
    if without_lists(new) != without_lists(packet):
        raise MetadataError("writing would have changed more than keywords in its XMP")
    with NamedTemporaryFile(prefix="tagonaut-xmp-") as file:
        file.write(_as_block(new))
        file.flush()
        with tool.names([Path(file.name)]) as (name,):
            return _written(tool, source, target, before, change, [f"-XMP<={name}"], whole=True)


def _as_block(packet: bytes) -> bytes:
    """The packet as ExifTool takes a whole one: without XML declaration, and escaped once more."""
    packet = packet.strip(b"\0 \t\r\n").removeprefix(b"\xef\xbb\xbf")
    return re.sub(rb"\A<\?xml\s.*?\?>\s*", b"", packet, flags=re.DOTALL).replace(b"&", b"&amp;")


def _written(
    tool: ExifTool,
    source: Path,
    target: Path,
    before: Keywords,
    change: Change,
    in_xmp: Sequence[str],
    *,
    whole: bool = False,
) -> Keywords:
    form, size = recognise(source), source.stat().st_size
    if form == "TIFF":
        _check_copy(source, size)
    digest, block = _new_iptc(before, change, whole_words=form == "TIFF")
    with ExitStack() as stack:
        name, folder = stack.enter_context(tool.names([source, target.parent]))
        arguments = [*_exif_arguments(before, change), *in_xmp]
        arguments += stack.enter_context(_iptc_arguments(tool, before, block))
        if digest != before.digest:
            arguments.append(f"-Photoshop:IPTCDigest={digest or ''}")
        _, errors = tool.execute(
            [*arguments, "-o", f"{folder}/{target.name}", name],
            timeout=tool.timeout + size / _BYTES_PER_SECOND,
        )
    if not target.exists():
        reason = format_error(errors).replace(f"{folder}/", "") or "ExifTool does not say why"
        raise MetadataError(f"its metadata cannot be written ({reason})")
    grown = target.stat().st_size - size
    if grown > _MOST_GROWTH + size // 2:
        raise MetadataError(f"writing would have made the file {grown:,} bytes larger")
    if not whole:
        check_warnings(errors, {name for (_, name), words in xmp_lists(change).items() if words})
    after = read_keywords(tool, target)
    check_fields(change, after)
    check_iptc(before, after, block)
    check_xmp(tool, source, target, before, after)
    same = all(change.words(field) == before.words(field) for field in _EXIF_FIELDS)
    check_pixels(source, target, exif=same)
    if not same or (form == "TIFF" and has_maker_notes(source)):
        check_exif(tool, source, target)
    if form == "JPEG" and points_outside(source):
        check_previews(tool, source, target)
    return after


def _check_copy(source: Path, size: int) -> None:
    """Raise ``MetadataError`` if a copy of the TIFF would hold some of its bytes many times."""
    with source.open("rb") as file:
        try:
            for _ in protected_ranges("TIFF", file.fileno(), size):
                pass
        except (struct.error, IndexError):
            return  # for ExifTool to judge


def _exif_arguments(before: Keywords, change: Change) -> list[str]:
    arguments = ["-E"]
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
def _iptc_arguments(tool: ExifTool, before: Keywords, block: bytes | None) -> Iterator[list[str]]:
    """The arguments that write an IPTC block, as long as its file is there."""
    if block is None:
        yield []
    elif not block:
        yield ["-IPTC:all="]
    else:
        with NamedTemporaryFile(prefix="tagonaut-iptc-") as file:
            # Asked to take escapes for characters, ExifTool does so in files, too.
            file.write(block.replace(b"&", b"&amp;"))
            file.flush()
            with tool.names([Path(file.name)]) as (name,):
                yield [f"-IPTC<={name}"]


def _lists_changed(before: Keywords, change: Change) -> list[str]:
    was, shall = xmp_lists(before), xmp_lists(change)
    arguments: list[str] = []
    for field in _XMP_FIELDS:
        assert field.xmp is not None
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
    """Raise ``MetadataError`` unless the fields read back are those of the change."""
    read = [(field.title, change.words(field), after.words(field)) for field in WORD_FIELDS]
    digest = after.true_digest if change.digest == NEW_DIGEST else change.digest
    record = [
        ("IPTC CodedCharacterSet", change.charset, after.charset),
        ("IPTCDigest", digest, after.digest),
    ]
    for name, wanted, found in (*read, *record):
        if found != wanted:
            raise MetadataError(
                f"{name} did not read back as written"
                f" ({shortened(found)} instead of {shortened(wanted)})"
            )
