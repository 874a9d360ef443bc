"""Keywords in XMP that are no list: one plain text, or an attribute of the description.

They become a list when a word is added. The list becomes what stood there, byte for byte, when that
word alone is left.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tagonaut.metadata.fields import Name, Unlisted, XmpName, xmp_key
from tagonaut.metadata.notations import Words
from tagonaut.metadata.xmp.elements import Element

_ATTRIBUTE = re.compile(rb"""\s+([^\s=<>"'/]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_LANGUAGE = ("xml", "lang")

Edit = tuple[int, int, bytes]


class Place(NamedTuple):
    """Where an element stands in a packet, or an attribute with the space before it; its text."""

    start: int
    end: int
    text: str
    description: int
    attribute: int | None


def find_unlisted(packet: bytes, rdf: Element, name: Name) -> Iterator[Place]:
    """The places where a property is an attribute or a plain text."""
    for number, description in enumerate(rdf.children):
        if name in description.attributes:
            for index, found in enumerate(_attributes(packet, description)):
                if _resolved(found.group(1), description) == name:
                    yield Place(*found.span(), description.attributes[name], number, index)
        for child in description.children:
            plain = not child.children and child.attributes.keys() <= {_LANGUAGE}
            if child.name == name and plain:
                yield Place(child.start, child.end, child.text, number, None)


def remember(packet: bytes, one: XmpName, place: Place, words: Words) -> Unlisted:
    """The place and the text to put back."""
    text = packet[place.start : place.end].decode()
    return Unlisted(one.local, words, text, place.description, place.attribute)


def put_back(
    packet: bytes, rdf: Element, element: Element, unlisted: Unlisted
) -> tuple[Edit, Element | None]:
    """The edit that puts the text back in place of the list ``element``.

    For an attribute, also the description that gets it; the list has to go, too.
    """
    text = unlisted.text.encode()
    if unlisted.attribute is None:
        return (element.start, element.end, text), None
    description = rdf.children[min(unlisted.description, len(rdf.children) - 1)]
    places = [found.start() for found in _attributes(packet, description)]
    # Behind the last one, before the slash of an empty element.
    tag = packet[description.start : description.opened]
    places.append(description.start + len(tag.rstrip(b">").rstrip(b"/").rstrip()))
    place = places[min(unlisted.attribute, len(places) - 1)]
    return (place, place, text), description


def _attributes(packet: bytes, element: Element) -> list[re.Match[bytes]]:
    return list(_ATTRIBUTE.finditer(packet, element.start, element.opened))


def _resolved(written: bytes, element: Element) -> Name:
    prefix, _, local = written.decode().rpartition(":")
    return xmp_key(element.spaces.get(prefix, ""), local)
