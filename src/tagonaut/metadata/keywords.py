"""The metadata fields of photos, read: plain JPEGs by ourselves, all else by ExifTool."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from html import unescape
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import Any
from xml.etree import ElementTree

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import (
    FIELDS,
    TEXT_FIELDS,
    UTF8,
    WORD_FIELDS,
    Encoding,
    Field,
    Keywords,
    trimmed,
)
from tagonaut.metadata.formats import read_plain
from tagonaut.metadata.xmp.categories import assigned
from tagonaut.metadata.xmp.keyword_tree import tree_text

BATCH = 100

# Of the words of a list in XMP: ExifTool stops there, unless it is to ignore that.
_LONGEST = 1000

# Values by ExifTool's tag with its group.
_Found = Mapping[str, list[bytes]]

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"

# XML, because ExifTool's JSON turns the keyword TRUE into true and drops what is no UTF-8.
# IPTC as UTF-8, because ExifTool then hands over the bytes as they are, for us to judge.
_READ = (
    *("-X", "-struct", "-charset", "iptc=UTF8", "-IPTC:all"),
    # Main: of the picture itself, not of others in the same file. A text may have languages.
    *(
        f"-Main:{tag}" + "*" * (field.kind == "text" and tag.startswith("XMP-"))
        for field in FIELDS
        for tag in field.exiftool
        if not tag.startswith("IPTC:")
    ),
    *("-Photoshop:IPTCDigest", "-File:CurrentIPTCDigest", "-Error"),
)

_WINDOWS_1252 = {
    byte: ord(bytes([byte]).decode("cp1252"))
    for byte in range(256)
    if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}


def read_keywords(tool: ExifTool, path: Path) -> Keywords:
    """The fields of one file; ``MetadataError`` if it cannot be read."""
    found = _here(path)
    if isinstance(found, MetadataError):
        raise found
    return found or ask(tool, path)


def ask(tool: ExifTool, path: Path) -> Keywords:
    """The fields of one file, read by ExifTool whatever the file is."""
    found, errors = _asked(tool, path)
    if isinstance(found, Keywords) and _is_cut_off(found):
        found, errors = _asked(tool, path, "-m")
    if found is None:
        found = _unread(path, errors)
    if isinstance(found, MetadataError):
        raise found
    return found


def _asked(
    tool: ExifTool, path: Path, *arguments: str
) -> tuple[Keywords | MetadataError | None, str]:
    with tool.names([path]) as (name,):
        output, errors = tool.execute([*arguments, *_READ, name])
        return _parse(output).get(name), errors


def _is_cut_off(found: Keywords) -> bool:
    """Whether ExifTool may have left the rest of a list out: it reads them all if asked anew."""
    return any(
        len(found.words(field) or ()) == _LONGEST for field in WORD_FIELDS if field.xmp is not None
    )


def read_many(
    tool: ExifTool, paths: Iterable[Path]
) -> Iterator[tuple[Path, Keywords | MetadataError]]:
    """Each path, in order, with its fields, or the reason why they cannot be read.

    Paths are taken from the iterable a hundred at a time, and read by one command each time.
    """
    remaining = iter(paths)
    while some := list(islice(remaining, BATCH)):
        yield from zip(some, _read_batch(tool, some), strict=True)


def _read_batch(tool: ExifTool, paths: Sequence[Path]) -> list[Keywords | MetadataError]:
    here = [_here(path) for path in paths]
    asked = [path for path, found in zip(paths, here, strict=True) if found is None]
    rest = iter(_read_files(tool, asked) if asked else [])
    return [next(rest) if found is None else found for found in here]


def _here(path: Path) -> Keywords | MetadataError | None:
    """The fields, or the error, if ExifTool is not needed for them."""
    return _no_file(path) or read_plain(path)


def _no_file(path: Path) -> MetadataError | None:
    """Why ExifTool must not get a name: a pipe or a device it would read for ever."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return MetadataError(f"cannot be read ({error.strerror})")
    return None if S_ISREG(mode) else MetadataError("cannot be read (it is not a plain file)")


def _read_files(tool: ExifTool, paths: Sequence[Path]) -> list[Keywords | MetadataError]:
    try:
        with tool.names(paths) as names:
            output, errors = tool.execute([*_READ, *names], timeout=tool.timeout + len(paths))
            found = _parse(output)
    except MetadataError as error:
        if len(paths) == 1:
            return [error]
        # One file has stopped the whole command: find out which.
        half = len(paths) // 2
        return [*_read_files(tool, paths[:half]), *_read_files(tool, paths[half:])]
    read = [
        found[name] if name in found else _unread(path, errors)
        for name, path in zip(names, paths, strict=True)
    ]
    return [_whole(tool, path, one) for path, one in zip(paths, read, strict=True)]


def _whole(tool: ExifTool, path: Path, found: Keywords | MetadataError) -> Keywords | MetadataError:
    if isinstance(found, MetadataError) or not _is_cut_off(found):
        return found
    try:
        return ask(tool, path)
    except MetadataError as error:
        return error


def _unread(path: Path, errors: str) -> MetadataError:
    if (error := _no_file(path)) is not None:
        return error
    return MetadataError(
        f"its metadata cannot be read ({format_error(errors) or 'ExifTool is silent'})"
    )


def format_error(errors: str) -> str:
    """The first error that ExifTool wrote, without the name that it saw; else its last line."""
    # Asked to take escapes for characters, ExifTool escapes what it says, too.
    lines = [unescape(line.strip()) for line in errors.splitlines() if line.strip()]
    for line in lines:
        if line.startswith("Error: "):
            return line.removeprefix("Error: ").rpartition(" - ")[0] or line
    return lines[-1] if lines else ""


def _parse(output: bytes) -> dict[str, Keywords | MetadataError]:
    if not output.strip():
        return {}
    try:
        # An XML reader takes a carriage return for a line feed, unless it is written like this.
        root = ElementTree.fromstring(output.replace(b"\r", b"&#13;"))
    except ElementTree.ParseError as error:
        raise MetadataError(f"ExifTool's answer is not XML ({error})") from error
    return {item.get(f"{_RDF}about", ""): _keywords(item) for item in root}


def _keywords(item: ElementTree.Element) -> Keywords | MetadataError:
    found: dict[str, list[bytes]] = {}
    for element in item:
        space, _, tag = element.tag[1:].partition("}")
        group = space.removesuffix("/1.0/").rpartition("/")[2]
        found[f"{group}:{tag}"] = _values(element)
    if error := found.get("ExifTool:Error"):
        return MetadataError(f"its metadata cannot be read ({_utf8(error[0])})")
    record = {
        tag.removeprefix("IPTC:"): values
        for tag, values in found.items()
        if tag.startswith("IPTC:")
    }
    charset = _one(found, "IPTC:CodedCharacterSet")
    encoding = _encoding([value for values in record.values() for value in values])
    # Bytes that are no UTF-8 in IPTC that says it is: what its writer meant is Windows-1252.
    decode = _latin if encoding == "latin" and charset != UTF8 else _utf8
    true_digest = _one(found, "File:CurrentIPTCDigest")
    words = {field.name: _words(field, found, decode) for field in WORD_FIELDS}
    texts = {field.name: _text(field, found, decode) for field in TEXT_FIELDS}
    return Keywords(
        **words,
        **texts,
        charset=charset,
        envelope=_one(found, "IPTC:EnvelopeRecordVersion"),
        version=_one(found, "IPTC:ApplicationRecordVersion"),
        digest=_one(found, "Photoshop:IPTCDigest"),
        true_digest=true_digest,
        encoding=encoding,
        seal=true_digest or (_seal(record) if record else None),
    )


def _words(field: Field, found: _Found, decode: Callable[[bytes], str]) -> Any:
    values = found.get(field.exiftool[0])
    if values is None:
        return field.absent
    if field.exif is not None:
        return _from_windows(values[0])
    if field.iptc is not None:
        return tuple(map(decode, values))
    if field.xmp is not None and field.xmp.is_tree:
        paths = assigned(_utf8(values[0]))
        return field.absent if paths is None else paths or field.empty
    # ExifTool gives one empty word for a list that has none.
    return field.empty if values == [b""] else tuple(map(_utf8, values))


def _text(field: Field, found: _Found, decode: Callable[[bytes], str]) -> Any:
    for tag in field.exiftool:
        # ExifTool writes a language behind the tag, unless it is "x-default".
        called = [tag, *(other for other in found if other.startswith(f"{tag}-"))]
        for values in (found[name] for name in called if name in found):
            read = decode if tag.startswith("IPTC:") else _utf8
            if (text := trimmed(read(values[0]))) is not None:
                return text
    return None


def _seal(record: _Found) -> str:
    return sha256(repr(sorted(record.items())).encode()).hexdigest()


def _from_windows(digits: bytes) -> tuple[str, ...] | None:
    """The words between the semicolons; ``None`` for text that could not be written back."""
    try:
        text = bytes.fromhex(digits.decode()).decode("utf-16-le")
    except ValueError:
        return None
    return tuple(text.rstrip("\0").split(";"))


def to_windows(words: Sequence[str]) -> str:
    """The bytes of EXIF's XPKeywords, as hexadecimal digits."""
    return (";".join(words) + "\0").encode("utf-16-le").hex()


def _values(element: ElementTree.Element) -> list[bytes]:
    if element.get(f"{_RDF}parseType") == "Resource":
        return [(tree_text(element) or "").encode()]
    bag = element.find(f"{_RDF}Bag")
    items = [element] if bag is None else list(bag)
    return [_value(item) for item in items]


def _value(element: ElementTree.Element) -> bytes:
    text = (element.text or "").encode()
    if not element.get(f"{_RDF}datatype", "").endswith("base64Binary"):
        return text
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise MetadataError(f"ExifTool's answer has bad base64 ({error})") from error


def _one(found: _Found, tag: str) -> str | None:
    values = found.get(tag)
    return _utf8(values[0]) if values else None


def _encoding(texts: Sequence[bytes]) -> Encoding | None:
    if not texts:
        return None
    if all(text.isascii() for text in texts):
        return "ascii"
    try:
        for text in texts:
            text.decode()
    except UnicodeDecodeError:
        return "latin"
    return "utf-8"


def _utf8(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return _latin(value)


def _latin(value: bytes) -> str:
    # Five bytes mean nothing in Windows-1252: like ExifTool, take them for control characters.
    return "".join(chr(_WINDOWS_1252.get(byte, byte)) for byte in value)
