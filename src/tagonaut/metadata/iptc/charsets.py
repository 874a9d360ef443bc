"""The encodings of IPTC text: declared, seen in the bytes, or not to be known.

Text whose character set is not declared and that is neither ASCII nor UTF-8 is handed on as
Windows-1252, from which its bytes can be had back. That is a guess: it may be KOI8-R, Shift-JIS or
MacRoman. Whether it may be copied to where text has a meaning is for ``Meaning`` to say.
"""

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from tagonaut.errors import TagonautError
from tagonaut.metadata.fields import UTF8, Encoding
from tagonaut.metadata.tags import alike

_UTF8_CHARSET = b"\x1b%G"
_FROM_LATIN = {
    byte: ord(bytes([byte]).decode("cp1252"))
    for byte in range(256)
    if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_TO_LATIN = {character: byte for byte, character in _FROM_LATIN.items()}
# What programs wrote without saying so, to be recognised by a keyword that XMP has too.
_USUAL = (
    *("cp1252", "mac_roman", "cp1250", "iso8859_2", "cp1251", "koi8_r", "mac_cyrillic", "cp1253"),
    *("cp1254", "cp1255", "cp1256", "shift_jis", "euc_jp", "gbk", "big5", "euc_kr", "cp850"),
)
_LATIN = {"cp1252", "iso8859-1"}
# The sets of ISO 8859 by the escape sequences of ISO 2022 that declare them.
_DECLARED = {
    b"\x1b" + how + which: f"iso8859_{number}"
    for how in (b",", b"-", b".", b"/")
    for which, number in (
        *((b"A", 1), (b"B", 2), (b"C", 3), (b"D", 4), (b"L", 5), (b"G", 6), (b"F", 7), (b"H", 8)),
        *((b"M", 9), (b"V", 10), (b"Y", 13)),
    )
}


def encoding_of(texts: Sequence[bytes]) -> Encoding:
    """How these texts are encoded, judged by their bytes."""
    if all(text.isascii() for text in texts):
        return "ascii"
    try:
        for text in texts:
            text.decode()
    except UnicodeDecodeError:
        return "latin"
    return "utf-8"


def utf8_or_latin(value: bytes) -> str:
    """A text as UTF-8 where that is valid, else as Windows-1252."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return latin(value)


def latin(value: bytes) -> str:
    """A text as Windows-1252, from which ``to_latin`` has the bytes back."""
    # Five bytes mean nothing in Windows-1252: like ExifTool, take them for control characters.
    return "".join(chr(_FROM_LATIN.get(byte, byte)) for byte in value)


def to_latin(text: str) -> bytes:
    """The inverse of ``latin``; of other texts, what Windows-1252 holds of them."""
    return b"".join(
        bytes([byte]) if (byte := _TO_LATIN.get(ord(character), ord(character))) < 256 else b"?"
        for character in text
    )


def charset_name(value: bytes) -> str:
    """CodedCharacterSet as ExifTool prints it: UTF8, or escape sequences such as ``ESC . A``."""
    if value == _UTF8_CHARSET:
        return UTF8
    spaced = "".join(f" {character}" for character in value.decode("latin-1"))
    return spaced.replace(" \x1b", ", ESC").removeprefix(",").removeprefix(" ")


def charset_value(name: str) -> bytes:
    """The inverse of ``charset_name``."""
    if name == UTF8:
        return _UTF8_CHARSET
    return name.replace("ESC", "\x1b").replace(", ", "").replace(" ", "").encode("latin-1")


def check_charset(name: str) -> None:
    """Raise ``TagonautError`` unless Python knows a character set of that name."""
    try:
        known = isinstance(b"a".decode(name), str)
    except (LookupError, ValueError):
        known = False
    if not known:
        raise TagonautError(
            f"{name!r} is no character set that Python knows: give one such as koi8-r, shift_jis,"
            " mac_roman or cp1252"
        )


@dataclass(frozen=True)
class Meaning:
    """How the keywords of a photo's IPTC have to be understood.

    ``certain``: the block says how its text is encoded, or its bytes do. Otherwise ``charset`` is
    the character set by which they are decoded; ``None`` if nobody can know it.
    """

    certain: bool
    charset: str | None = None

    @classmethod
    def of(
        cls,
        words: Sequence[str] | None,
        charset: str | None,
        encoding: Encoding | None,
        *,
        others: Iterable[str] = (),
        named: str | None = None,
    ) -> Self:
        """The meaning of ``words``, as read from a block of that ``charset`` and ``encoding``.

        Where these do not tell, it is by the character set ``named`` by a person, or by the one in
        which a word is among ``others``, the keywords that the photo has elsewhere.
        """
        if encoding != "latin" or charset == UTF8:
            return cls(True)
        declared = _DECLARED.get(charset_value(charset or ""))
        return cls(False, declared or named or _by_evidence(words or (), others))

    def word(self, word: str) -> str | None:
        """A keyword as its writer meant it; ``None`` where nobody can know."""
        data = to_latin(word)
        if self.certain or word.isascii() or latin(data) != word:
            return word
        for name in ("utf-8", self.charset):
            if name is not None and (text := _decoded(data, name)) is not None:
                return text
        return None

    def holds(self, word: str) -> bool:
        """Whether readers will understand a new keyword in that IPTC."""
        is_latin = self.charset is not None and codecs.lookup(self.charset).name in _LATIN
        return self.certain or word.isascii() or is_latin


def _by_evidence(words: Iterable[str], subject: Iterable[str]) -> str | None:
    there = {alike(word) for word in subject if not word.isascii()}
    texts = [to_latin(word) for word in words if not word.isascii()]
    for name in _USUAL if there else ():
        found = (_decoded(text, name) for text in texts)
        if any(text is not None and alike(text) in there for text in found):
            return name
    return None


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        text = data.decode(charset)
    except UnicodeError:
        return None
    return text if text.isprintable() else None
