"""Whether a photo's XMP says the same in two files, beside the keyword lists that we write.

ExifTool writes a packet anew: in another order, with elements for attributes, and without what it
cannot read or holds to be void, such as darktable's history. Nothing of that must be lost.
"""

import base64
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats.byte_ranges import jpeg_segments, read_at
from tagonaut.metadata.formats.recognise import recognise

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_MAIN = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
# Behind it, a hash of 32 characters, the size of all and the place of this piece.
_EXTENSION_HEAD = len(_EXTENSION) + 40
_PHOTOSHOP = b"Photoshop 3.0\0"
_XMP_IN_PHOTOSHOP = b"8BIM\x04\x24"

_TAG = re.compile(r"""(<[/?A-Za-z_](?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>)""")
_VERBATIM, _COMMENT = ("<![CDATA[", "]]>"), ("<!--", "-->")
_ATTRIBUTE = re.compile(r"""\s([^\s=<>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_EMPTY = "Ignored empty rdf:"
# Of the form that the packet is written in, not of what it says.
_FORMAL = re.compile(r"xmlns(:.*)?|(.*:)?(about|xmptk|parseType|HasExtendedXMP|nodeID)")
_INSTEAD = "left alone, repair its XMP or write a sidecar instead (--sidecar)"


class LostXmpError(MetadataError):
    """ExifTool would lose some of the photo's XMP."""


def check_xmp(
    tool: ExifTool, source: Path, target: Path, before: Keywords, after: Keywords
) -> None:
    """Raise ``LostXmpError``, naming a text, unless all that XMP in ``source`` says is kept.

    That is every text and every attribute's value, wherever in the photo's packets, but for the
    words of the lists ``before``, which may have become those of ``after``. A packet need not be
    well-formed.
    """
    old, new = _packets(tool, source, target)
    if not any(old) or old == new:
        return
    lost = _said(old, before) - _said(new, after)
    if lost:
        text = next(iter(lost))
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise LostXmpError(f"writing would lose what its XMP holds: {shown!r}; {_INSTEAD}")


def check_warnings(errors: str, filled: Collection[str]) -> None:
    """Raise ``LostXmpError`` if ExifTool, asked to write, said that it leaves some XMP out.

    ``filled``: names of lists, without their prefixes, that have words in them now: nothing is lost
    of those that were empty.
    """
    for line in errors.splitlines():
        said = unescape(line.strip().removeprefix("Warning: ").rpartition(" - ")[0])
        fixed = said.startswith("[minor] Fixed incorrect")
        if _EMPTY in said and said.rpartition(":")[2] in filled:
            continue
        if line.startswith("Warning: ") and ("XMP" in said or _EMPTY in said) and not fixed:
            raise LostXmpError(f"ExifTool cannot keep its XMP ({said}): {_INSTEAD}")


def only_packet(tool: ExifTool, path: Path) -> bytes | None:
    """The one XMP packet of a photo; ``None`` if it has none, or several or extensions."""
    (found,) = _packets(tool, path)
    return found[0] if len(found) == 1 else None


def _said(packets: Iterable[bytes], lists: Keywords) -> Counter[str]:
    """How often each text is there, those of the keyword lists left out."""
    found = Counter(text for packet in packets for text in _texts(_decoded(packet)))
    fields = (lists.subject or (), lists.hierarchical, lists.tags_list, lists.last_keywords)
    found.subtract(" ".join(word.split()) for words in (*fields, lists.scores) for word in words)
    return +found


def _texts(packet: str) -> Iterator[str]:
    """Of elements, then of attributes."""
    if "<!" in packet:
        packet = _replaced(_replaced(packet, _VERBATIM, escape), _COMMENT, lambda _: "")
    parts = _TAG.split(packet)
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


def _packets(tool: ExifTool, *paths: Path) -> list[list[bytes]]:
    """The XMP packets of each file."""
    found = [_in_jpeg(path) for path in paths]
    if None not in found:
        return [packets for packets in found if packets is not None]
    with tool.names(paths) as names:
        output, _ = tool.execute(["-X", "-b", "-a", "-Main:XMP", *names])
    try:
        root = ElementTree.fromstring(output.replace(b"\r", b"&#13;"))
    except ElementTree.ParseError as error:
        raise MetadataError(f"its XMP cannot be read back ({error})") from error
    by_name = {item.get(f"{_RDF}about"): item for item in root}
    return [[_bytes(element) for element in by_name.get(name, ())] for name in names]


def _bytes(element: ElementTree.Element) -> bytes:
    text = (element.text or "").encode()
    encoded = element.get(f"{_RDF}datatype", "").endswith("base64Binary")
    return base64.b64decode(text) if encoded else text


def _in_jpeg(path: Path) -> list[bytes] | None:
    """The packets and what is joined of their extensions; ``None`` where ExifTool has to look."""
    if recognise(path) != "JPEG":
        return None
    main: list[bytes] = []
    pieces: dict[bytes, list[tuple[bytes, bytes]]] = {}
    with path.open("rb") as file:
        number = file.fileno()
        for marker, place, size in jpeg_segments(number):
            if marker not in {0xE1, 0xED}:
                continue
            body = read_at(number, place + 4, max(0, size - 4))
            if body.startswith(_MAIN):
                main.append(body[len(_MAIN) :])
            elif body.startswith(_EXTENSION):
                head, piece = body[:_EXTENSION_HEAD], body[_EXTENSION_HEAD:]
                pieces.setdefault(head[-40:-8], []).append((head[-4:], piece))
            elif body.startswith(_PHOTOSHOP) and _XMP_IN_PHOTOSHOP in body:
                return None
    return [*main, *(b"".join(p for _, p in sorted(some)) for some in pieces.values())]
