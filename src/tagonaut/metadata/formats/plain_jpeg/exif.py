"""The texts in a plain JPEG's EXIF; keyword fields in it are ExifTool's to read."""

import struct

from tagonaut.metadata.fields import TEXT_FIELDS, WORD_FIELDS, trimmed
from tagonaut.metadata.formats.plain_jpeg.plain import NotPlainError, check_text

_TEXTS = {field.exif: field.name for field in TEXT_FIELDS if field.exif is not None}
# XMP, IPTC, Photoshop's block and further directories, and our lists of words, anywhere in EXIF.
_NOT_PLAIN = frozenset(
    {0x02BC, 0x83BB, 0x8649, 0x014A, *(field.exif for field in WORD_FIELDS if field.exif)}
)
_DIRECTORIES = frozenset({0x8769, 0x8825, 0xA005})
_POINTERS = frozenset({4, 13})
_DEEPEST = 2
_ASCII = 2
_KNOWN_TYPES = frozenset(range(1, 14))


def exif_texts(data: bytes) -> dict[str, str | None]:
    """The texts of the first directory, by name of their field.

    Raises ``NotPlainError`` if there may be other fields in the two directories of the chain, or in
    those of Exif, GPS and Interop.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise NotPlainError
    magic, place = struct.unpack_from(f"{order}HI", data, 2)
    if magic != 42:
        raise NotPlainError
    following = _check_directory(data, order, place, _DEEPEST)
    if following and _check_directory(data, order, following, _DEEPEST):
        raise NotPlainError
    return _texts(data, order, place)


def _check_directory(data: bytes, order: str, place: int, depth: int) -> int:
    """Where the next directory is; 0 if it is the last."""
    values = _entries(data, order, place)
    tags = values[:-1:4]
    if not _NOT_PLAIN.isdisjoint(tags):
        raise NotPlainError
    if not _DIRECTORIES.isdisjoint(tags):
        below = [k for k, tag in enumerate(tags) if tag in _DIRECTORIES]
        if not depth or len(below) > len(_DIRECTORIES):
            raise NotPlainError
        for k in below:
            kind, several, offset = values[4 * k + 1 : 4 * k + 4]
            if kind not in _POINTERS or several != 1:
                raise NotPlainError
            _check_directory(data, order, offset, depth - 1)
    return values[-1]


def _entries(data: bytes, order: str, place: int) -> tuple[int, ...]:
    """Tag, type, count and value of each entry in turn; at the end the next directory's place."""
    (count,) = struct.unpack_from(f"{order}H", data, place)
    return struct.unpack_from(f"{order}" + "HHII" * count + "I", data, place + 2)


def _texts(data: bytes, order: str, place: int) -> dict[str, str | None]:
    values = _entries(data, order, place)
    tags = values[:-1:4]
    found: dict[str, str | None] = {}
    for k, tag in enumerate(tags):
        if tag not in _TEXTS:
            continue
        # ExifTool gives a directory up where it is damaged; the text may stand behind that.
        if tags.count(tag) > 1 or not _KNOWN_TYPES.issuperset(values[1:-1:4]):
            raise NotPlainError
        kind, size, offset = values[4 * k + 1 : 4 * k + 4]
        start = place + 2 + 12 * k + 8 if size <= 4 else offset
        text = data[start : start + size].rstrip(b"\0")
        if kind != _ASCII or start < 8 or start + size > len(data) or b"\0" in text:
            raise NotPlainError
        # Bytes that are no UTF-8 are left to ExifTool.
        value = trimmed(text.decode())
        check_text(value or "")
        found[_TEXTS[tag]] = value
    return found
