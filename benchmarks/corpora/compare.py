"""What may differ in a photo before and after tagging, and what may not."""

import re
from collections.abc import Iterator, Sequence, Set
from typing import Any

from benchmarks.corpora.look import Looks, is_place

# Its kind, and what differs.
Difference = tuple[str, str]

# Fields of words: more words may stand there afterwards, and all that stood there before.
_WORDS = re.compile(
    r"(Keywords|Subject|HierarchicalSubject|TagsList|XPKeywords|LastKeywordXMP|CatalogSets"
    r"|Categories|HierarchicalKeywords\d*(Keyword|Children|Applied)?\d*|KeywordInfo|Scores)$",
    re.IGNORECASE,
)
_SIGNED = frozenset({"Valid", "Trusted"})
# What writing words into IPTC and XMP brings along.
_ALONG = re.compile(
    r"(CodedCharacterSet|EnvelopeRecordVersion|ApplicationRecordVersion|IPTCDigest"
    r"|CurrentIPTCDigest|XMPToolkit|XMPFileStamps|ExifByteOrder)$"
)
_ALONG_EXIV2 = re.compile(
    r"(Keywords|Subject|subject|HierarchicalSubject|hierarchicalSubject|TagsList|XPKeywords"
    r"|LastKeywordXMP|CatalogSets|categories|Categories|mwg-kw|CharacterSet|RecordVersion"
    r"|ModelVersion|0x0425|IPTCNAA|ImageResources|XMLPacket|XMP)",
)
# What a container says of itself once it has XMP: its version, its header, a longer box.
_CONTAINER = re.compile(
    r"(File:FileType|GIF:GIFVersion|RIFF:.*(ImageWidth|ImageHeight|WebP_Flags)|QuickTime:.*MediaData(Size)?)$"
)
# What ExifTool's validation says of tags that are missing, or not as their standard asks.
_OF_TAGS = re.compile(r"^Missing required|requires ExifVersion|^\[minor\]")
# Blocks as a whole, whose contents are compared one by one.
_BLOCKS = re.compile(
    r"(^|:)(Photoshop|XMP|EXIF|IPTC)$|Exif\.Image\.(ExifTag|GPSTag|IPTCNAA|ImageResources"
    r"|XMLPacket)$|^Exif\..*\.(Offset|MakerNote)$"
)


def unexpected(before: Looks, after: Looks, *, undone: bool) -> list[Difference]:
    """The differences that tagging must not make, or, if ``undone``, that untagging must mend."""
    return [
        *_elsewhere(before, after),
        *_tags(before, after, undone),
        *_lines(before, after, undone),
    ]


def _elsewhere(before: Looks, after: Looks) -> Iterator[Difference]:
    if before.pixels != after.pixels:
        yield "pixels", f"{before.pixels or 'not decoded'} became {after.pixels or 'not decoded'}"
    if before.signature in _SIGNED and after.signature != before.signature:
        yield "signature", f"{before.signature} became {after.signature or 'none'}"
    for warning in after.warnings:
        # Of the tags that are there, all is compared above.
        if warning not in before.warnings and not _OF_TAGS.search(warning):
            yield "ExifTool's validation", warning


def _tags(before: Looks, after: Looks, undone: bool) -> Iterator[Difference]:
    for key in sorted(before.tags.keys() | after.tags.keys()):
        was, now = before.tags.get(key), after.tags.get(key)
        better = key.endswith("Warning") and _is_better(was, now)
        if was == now or _is_place_or_block(key) or better or _is_same_text(was, now):
            continue
        if key.endswith(("XMPToolkit", "HasExtendedXMP")):
            continue
        if undone or not (_WORDS.search(key) or _is_along(key)):
            yield (
                "ExifTool: " + key.rpartition(":")[2],
                f"{key}: {_short(was)} became {_short(now)}",
            )


def _lines(before: Looks, after: Looks, undone: bool) -> Iterator[Difference]:
    for key in sorted(before.exiv2.keys() | after.exiv2.keys()):
        was, now = before.exiv2.get(key), after.exiv2.get(key)
        # Of several packets or blocks in a file, Exiv2 reads one; ExifTool has compared them all.
        one_packet = key.startswith(("Xmp.", "Iptc.")) and (was is None or now is None)
        if was == now or _is_place_or_block(key) or one_packet or key.endswith("HasExtendedXMP"):
            continue
        if undone or not _ALONG_EXIV2.search(key):
            yield "Exiv2: " + key.rpartition(".")[2], f"{key}: {_short(was)} became {_short(now)}"


def _is_place_or_block(key: str) -> bool:
    return is_place(key) or _BLOCKS.search(key) is not None


def _is_along(key: str) -> bool:
    return bool(_ALONG.search(key) or _CONTAINER.search(key))


def _is_better(was: Any, now: Any) -> bool:
    """Whether warnings are gone and none is new."""
    return set(_list(now)) <= set(_list(was))


def digest_made_current(before: Looks, after: Looks) -> bool:
    """Whether a stale IPTCDigest, which tells readers to believe IPTC, is current now."""
    was, now = (
        any("IPTCDigest" in one for one in _list(looks.tags.get("ExifTool:Warning")))
        for looks in (before, after)
    )
    return was and not now


def _is_same_text(was: Any, now: Any) -> bool:
    """Whether a text only reads differently, since its bytes are declared to be UTF-8 now."""
    old, new = map(_list, (was, now))
    try:
        return [str(one).encode("cp1252").decode() for one in old] == [str(one) for one in new]
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False


def _list(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def lost_words(before: Looks, after: Looks, *, ours: Set[str]) -> list[Difference]:
    """Words of people that are gone or in another order, and words that nobody wrote."""
    found: list[Difference] = []
    somewhere = {word for key, value in before.tags.items() for word in _words(key, value)}
    for key in sorted(before.tags.keys() | after.tags.keys()):
        if not _WORDS.search(key):
            continue
        old, new = _words(key, before.tags.get(key)), _words(key, after.tags.get(key))
        if not _in_order(old, new):
            found.append(("words lost or moved", f"{key}: {_short(old)} became {_short(new)}"))
        for word in new:
            parts = {part.strip() for part in re.split(r"[|/]", word)} | {word}
            if word not in old and not parts & (ours | somewhere):
                found.append(("a word that nobody wrote", f"{key}: {word!r}"))
    return found


def _in_tree(text: Any) -> list[str]:
    """The names in ACDSee's categories, in their order."""
    return re.findall(r">\s*([^<>]*[^<>\s])", str(text))


def _words(key: str, value: Any) -> list[str]:
    # Of a keyword in a tree it is also said whether it was applied.
    if value is None or not _WORDS.search(key) or "Applied" in key:
        return []
    words = value if isinstance(value, list) else [value]
    if key.endswith("Categories"):
        words = [part for word in words for part in _in_tree(word)]
    if key.endswith("XPKeywords"):
        words = [part for word in words for part in str(word).split(";")]
    return [str(word).strip() for word in words if str(word).strip()]


def _in_order(some: Sequence[str], all_words: Sequence[str]) -> bool:
    """Whether all of ``some`` stand in ``all_words``, in their order."""
    rest = iter(all_words)
    return all(word in rest for word in some)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
