"""Whether the XMP of two files is the same but for the keyword lists that we write.

ExifTool writes a packet anew: in another order, with elements for attributes, and without what it
cannot read or takes for void, such as darktable's history. None of that may be lost.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from html import escape, unescape
from pathlib import Path

from tagonaut.errors import MetadataError, UnwritableError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.metadata.xmp import without_lists, xmp_packets

_TAG = re.compile(r"""(<[/?A-Za-z_](?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>)""")
_VERBATIM, _COMMENT = ("<![CDATA[", "]]>"), ("<!--", "-->")
_ATTRIBUTE = re.compile(r"""\s([^\s=<>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_EMPTY = "Ignored empty rdf:"
# Of the form that the packet is written in, not of what it says.
_FORMAL = re.compile(r"xmlns(:.*)?|(.*:)?(about|xmptk|parseType|HasExtendedXMP|nodeID)")
# The same as an element: what it names is another packet, that ExifTool may divide anew.
_EXTENDED = re.compile(r"(<(?:[\w.-]+:)?HasExtendedXMP\b[^<>]*>)[^<>]*")
_NO_LISTS = tuple(f for f in WORD_FIELDS if f.xmp and f.xmp.is_tree)
_INSTEAD = "left alone, repair its XMP or write a sidecar instead (--sidecar)"


def check_xmp(
    tool: ExifTool, old: Sequence[bytes], target: Path, before: Keywords, after: Keywords
) -> None:
    """Raise ``UnwritableError``, naming a text, unless all of the packets ``old`` is in ``target``.

    That is every text and every attribute's value, wherever in the photo's packets, but for the
    words of the lists ``before``, which may have become those of ``after``. A packet need not be
    well-formed.
    """
    if not any(old):
        return
    (new,) = xmp_packets(tool, target)
    if old == new:
        return
    # The words of these are no texts of their own.
    inside = any(before.words(field) != after.words(field) for field in _NO_LISTS)
    if inside and len(old) == len(new) and all(map(_same, old, new)):
        return
    lost = _said(old, before) - _said(new, after)
    if lost:
        text = next(iter(lost))
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise UnwritableError(f"writing would lose what its XMP holds: {shown!r}; {_INSTEAD}")


def _same(old: bytes, new: bytes) -> bool:
    """Whether two packets are well-formed and say the same, but for the keyword lists."""
    try:
        return old == new or without_lists(old) == without_lists(new)
    except MetadataError:
        return False


def check_warnings(errors: str, filled: Collection[str]) -> None:
    """Raise ``UnwritableError`` if ExifTool, asked to write, said that it leaves some XMP out.

    ``filled``: names of lists, without their prefixes, that have words in them now: nothing is lost
    of those that were empty.
    """
    for line in errors.splitlines():
        said = unescape(line.strip().removeprefix("Warning: ").rpartition(" - ")[0])
        fixed = said.startswith("[minor] Fixed incorrect")
        if _EMPTY in said and said.rpartition(":")[2] in filled:
            continue
        if line.startswith("Warning: ") and ("XMP" in said or _EMPTY in said) and not fixed:
            raise UnwritableError(f"ExifTool cannot keep its XMP ({said}): {_INSTEAD}")


def _said(packets: Iterable[bytes], lists: Keywords) -> Counter[str]:
    """The number of times that each text occurs, without those of the keyword lists."""
    found = Counter(text for packet in packets for text in _texts(_decoded(packet)))
    ours = (lists.words(field) or () for field in WORD_FIELDS if field.xmp is not None)
    found.subtract(" ".join(word.split()) for words in ours for word in words)
    return +found


def _texts(packet: str) -> Iterator[str]:
    """The texts of elements, then of attributes."""
    if "<!" in packet:
        packet = _replaced(_replaced(packet, _VERBATIM, escape), _COMMENT, lambda _: "")
    parts = _TAG.split(_EXTENDED.sub(r"\1", packet))
    for text in parts[::2]:
        if plain := _plain(text):
            yield plain
    for tag in parts[1::2]:
        if "=" in tag and not tag.startswith("<?"):
            for name, double, single in _ATTRIBUTE.findall(tag):
                if not _FORMAL.fullmatch(name) and (plain := _plain(double or single)):
                    yield plain


def _replaced(packet: str, marks: tuple[str, str], change: Callable[[str], str]) -> str:
    """With what is between each pair of marks changed; in time that grows with the length alone."""
    first, *rest = packet.split(marks[0])
    parts = [first]
    for piece in rest:
        inside, mark, behind = piece.partition(marks[1])
        parts.append(change(inside) + behind if mark else piece)
    return "".join(parts)


def _plain(text: str) -> str:
    # Most of what stands between tags is white space.
    return "" if text.isspace() else " ".join((unescape(text) if "&" in text else text).split())


def _decoded(packet: bytes) -> str:
    """As the packet says, or as its bytes show."""
    if packet.startswith(b"\xff\xfe") or packet[1:2] == b"\0":
        text = packet.decode("utf-16-le", errors="replace")
    elif packet.startswith(b"\xfe\xff") or packet[:1] == b"\0":
        text = packet.decode("utf-16-be", errors="replace")
    else:
        text = packet.decode(errors="replace")
    return text.replace("\0", "").replace("\ufeff", "")
