"""The fields in a plain JPEG's Photoshop block: IPTC, and the digest of it."""

import struct
from hashlib import md5
from typing import Any

from tagonaut.metadata.fields import TEXT_FIELDS, UTF8, WORD_FIELDS, trimmed
from tagonaut.metadata.formats.plain_jpeg.plain import NotPlainError, check_text, check_word

_IPTC_RESOURCE, _DIGEST_RESOURCE = 0x0404, 0x0425
# EXIF, twice, and XMP, which ExifTool reads from here too.
_METADATA_RESOURCES = frozenset({0x0422, 0x0423, 0x0424})

_ENVELOPE_VERSION, _CHARSET, _VERSION = (1, 0), (1, 90), (2, 0)
_UTF8_CHARSET = b"\x1b%G"
_LISTS = {(2, field.iptc): field.name for field in WORD_FIELDS if field.iptc is not None}
_TEXTS = {(2, field.iptc): field.name for field in TEXT_FIELDS if field.iptc is not None}
# Data sets that ExifTool prints as the text that they are.
_PRINTED = frozenset(
    (2, number)
    for number in (
        *(3, 4, 5, 7, 12, 15, 20, 22, 25, 26, 27, 40, 45, 65, 70, 80, 85, 90, 92, 95, 100, 101),
        *(103, 105, 110, 115, 116, 118, 120, 121, 122, 184, 185, 186, 187, 188),
    )
)
# Digits, dates and times, which ExifTool prints in its own way: they tell no encoding.
_OTHERS = frozenset((2, number) for number in (8, 10, 30, 35, 37, 38, 42, 47, 50, 55, 60, 62, 63))


def photoshop_fields(data: bytes) -> dict[str, Any]:
    """The values by attribute of ``Keywords``."""
    resources: dict[int, bytes] = {}
    place = 0
    while place < len(data):
        kind, number, name = struct.unpack_from(">4sHB", data, place)
        if kind != b"8BIM" or number in _METADATA_RESOURCES:
            raise NotPlainError
        place += 6 + (name + 2) // 2 * 2
        (size,) = struct.unpack_from(">I", data, place)
        body = data[place + 4 : place + 4 + size]
        if len(body) < size:
            raise NotPlainError
        if number in {_IPTC_RESOURCE, _DIGEST_RESOURCE}:
            if number in resources:
                raise NotPlainError
            resources[number] = body
        place += 4 + (size + 1) // 2 * 2
    digest, iptc = resources.get(_DIGEST_RESOURCE), resources.get(_IPTC_RESOURCE)
    if digest is not None and len(digest) != 16:
        raise NotPlainError
    found = {} if iptc is None else _iptc_fields(iptc)
    return found | {"digest": None if digest is None else digest.hex()}


def _iptc_fields(data: bytes) -> dict[str, Any]:
    versions, texts = _data_sets(data)
    every = [text for some in texts.values() for text in some]
    ascii = all(text.isascii() for text in every)
    # ExifTool tells the last alone of some texts, and judges by it how they are encoded.
    repeated = any(len(some) > 1 for key, some in texts.items() if key not in _LISTS)
    charset = versions.get(_CHARSET)
    if not data or (repeated and not ascii) or charset not in {None, _UTF8_CHARSET}:
        raise NotPlainError
    # The very digest that Photoshop's block has where it is current.
    digest = md5(data, usedforsecurity=False).hexdigest()
    return {
        **{name: _words(texts[key]) for key, name in _LISTS.items() if key in texts},
        **{name: _text(texts[key]) for key, name in _TEXTS.items() if key in texts},
        "charset": None if charset is None else UTF8,
        "envelope": _number(versions.get(_ENVELOPE_VERSION)),
        "version": _number(versions.get(_VERSION)),
        "true_digest": digest,
        "encoding": "ascii" if ascii else "utf-8",
        "seal": digest,
    }


_Key = tuple[int, int]


def _data_sets(data: bytes) -> tuple[dict[_Key, bytes], dict[_Key, list[str]]]:
    """Versions and the character set; and all texts."""
    place = record = 0
    versions: dict[_Key, bytes] = {}
    texts: dict[_Key, list[str]] = {}
    while place < len(data):
        mark, after, dataset, size = struct.unpack_from(">BBBH", data, place)
        value = data[place + 5 : place + 5 + size]
        place += 5 + size
        if mark != 0x1C or size & 0x8000 or len(value) < size or after < record:
            raise NotPlainError
        record, key = after, (after, dataset)
        if key in {_ENVELOPE_VERSION, _VERSION, _CHARSET}:
            if key in versions or (dataset == 0 and size != 2):
                raise NotPlainError
            versions[key] = value
        elif key in _PRINTED or (key in _OTHERS and value.isascii()):
            texts.setdefault(key, []).append(value.decode())
        else:
            raise NotPlainError
    return versions, texts


def _words(words: list[str]) -> tuple[str, ...]:
    for word in words:
        check_word(word)
    return tuple(words)


def _text(values: list[str]) -> str | None:
    if len(values) > 1:
        raise NotPlainError
    text = trimmed(values[0])
    check_text(text or "")
    return text


def _number(value: bytes | None) -> str | None:
    return None if value is None else str(int.from_bytes(value, "big"))
