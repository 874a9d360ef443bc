"""The elements of an XMP packet, with the places of their tags in its text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import Name, xmp_key

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_DEEPEST = 100
_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_SPACE_BEFORE = re.compile(rb"\s*\Z")


@dataclass
class Element:
    """An element, and the places in the text where its tags begin and end.

    The first tag is ``start:opened``, the last one ``closing:end``; ``written`` is its name with
    the prefix, ``spaces`` are the namespaces by prefix.
    """

    name: Name
    written: str
    start: int
    opened: int
    spaces: Mapping[str, str]
    attributes: Mapping[Name, str]
    closing: int = 0
    end: int = 0
    text: str = ""
    children: list["Element"] = field(default_factory=list)


def parse_rdf(packet: bytes) -> Element:
    """The ``rdf:RDF`` of a packet; ``MetadataError`` for text that is no XMP in UTF-8."""
    waiting = [_parsed(packet)]
    while waiting:
        element = waiting.pop()
        if element.name == (RDF, "RDF"):
            if element.closing == element.opened and not element.children:
                raise MetadataError("the sidecar has nothing that could be added to")
            return element
        waiting += element.children
    raise MetadataError("the sidecar is no XMP: it has no rdf:RDF")


def space_before(packet: bytes, place: int) -> int:
    """The place where the white space in front of another place begins."""
    found = _SPACE_BEFORE.search(packet[max(0, place - 200) : place])
    return place - len(found.group()) if found else place


def _parsed(packet: bytes) -> Element:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    outside = Element(("", ""), "", 0, 0, {"xml": "xml"}, {})
    open_elements = [outside]

    def start(written: str, attributes: dict[str, str]) -> None:
        above = open_elements[-1]
        if len(open_elements) > _DEEPEST:
            raise MetadataError("the sidecar is nested too deeply to be XMP")
        declared = {
            name.partition(":")[2]: value
            for name, value in attributes.items()
            if name == "xmlns" or name.startswith("xmlns:")
        }
        spaces = {**above.spaces, **declared}
        place = parser.CurrentByteIndex
        tag = _TAG.match(packet, place)
        if tag is None:
            raise MetadataError("the sidecar's text cannot be followed")
        named = {
            _resolved(name, spaces, ""): value
            for name, value in attributes.items()
            if not name.startswith("xmlns")
        }
        name = _resolved(written, spaces, spaces.get("", ""))
        element = Element(name, written, place, tag.end(), spaces, named)
        above.children.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        element = open_elements.pop()
        element.closing = element.end = element.opened
        if packet[element.opened - 2 : element.opened] != b"/>":
            element.closing = parser.CurrentByteIndex
            element.end = packet.index(b">", element.closing) + 1

    def text(data: str) -> None:
        open_elements[-1].text += data

    def refuse(*_: object) -> None:
        raise MetadataError("the sidecar declares a document type: left alone")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refuse
    try:
        parser.Parse(packet.rstrip(b"\0"), True)
    except expat.ExpatError as error:
        raise MetadataError(f"the sidecar is no XMP in UTF-8 ({error})") from error
    return outside


def _resolved(written: str, spaces: Mapping[str, str], default: str) -> Name:
    prefix, colon, name = written.rpartition(":")
    return xmp_key(spaces.get(prefix, "") if colon else default, name)
