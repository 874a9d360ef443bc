"""Lists in the text of an XMP packet changed, and every other byte left as it is.

ExifTool would write the whole packet anew, without what it holds to be void, such as the empty list
of masks in darktable's sidecars.
"""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import WORD_FIELDS, Name, Written, XmpName, xmp_key
from tagonaut.metadata.notations import Words

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LISTS: Mapping[Name, XmpName] = {
    field.xmp.key: field.xmp for field in WORD_FIELDS if field.xmp is not None
}

EMPTY = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b" </rdf:RDF>\n"
    b"</x:xmpmeta>\n"
)

_DEEPEST = 100
_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_SPACE_BEFORE = re.compile(rb"\s*\Z")


@dataclass
class _Element:
    """An element, and where its tags begin and end in the text."""

    name: Name
    written: str
    start: int
    opened: int
    spaces: Mapping[str, str]
    attributes: Mapping[Name, str]
    closing: int = 0
    end: int = 0
    text: str = ""
    children: list["_Element"] = dataclasses.field(default_factory=list)


def rewritten(packet: bytes, wanted: Mapping[Name, Words | None]) -> bytes:
    """The packet with these lists in place of those that it has; ``None``: no such list.

    Raises ``MetadataError`` for text that is no XMP, and lists that are not written as such.
    """
    rdf = _rdf(_parsed(packet))
    edits: list[tuple[int, int, bytes]] = []
    missing: dict[Name, Words] = {}
    gone: set[int] = set()
    for name, words in wanted.items():
        found = _field(rdf, name)
        if found is None and words is not None:
            missing[name] = words
        elif found is not None and words is None:
            gone.add(found.start)
        elif found is not None and words is not None and words != _words(found):
            edits.append(_list_edit(packet, found, words))
    for description in rdf.children:
        leaving = [child for child in description.children if child.start in gone]
        if leaving and leaving == description.children and _says_nothing(description):
            leaving = [description]
        edits += [(_before(packet, element.start), element.end, b"") for element in leaving]
    if missing:
        edits.append(_description(packet, rdf, missing))
    for start, end, text in sorted(edits, reverse=True):
        packet = packet[:start] + text + packet[end:]
    return packet


def lists(packet: bytes) -> dict[Name, Words]:
    """The keyword lists that a packet has."""
    rdf = _rdf(_parsed(packet))
    found = {name: _field(rdf, name) for name in _LISTS}
    return {name: _words(element) for name, element in found.items() if element is not None}


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


def foreign(packet: bytes) -> str:
    """All of a packet but its keyword lists, in one canonical form."""
    # In UTF-8, like ours: what it declares does not count.
    reader = ElementTree.XMLParser(encoding="utf-8")
    try:
        root = ElementTree.fromstring(packet.rstrip(b"\0"), reader)
    except ElementTree.ParseError as error:
        raise MetadataError(f"the sidecar is no XMP in UTF-8 ({error})") from error
    for rdf in root.iter(f"{{{_RDF}}}RDF"):
        for description in list(rdf):
            for child in list(description):
                if _name(child) in _LISTS:
                    description.remove(child)
            if not len(description) and set(description.attrib) <= {f"{{{_RDF}}}about"}:
                rdf.remove(description)
    return ElementTree.canonicalize(ElementTree.tostring(root, "unicode"), strip_text=True)


def is_void(packet: bytes) -> bool:
    """Whether a packet says nothing at all."""
    return not any(
        description.children or not _says_nothing(description)
        for description in _rdf(_parsed(packet)).children
    )


def _name(element: ElementTree.Element) -> Name:
    space, _, name = element.tag[1:].partition("}")
    return xmp_key(space, name)


def _parsed(packet: bytes) -> _Element:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    outside = _Element(("", ""), "", 0, 0, {"xml": "xml"}, {})
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
        element = _Element(name, written, place, tag.end(), spaces, named)
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


def _rdf(outside: _Element) -> _Element:
    waiting = [outside]
    while waiting:
        element = waiting.pop()
        if element.name == (_RDF, "RDF"):
            if element.closing == element.opened and not element.children:
                raise MetadataError("the sidecar has nothing that could be added to")
            return element
        waiting += element.children
    raise MetadataError("the sidecar is no XMP: it has no rdf:RDF")


def _field(rdf: _Element, name: Name) -> _Element | None:
    found = [
        child
        for description in rdf.children
        for child in description.children
        if child.name == name
    ]
    as_attribute = any(name in description.attributes for description in rdf.children)
    if as_attribute or len(found) > 1 or any(_container(element) is None for element in found):
        raise MetadataError(f"{name[1]} in the sidecar is not one list: left alone")
    return found[0] if found else None


def _container(element: _Element) -> _Element | None:
    kinds = {(_RDF, "Bag"), (_RDF, "Seq"), (_RDF, "Alt")}
    one = len(element.children) == 1 and element.children[0].name in kinds
    flat = one and all(item.name == (_RDF, "li") for item in element.children[0].children)
    return element.children[0] if flat else None


def _words(element: _Element) -> Words:
    container = _container(element)
    assert container is not None
    words = tuple(item.text for item in container.children)
    # As ExifTool has it: one empty word is none.
    return () if words == ("",) else words


def _list_edit(packet: bytes, element: _Element, words: Words) -> tuple[int, int, bytes]:
    """What stands in the list's container: items that stay byte for byte, new ones like them."""
    container = _container(element)
    assert container is not None
    items = container.children
    if not items:
        prefix = container.written.removesuffix(container.name[1])
        inside = "".join(f"<{prefix}li>{_escaped(word)}</{prefix}li>" for word in words)
        text = f"<{container.written}>{inside}</{container.written}>".encode()
        return container.start, container.end, text
    there: dict[str, list[bytes]] = defaultdict(list)
    for item in items:
        there[item.text].append(packet[_before(packet, item.start) : item.end])
    last = items[-1]
    space = packet[_before(packet, last.start) : last.start].decode()
    chunks = []
    for word in words:
        new = f"{space}<{last.written}>{_escaped(word)}</{last.written}>".encode()
        chunks.append(there[word].pop(0) if there[word] else new)
    return container.opened, last.end, b"".join(chunks)


def _description(
    packet: bytes, rdf: _Element, missing: Mapping[Name, Words]
) -> tuple[int, int, bytes]:
    """A further description, as XMP allows any number of them, at the end."""
    about = next((d.attributes.get((_RDF, "about"), "") for d in rdf.children), "")
    prefix = rdf.written.removesuffix("RDF")
    written = [(_LISTS[name], words) for name, words in sorted(missing.items())]
    spaces = dict.fromkeys((one.prefix, one.space) for one, _ in written)
    declared = "".join(f' xmlns:{short}="{space}"' for short, space in spaces)
    lines = [f'\n  <{prefix}Description {prefix}about="{_escaped(about)}"{declared}>']
    for one, words in written:
        lines += [f"   <{one.prefix}:{one.local}>", f"    <{prefix}{one.container}>"]
        lines += [f"     <{prefix}li>{_escaped(word)}</{prefix}li>" for word in words]
        lines += [f"    </{prefix}{one.container}>", f"   </{one.prefix}:{one.local}>"]
    lines.append(f"  </{prefix}Description>")
    place = _before(packet, rdf.closing)
    return place, place, "\n".join(lines).encode()


def _says_nothing(description: _Element) -> bool:
    return set(description.attributes) <= {(_RDF, "about")}


def _before(packet: bytes, place: int) -> int:
    """Where the white space in front of a place begins."""
    found = _SPACE_BEFORE.search(packet[max(0, place - 200) : place])
    return place - len(found.group()) if found else place


def _escaped(word: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        word = word.replace(character, entity)
    return word.replace("\r", "&#13;")
