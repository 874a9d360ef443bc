"""The elements of an XMP packet, with the places of their tags in its text."""

import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from tagonaut.errors import MetadataError, NoKeywordsError
from tagonaut.limits import DEPTH, PartCount
from tagonaut.metadata.fields import Name, xmp_key

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
# Of white space before a tag: more is not moved with it.
_LONGEST_SPACE = 200


@dataclass(slots=True)
class Element:
    """An element, and the places in the text where its tags begin and end.

    The first tag is ``start:opened``, the last one ``closing:end``; ``written`` is its name with
    the prefix, ``spaces`` are the namespaces by prefix.
    """

    name: Name
    written: str
    start: int
    opened: int
    spaces: ChainMap[str, str]
    attributes: Mapping[Name, str]
    closing: int = 0
    end: int = 0
    texts: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text between its tags, that of its children left out."""
        return "".join(self.texts)


def parse_rdf(packet: bytes) -> Element:
    """The ``rdf:RDF`` of a packet; ``MetadataError`` for text that is no XMP in UTF-8."""
    waiting = [_parsed(packet)]
    while waiting:
        element = waiting.pop()
        if element.name == (RDF, "RDF"):
            if element.closing == element.opened and not element.children:
                raise NoKeywordsError("the sidecar has nothing that could be added to")
            return element
        waiting += element.children
    raise NoKeywordsError("the sidecar is no XMP: it has no rdf:RDF")


def space_before(packet: bytes, place: int) -> int:
    """The place where the white space in front of another place begins."""
    before = packet[max(0, place - _LONGEST_SPACE) : place]
    return place - (len(before) - len(before.rstrip()))


def _parsed(packet: bytes) -> Element:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    outside = Element(("", ""), "", 0, 0, ChainMap({"xml": "xml"}), {})
    parts = PartCount(len(packet), MetadataError)
    open_elements = [outside]

    def start(written: str, attributes: dict[str, str]) -> None:
        above = open_elements[-1]
        parts.add(1 + len(attributes))
        if len(open_elements) > DEPTH.value:
            raise MetadataError(f"the sidecar is nested too deeply to be XMP: it is{DEPTH.over()}")
        declared = {
            name.partition(":")[2]: value
            for name, value in attributes.items()
            if name == "xmlns" or name.startswith("xmlns:")
        }
        # Not a copy each: a packet of some kilobytes can declare a thousand.
        spaces = above.spaces.new_child(declared) if declared else above.spaces
        place = parser.CurrentByteIndex
        tag = _TAG.match(packet, place)
        if tag is None:
            raise NoKeywordsError("the sidecar's text cannot be followed")
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
        open_elements[-1].texts.append(data)

    def refuse(*_: object) -> None:
        raise NoKeywordsError("the sidecar declares a document type: left alone")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refuse
    try:
        parser.Parse(packet.rstrip(b"\0"), True)
    except expat.ExpatError as error:
        raise NoKeywordsError(f"the sidecar is no XMP in UTF-8 ({error})") from error
    return outside


def _resolved(written: str, spaces: Mapping[str, str], default: str) -> Name:
    prefix, colon, name = written.rpartition(":")
    return xmp_key(spaces.get(prefix, "") if colon else default, name)
