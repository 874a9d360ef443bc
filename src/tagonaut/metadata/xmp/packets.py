"""Changes of the lists in an XMP packet; every other byte stays as it is.

ExifTool would write the whole packet anew, and leave out what it takes for void, such as the empty
list of masks in darktable's sidecars.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import WORD_FIELDS, Name, Written, XmpName, xmp_key
from tagonaut.metadata.notations import Words
from tagonaut.metadata.xmp.elements import RDF, Element, parse_rdf, space_before

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


def rewritten(packet: bytes, wanted: Mapping[Name, Words | None]) -> bytes:
    """The packet with these lists in place of its own; ``None`` removes a list.

    Raises ``MetadataError`` for text that is no XMP, and lists that are not written as such.
    """
    rdf = parse_rdf(packet)
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
        edits += [(space_before(packet, element.start), element.end, b"") for element in leaving]
    if missing:
        edits.append(_description(packet, rdf, missing))
    for start, end, text in sorted(edits, reverse=True):
        packet = packet[:start] + text + packet[end:]
    return packet


def lists(packet: bytes) -> dict[Name, Words]:
    """The keyword lists that a packet has."""
    rdf = parse_rdf(packet)
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


def without_lists(packet: bytes) -> list[tuple[str, ...]]:
    """A packet without its keyword lists, in a form that is the same whatever its prefixes are."""
    # In UTF-8, like ours: what it declares does not count.
    reader = ElementTree.XMLParser(encoding="utf-8")
    try:
        root = ElementTree.fromstring(packet.rstrip(b"\0"), reader)
    except ElementTree.ParseError as error:
        raise MetadataError(f"the sidecar is no XMP in UTF-8 ({error})") from error
    for rdf in root.iter(f"{{{RDF}}}RDF"):
        kept = []
        for description in rdf:
            description[:] = [child for child in description if _name(child) not in _LISTS]
            if len(description) or not set(description.attrib) <= {f"{{{RDF}}}about"}:
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
        description.children or not _says_nothing(description)
        for description in parse_rdf(packet).children
    )


def _name(element: ElementTree.Element) -> Name:
    space, _, name = element.tag[1:].partition("}")
    return xmp_key(space, name)


def _field(rdf: Element, name: Name) -> Element | None:
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


def _container(element: Element) -> Element | None:
    kinds = {(RDF, "Bag"), (RDF, "Seq"), (RDF, "Alt")}
    one = len(element.children) == 1 and element.children[0].name in kinds
    flat = one and all(item.name == (RDF, "li") for item in element.children[0].children)
    return element.children[0] if flat else None


def _words(element: Element) -> Words:
    container = _container(element)
    assert container is not None
    words = tuple(item.text for item in container.children)
    # As ExifTool has it: one empty word is none.
    return () if words == ("",) else words


def _list_edit(packet: bytes, element: Element, words: Words) -> tuple[int, int, bytes]:
    """The edit of a list's container: items that stay byte for byte, new ones like them."""
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
        there[item.text].append(packet[space_before(packet, item.start) : item.end])
    last = items[-1]
    space = packet[space_before(packet, last.start) : last.start].decode()
    chunks = []
    for word in words:
        new = f"{space}<{last.written}>{_escaped(word)}</{last.written}>".encode()
        chunks.append(there[word].pop(0) if there[word] else new)
    return container.opened, last.end, b"".join(chunks)


def _description(
    packet: bytes, rdf: Element, missing: Mapping[Name, Words]
) -> tuple[int, int, bytes]:
    """A further description, as XMP allows any number of them, at the end."""
    about = next((d.attributes.get((RDF, "about"), "") for d in rdf.children), "")
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
    place = space_before(packet, rdf.closing)
    return place, place, "\n".join(lines).encode()


def _says_nothing(description: Element) -> bool:
    return set(description.attributes) <= {(RDF, "about")}


def _escaped(word: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        word = word.replace(character, entity)
    return word.replace("\r", "&#13;")
