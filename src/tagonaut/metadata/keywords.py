"""The metadata fields of photos, read: plain JPEGs by ourselves, all else by ExifTool."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import md5
from html import unescape
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import Any
from xml.etree import ElementTree

from tagonaut.errors import MetadataError, NoKeywordsError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import (
    FIELDS,
    TEXT_FIELDS,
    WORD_FIELDS,
    Field,
    Keywords,
    trimmed,
)
from tagonaut.metadata.formats import WITH_IPTC, is_index_before_iptc, read_plain
from tagonaut.metadata.iptc import MAPPED_XMP, agree, iptc_fields, utf8_or_latin
from tagonaut.metadata.xmp.categories import assigned
from tagonaut.metadata.xmp.keyword_tree import tree_text

BATCH = 100

# Of the words of a list in XMP: ExifTool stops there, unless it is to ignore that.
_LONGEST = 1000

# Values by ExifTool's tag with its group.
_Found = Mapping[str, list[bytes]]

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"

# XML, because ExifTool's JSON turns the keyword TRUE into true and drops what is no UTF-8.
# The blocks of IPTC as they stand, for us to judge what is in them: the first, and as many further
# ones as anybody may have.
_READ = (
    *("-X", "-b", "-struct", "-File:FileType", "-MPF0:NumberOfImages", "-IPTC:IPTC"),
    *(f"-Copy{number}:IPTC:IPTC" for number in range(1, 10)),
    # Main: of the picture itself, not of others in the same file. A text may have languages.
    *(
        f"-Main:{tag}" + "*" * (field.kind == "text" and tag.startswith("XMP-"))
        for field in FIELDS
        for tag in field.exiftool
        if not tag.startswith("IPTC:")
    ),
    *(f"-Main:{tag}" for tag in MAPPED_XMP),
    *("-Photoshop:IPTCDigest", "-File:CurrentIPTCDigest", "-Error"),
)


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
        return _parse(output, {name: path}).get(name), errors


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
            found = _parse(output, dict(zip(names, paths, strict=True)))
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
    reason = format_error(errors)
    # One that is silent may have broken down, and what cannot be opened now may be another time.
    silent = not reason or "opening" in reason
    kind = MetadataError if silent else NoKeywordsError
    return kind(f"its metadata cannot be read ({reason or 'ExifTool is silent'})")


def format_error(errors: str) -> str:
    """The first error that ExifTool wrote, without the name that it saw; else its last line."""
    # Asked to take escapes for characters, ExifTool escapes what it says, too.
    lines = [unescape(line.strip()) for line in errors.splitlines() if line.strip()]
    for line in lines:
        if line.startswith("Error: "):
            return line.removeprefix("Error: ").rpartition(" - ")[0] or line
    return lines[-1] if lines else ""


def _parse(output: bytes, files: Mapping[str, Path]) -> dict[str, Keywords | MetadataError]:
    """What ExifTool says of files, by the names that it saw."""
    if not output.strip():
        return {}
    try:
        # An XML reader takes a carriage return for a line feed, unless it is written like this.
        root = ElementTree.fromstring(output.replace(b"\r", b"&#13;"))
    except ElementTree.ParseError as error:
        raise MetadataError(f"ExifTool's answer is not XML ({error})") from error
    names = [(item, item.get(f"{_RDF}about", "")) for item in root]
    return {name: _keywords(item, files[name]) for item, name in names if name in files}


def _keywords(item: ElementTree.Element, file: Path) -> Keywords | MetadataError:
    found: dict[str, list[bytes]] = {}
    blocks: dict[str, list[bytes]] = {}
    for element in item:
        space, _, tag = element.tag[1:].partition("}")
        group = space.removesuffix("/1.0/").rpartition("/")[2]
        found[f"{group}:{tag}"] = values = _values(element)
        if tag == "IPTC" and values[0] not in blocks.setdefault(group, []):
            blocks[group] += values
    if error := found.get("ExifTool:Error"):
        reason = utf8_or_latin(error[0])
        kind = MetadataError if "opening" in reason else NoKeywordsError
        return kind(f"its metadata cannot be read ({reason})")
    true_digest = _one(found, "File:CurrentIPTCDigest")
    has_digest = true_digest is not None or _one(found, "File:FileType") in WITH_IPTC
    main = [
        block
        for block in blocks.pop("IPTC", [])
        # Photo Mechanic has data of its own in the form of IPTC behind a JPEG.
        if not has_digest or md5(block, usedforsecurity=False).hexdigest() == true_digest
    ]
    in_iptc = iptc_fields(
        main[0] if main else None,
        [block for group in sorted(blocks) for block in blocks[group]],
        _one(found, "Photoshop:IPTCDigest"),
        has_digest=has_digest,
    )
    lists = {field.name: _words(field, found) for field in WORD_FIELDS if field.iptc is None}
    texts = {field.name: _text(field, found, in_iptc.get(field.name)) for field in TEXT_FIELDS}
    fields = Keywords(**{**in_iptc, **lists, **texts})
    if "MPF0:NumberOfImages" in found and is_index_before_iptc(file):
        fields = replace(fields, blocks=replace(fields.blocks, pinned=True))
    if fields.digest is None or fields.digest == fields.true_digest:
        return fields
    mapped = {tag: [*map(utf8_or_latin, found.get(tag, ()))] for tag in MAPPED_XMP}
    return replace(fields, blocks=replace(fields.blocks, agree=agree(fields, mapped)))


def _words(field: Field, found: _Found) -> Any:
    values = found.get(field.exiftool[0])
    if values is None:
        return field.absent
    if field.exif is not None:
        return _from_windows(values[0])
    if field.xmp is not None and field.xmp.is_tree:
        paths = assigned(utf8_or_latin(values[0]))
        return field.absent if paths is None else paths or field.empty
    # ExifTool gives one empty word for a list that has none.
    return field.empty if values == [b""] else tuple(map(utf8_or_latin, values))


def _text(field: Field, found: _Found, in_iptc: str | None) -> str | None:
    for tag in field.exiftool:
        if tag.startswith("IPTC:"):
            if in_iptc is not None:
                return in_iptc
            continue
        # ExifTool writes a language behind the tag, unless it is "x-default".
        called = [tag, *(other for other in found if other.startswith(f"{tag}-"))]
        for values in (found[name] for name in called if name in found):
            if (text := trimmed(utf8_or_latin(values[0]))) is not None:
                return text
    return None


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
    return utf8_or_latin(values[0]) if values else None
