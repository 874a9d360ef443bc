"""The fields that a photo's IPTC blocks hold."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import md5, sha256
from typing import Any

from tagonaut.metadata.fields import (
    TEXT_FIELDS,
    UTF8,
    WORD_FIELDS,
    Encoding,
    IptcBlocks,
    Keywords,
    trimmed,
)
from tagonaut.metadata.iptc.charsets import (
    Meaning,
    charset_name,
    encoding_of,
    latin,
    utf8_or_latin,
)
from tagonaut.metadata.iptc.datasets import (
    CHARSET,
    ENVELOPE_VERSION,
    KEYWORD,
    VERSION,
    DataSet,
    parse,
)

_LISTS = {(2, field.iptc): field.name for field in WORD_FIELDS if field.iptc is not None}
_TEXTS = {(2, field.iptc): field.name for field in TEXT_FIELDS if field.iptc is not None}
# Digits, numbers, dates and pictures of record 2: they tell no encoding.
_NO_TEXT = frozenset({0, 8, 10, 30, 37, 42, 47, 50, 55, 62, 125, 151, 152, 153, 200, 201, 202})


def iptc_fields(
    main: bytes | None, further: Sequence[bytes], digest: str | None, *, has_digest: bool = True
) -> dict[str, Any]:
    """The values by attribute of ``Keywords``, ``blocks`` and ``digest`` among them.

    ``main`` is the block where the format keeps its IPTC, ``further`` are those elsewhere in the
    file. ``digest`` is the one in Photoshop's resources. Without ``has_digest`` the format has no
    place for one.
    """
    found = {} if main is None else _fields(main)
    blocks = IptcBlocks(main, tuple(further), sound=main is None or parse(main).sound)
    words = tuple(word for word in further_words(blocks) if word is not None)
    blocks = replace(blocks, words=words)
    if main is not None:
        true = _true_digest(main, digest) if has_digest else None
        found |= {"true_digest": true, "seal": true or sha256(main).hexdigest()}
    return {**found, "digest": digest, "blocks": blocks}


def unwritable(fields: Keywords) -> str:
    """Why the photo's IPTC has to stay as it is; empty if keywords can be written to it.

    ExifTool writes to all blocks at once, and makes one where there is none: people's keywords in
    one block are then hidden by ours in another.
    """
    blocks = fields.blocks
    if blocks.further and blocks.main is not None:
        return f"its IPTC stands in {len(blocks.further) + 1} places"
    if blocks.further:
        return "its IPTC stands where few programs look for it"
    if blocks.pinned:
        return "its IPTC stands behind an index of further pictures, which would be lost"
    return "" if blocks.sound else "its IPTC is damaged"


def _fields(block: bytes) -> dict[str, Any]:
    sets = parse(block).sets
    charset, encoding = _charset(sets), _encoding(sets)
    texts = {
        key: [decoded(one.text, charset, encoding) for one in sets if one.key == key]
        for key in (*_LISTS, *_TEXTS)
    }
    return {
        **{name: tuple(texts[key]) for key, name in _LISTS.items() if texts[key]},
        **{name: trimmed(texts[key][-1]) for key, name in _TEXTS.items() if texts[key]},
        "charset": charset,
        "envelope": _number(sets, ENVELOPE_VERSION),
        "version": _number(sets, VERSION),
        "encoding": encoding,
    }


def decoded(text: bytes, charset: str | None, encoding: Encoding) -> str:
    """A text of a block with that declared character set, and that encoding of all its texts."""
    # Bytes that are no UTF-8 in IPTC that says it is: what its writer meant is Windows-1252.
    return (latin if encoding == "latin" and charset != UTF8 else utf8_or_latin)(text)


def further_words(
    blocks: IptcBlocks, others: Iterable[str] = (), named: str | None = None
) -> list[str | None]:
    """The keywords of further blocks, understood as by ``Meaning.of``."""
    others = [*others]
    return [word for block in blocks.further for word in _words(block, others, named)]


def _words(block: bytes, others: Iterable[str], named: str | None) -> list[str | None]:
    sets = parse(block).sets
    charset, encoding = _charset(sets), _encoding(sets)
    words = [decoded(one.text, charset, encoding) for one in sets if one.key == KEYWORD]
    meaning = Meaning.of(words, charset, encoding, others=others, named=named)
    return [meaning.word(word) for word in words]


def _charset(sets: Iterable[DataSet]) -> str | None:
    values = [one.value for one in sets if one.key == CHARSET]
    return charset_name(values[-1]) if values else None


def _encoding(sets: Iterable[DataSet]) -> Encoding:
    return encoding_of([one.text for one in sets if one.key[0] == 2 and one.key[1] not in _NO_TEXT])


def _number(sets: Iterable[DataSet], key: tuple[int, int]) -> str | None:
    values = [one.value for one in sets if one.key == key]
    return str(int.from_bytes(values[-1], "big")) if values else None


def _true_digest(block: bytes, digest: str | None) -> str:
    """The digest of a block; that without its padding, if it is the one that the photo has.

    A TIFF's block is padded to whole numbers of four bytes. Programs digest it with the padding, or
    without it, and readers take either for current.
    """
    without = md5(parse(block).unpadded, usedforsecurity=False).hexdigest()
    return without if without == digest else md5(block, usedforsecurity=False).hexdigest()
