"""An IPTC block with other keywords: all other data sets stay byte for byte, in their order."""

from collections.abc import Sequence
from hashlib import md5

from tagonaut.metadata.fields import UTF8, Keywords, Written
from tagonaut.metadata.iptc.charsets import charset_value, to_latin
from tagonaut.metadata.iptc.datasets import (
    CHARSET,
    ENVELOPE_VERSION,
    KEYWORD,
    VERSION,
    DataSet,
    Parsed,
    data_set,
    parse,
)
from tagonaut.metadata.iptc.reading import decoded

# The versions that new records say they are of, as ExifTool has it.
_NEW_VERSION = "4"


def edited(before: Keywords, change: Written, *, whole_words: bool = False) -> bytes:
    """The photo's IPTC block with the keywords, character set and versions of ``change``.

    Keywords that stay are the same bytes; new ones come behind the last, encoded as the block is.
    Without a block before, a new one is made. An empty one means that no IPTC shall be left. The
    padding stays too; with ``whole_words``, as in a TIFF, it fills words of four bytes.
    """
    parsed = parse(before.blocks.main or b"")
    sets = _with_keywords(parsed.sets, before, change)
    charset = change.charset
    if charset != before.charset:
        value = None if charset is None else charset_value(charset)
        sets = _with_one(sets, CHARSET, value)
    envelope, version = change.envelope, change.version
    if envelope is None and before.envelope is None and charset not in {None, before.charset}:
        envelope = _NEW_VERSION
    if version is None and not any(one.key[0] == 2 for one in parsed.sets) and change.iptc:
        version = _NEW_VERSION
    for key, old, new in (
        (ENVELOPE_VERSION, before.envelope, envelope),
        (VERSION, before.version, version),
    ):
        if new != old:
            value = None if new is None else int(new).to_bytes(2, "big")
            sets = _with_one(sets, key, value)
    block = b"".join(one.raw for one in sets)
    return block + _padding(len(block), parsed, whole_words) if block else b""


def digest_of(block: bytes | None, before: Keywords, former: str | None) -> str | None:
    """The digest of a block, with or without its padding, as that of the photo was ``before``.

    It is the ``former`` one if that is either.
    """
    if not block:
        return None
    if former in {_md5(block), _md5(parse(block).unpadded)}:
        return former
    old = before.blocks.main
    if old is not None and before.digest not in {None, _md5(old)}:
        without = before.digest == _md5(parse(old).unpadded)
        return _md5(parse(block).unpadded if without else block)
    return _md5(block)


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()


def _padding(size: int, old: Parsed, whole_words: bool) -> bytes:
    """The zeros behind data sets: those of the old block, in a TIFF up to four bytes' words."""
    if not whole_words:
        return old.rest
    beyond = len(old.rest) - -len(old.unpadded) % 4
    return bytes(-size % 4 + max(0, beyond - beyond % 4))


def _with_keywords(sets: Sequence[DataSet], before: Keywords, change: Written) -> list[DataSet]:
    words = list(change.iptc or ())
    assert before.encoding is not None or not sets
    left: list[DataSet] = []
    place = None
    for one in sets:
        if one.key == KEYWORD:
            assert before.encoding is not None
            stays = words[:1] == [decoded(one.text, before.charset, before.encoding)]
            if stays:
                del words[0]
                left.append(one)
            place = len(left)
        else:
            left.append(one)
    if place is None:
        place = next((k for k, one in enumerate(left) if one.key[0] > 2), len(left))
    left[place:place] = [data_set(KEYWORD, _encoded(word, before)) for word in words]
    return left


def _encoded(word: str, before: Keywords) -> bytes:
    as_latin = before.charset != UTF8 and before.encoding == "latin"
    return to_latin(word) if as_latin else word.encode()


def _with_one(sets: Sequence[DataSet], key: tuple[int, int], value: bytes | None) -> list[DataSet]:
    """The data sets with one of that key, in the order of the numbers, or with none."""
    others = [one for one in sets if one.key != key]
    if value is None:
        return others
    place = next((k for k, one in enumerate(others) if _is_behind(one.key, key)), len(others))
    return [*others[:place], data_set(key, value), *others[place:]]


def _is_behind(one: tuple[int, int], key: tuple[int, int]) -> bool:
    return one[0] > key[0] or (one[0] == key[0] and key[1] == 0)
