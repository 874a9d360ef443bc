"""Changes of the lists in an XMP packet; every other byte stays as it is.

ExifTool would write the whole packet anew, and leave out what it takes for void, such as the empty
list of masks in darktable's sidecars.
"""

from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree

from tagonaut.errors import NoKeywordsError, UnwritableError
from tagonaut.metadata.fields import WORD_FIELDS, Name, Unlisted, Written, xmp_key
from tagonaut.metadata.notations import Words
from tagonaut.metadata.xmp.edits import (
    description_edit,
    list_edit,
    removals,
    says_nothing,
    unlisted_edit,
)
from tagonaut.metadata.xmp.elements import RDF, parse_rdf
from tagonaut.metadata.xmp.properties import (
    BY_LOCAL,
    LISTS,
    TREES,
    find_property,
    words_of,
)
from tagonaut.metadata.xmp.unlisted import Edit, Place, put_back, remember

_ABOUT = {(RDF, "about"), ("", "about")}

EMPTY = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b" </rdf:RDF>\n"
    b"</x:xmpmeta>\n"
)


def rewritten(
    packet: bytes, wanted: Mapping[Name, Words | None], unlisted: Iterable[Unlisted] = ()
) -> bytes:
    """The packet with these lists in place of its own; ``None`` removes a list.

    A list that gets the words of an ``unlisted`` is put back as it stood there. Raises
    ``MetadataError`` for text that is no XMP, and properties that are written in other ways.
    """
    rdf = parse_rdf(packet)
    edits: list[Edit] = []
    missing: dict[Name, Words] = {}
    gone: set[int] = set()
    staying: set[int] = set()
    before = {(BY_LOCAL[one.name], one.words): one for one in unlisted}
    for name, words in wanted.items():
        found = find_property(packet, rdf, name)
        if found is None:
            if words is not None:
                _check_absent(packet, name)
                missing[name] = words
            continue
        if words == words_of(name, found):
            continue
        back = None if words is None else before.get((name, words))
        element = not isinstance(found, Place) or found.attribute is None
        if words is None and element:
            gone.add(found.start)
        elif isinstance(found, Place):
            edits.append(unlisted_edit(packet, rdf, found, name, words, back))
            if words is not None and found.attribute is not None and name not in TREES:
                missing[name] = words
        elif back is not None:
            edit, description = put_back(packet, rdf, found, back)
            edits.append(edit)
            if description is not None:
                gone.add(found.start)
                staying.add(description.start)
        elif words is not None:
            edits.append(list_edit(packet, found, words))
    edits += removals(packet, rdf, gone, staying)
    if missing:
        edits.append(description_edit(packet, rdf, missing))
    for start, end, text in sorted(edits, reverse=True):
        packet = packet[:start] + text + packet[end:]
    return packet


def _check_absent(packet: bytes, name: Name) -> None:
    space, local = name
    if name in TREES and space.encode() in packet and f":{local}".encode() in packet:
        raise UnwritableError(f"{local} in the sidecar is not understood: left alone")


def newly_listed(packet: bytes, new: bytes) -> tuple[Unlisted, ...]:
    """The keywords that stand without a list in a packet, and otherwise in a new one."""
    before = _unlisted(packet)
    after = {one[:3] for one in _unlisted(new)} if before else set()
    return tuple(one for one in before if one[:3] not in after)


def _unlisted(packet: bytes) -> tuple[Unlisted, ...]:
    rdf = parse_rdf(packet)
    found = {name: find_property(packet, rdf, name) for name in LISTS}
    return tuple(
        remember(packet, LISTS[name], place, words_of(name, place))
        for name, place in found.items()
        if isinstance(place, Place)
    )


def lists(packet: bytes) -> dict[Name, Words]:
    """The keyword lists that a packet has."""
    rdf = parse_rdf(packet)
    found = {name: find_property(packet, rdf, name) for name in LISTS}
    return {name: words_of(name, one) for name, one in found.items() if one is not None}


def xmp_lists(fields: Written) -> dict[Name, Words | None]:
    """The fields that are lists in XMP, as ``rewritten`` takes them."""
    found: dict[Name, Words | None] = {}
    for field in WORD_FIELDS:
        if field.xmp is not None:
            words = fields.words(field)
            found[field.xmp.key] = (
                None if words == field.absent else () if words == field.empty else words
            )
    return found


def without_lists(packet: bytes) -> list[tuple[str, ...]]:
    """A packet without its keyword lists, in a form that is the same whatever its prefixes are."""
    # In UTF-8, like ours: what it declares does not count.
    reader = ElementTree.XMLParser(encoding="utf-8")
    try:
        root = ElementTree.fromstring(packet.rstrip(b"\0"), reader)
    except ElementTree.ParseError as error:
        raise NoKeywordsError(f"the sidecar is no XMP in UTF-8 ({error})") from error
    for rdf in root.iter(f"{{{RDF}}}RDF"):
        kept = []
        for description in rdf:
            description[:] = [child for child in description if _name(child.tag) not in LISTS]
            for written in list(description.attrib):
                if _name(written) in LISTS:
                    del description.attrib[written]
            if len(description) or not {*map(_name, description.attrib)} <= _ABOUT:
                kept.append(description)
        rdf[:] = kept
    return list(_canonical(root))


def _canonical(root: ElementTree.Element) -> Iterator[tuple[str, ...]]:
    """The tags, attributes and stripped texts of a tree, in their order."""
    waiting = [(root, False)]
    while waiting:
        element, is_over = waiting.pop()
        if is_over:
            yield "", (element.tail or "").strip()
            continue
        attributes = (text for pair in sorted(element.attrib.items()) for text in pair)
        yield element.tag, (element.text or "").strip(), *attributes
        waiting.append((element, True))
        waiting += [(child, False) for child in reversed(element)]


def is_void(packet: bytes) -> bool:
    """Whether a packet says nothing at all."""
    return not any(
        description.children or not says_nothing(description)
        for description in parse_rdf(packet).children
    )


def _name(written: str) -> Name:
    """The name of a tag or an attribute as ElementTree has it."""
    space, _, name = written[1:].partition("}") if written[0] == "{" else ("", "", written)
    return xmp_key(space, name)
