"""Changes of the lists in an XMP packet; every other byte stays as it is.

ExifTool would write the whole packet anew, and leave out what it takes for void, such as the empty
list of masks in darktable's sidecars.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import WORD_FIELDS, Name, Unlisted, Written, XmpName, xmp_key
from tagonaut.metadata.notations import Words
from tagonaut.metadata.xmp.elements import RDF, Element, parse_rdf, space_before
from tagonaut.metadata.xmp.unlisted import Edit, Place, find_unlisted, put_back, remember

_LISTS: Mapping[Name, XmpName] = {
    field.xmp.key: field.xmp for field in WORD_FIELDS if field.xmp is not None
}

_BY_LOCAL = {one.local: name for name, one in _LISTS.items()}
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

    A list that becomes the one word of an ``unlisted`` is put back as it stood there. Raises
    ``MetadataError`` for text that is no XMP, and properties that are written in other ways.
    """
    rdf = parse_rdf(packet)
    edits: list[Edit] = []
    missing: dict[Name, Words] = {}
    gone: set[int] = set()
    staying: set[int] = set()
    before: dict[tuple[Name, Words], Unlisted] = {
        (_BY_LOCAL[one.name], (one.word,)): one for one in unlisted
    }
    for name, words in wanted.items():
        found = _field(packet, rdf, name)
        if isinstance(found, Place):
            if words != (found.word,):
                edits.append(_unlisted_edit(packet, rdf, found, name, words))
            if words is not None and words != (found.word,) and found.attribute is not None:
                missing[name] = words
        elif found is None and words is not None:
            missing[name] = words
        elif found is not None and words is None:
            gone.add(found.start)
        elif found is not None and words is not None and words != _words(found):
            if (name, words) not in before:
                edits.append(_list_edit(packet, found, words))
                continue
            edit, description = put_back(packet, rdf, found, before[name, words])
            edits.append(edit)
            if description is not None:
                gone.add(found.start)
                staying.add(description.start)
    edits += _removals(packet, rdf, gone, staying)
    if missing:
        edits.append(_description(packet, rdf, missing))
    for start, end, text in sorted(edits, reverse=True):
        packet = packet[:start] + text + packet[end:]
    return packet


def _removals(packet: bytes, rdf: Element, gone: set[int], staying: set[int]) -> Iterator[Edit]:
    """The edits that remove properties, and descriptions that say nothing without them."""
    for description in rdf.children:
        leaving = [child for child in description.children if child.start in gone]
        void = leaving == description.children and _says_nothing(description)
        if leaving and void and description.start not in staying:
            leaving = [description]
        for element in leaving:
            yield space_before(packet, element.start), element.end, b""


def _unlisted_edit(
    packet: bytes, rdf: Element, place: Place, name: Name, words: Words | None
) -> Edit:
    """The edit that makes a list of a plain text, or removes it or an attribute."""
    if words is None and place.attribute is None:
        return space_before(packet, place.start), place.end, b""
    if words is None or place.attribute is not None:
        return place.start, place.end, b""
    text = packet[place.start : place.end]
    opening, _, rest = text.partition(b">")
    inside, _, _ = rest.rpartition(b"</")
    tag = opening.rstrip(b"/").rstrip()
    written = re.split(rb"\s", tag[1:], maxsplit=1)[0]
    prefix = rdf.written.removesuffix("RDF")
    items = [f"<{prefix}li>{_escaped(word)}</{prefix}li>".encode() for word in words]
    if words[:1] == (place.word,):
        items[0] = f"<{prefix}li>".encode() + inside + f"</{prefix}li>".encode()
    kind = f"{prefix}{_LISTS[name].container}".encode()
    listed = b"<" + kind + b">" + b"".join(items) + b"</" + kind + b">"
    return place.start, place.end, tag + b">" + listed + b"</" + written + b">"


def newly_listed(packet: bytes, new: bytes) -> tuple[Unlisted, ...]:
    """The keywords that stand without a list in a packet, and otherwise in a new one."""
    before = _unlisted(packet)
    after = {one.name for one in _unlisted(new)} if before else ()
    return tuple(one for one in before if one.name not in after)


def _unlisted(packet: bytes) -> tuple[Unlisted, ...]:
    rdf = parse_rdf(packet)
    found = {name: _field(packet, rdf, name) for name in _LISTS}
    return tuple(
        remember(packet, _LISTS[name], place)
        for name, place in found.items()
        if isinstance(place, Place)
    )


def lists(packet: bytes) -> dict[Name, Words]:
    """The keyword lists that a packet has."""
    rdf = parse_rdf(packet)
    found = {name: _field(packet, rdf, name) for name in _LISTS}
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
            description[:] = [child for child in description if _name(child.tag) not in _LISTS]
            for written in list(description.attrib):
                if _name(written) in _LISTS:
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
        description.children or not _says_nothing(description)
        for description in parse_rdf(packet).children
    )


def _name(written: str) -> Name:
    """The name of a tag or an attribute as ElementTree has it."""
    space, _, name = written[1:].partition("}") if written[0] == "{" else ("", "", written)
    return xmp_key(space, name)


def _field(packet: bytes, rdf: Element, name: Name) -> Element | Place | None:
    found = [
        child
        for description in rdf.children
        for child in description.children
        if child.name == name
    ]
    plain = list(find_unlisted(packet, rdf, name))
    attributes = sum(name in description.attributes for description in rdf.children)
    if len(found) + attributes == len(plain) == 1:
        return plain[0]
    if plain or attributes or len(found) > 1 or any(_container(one) is None for one in found):
        raise MetadataError(f"{name[1]} in the sidecar is not one list: left alone")
    return found[0] if found else None


def _container(element: Element) -> Element | None:
    kinds = {(RDF, "Bag"), (RDF, "Seq"), (RDF, "Alt")}
    one = len(element.children) == 1 and element.children[0].name in kinds
    flat = one and all(item.name == (RDF, "li") for item in element.children[0].children)
    return element.children[0] if flat else None


def _words(element: Element | Place) -> Words:
    if isinstance(element, Place):
        return (element.word,) if element.word else ()
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
    prefix = rdf.written.removesuffix("RDF")
    # As the others have it, also without the prefix, as in Photoshop 7: readers compare them.
    other = rdf.children[0].attributes if rdf.children else {}
    key = ("", "about") if ("", "about") in other else (RDF, "about")
    about = f'{prefix if key[0] else ""}about="{_escaped(other.get(key, ""))}"'
    written = [(_LISTS[name], words) for name, words in sorted(missing.items())]
    spaces = dict.fromkeys((one.prefix, one.space) for one, _ in written)
    declared = "".join(f' xmlns:{short}="{space}"' for short, space in spaces)
    lines = [f"\n  <{prefix}Description {about}{declared}>"]
    for one, words in written:
        lines += [f"   <{one.prefix}:{one.local}>", f"    <{prefix}{one.container}>"]
        lines += [f"     <{prefix}li>{_escaped(word)}</{prefix}li>" for word in words]
        lines += [f"    </{prefix}{one.container}>", f"   </{one.prefix}:{one.local}>"]
    lines.append(f"  </{prefix}Description>")
    place = space_before(packet, rdf.closing)
    return place, place, "\n".join(lines).encode()


def _says_nothing(description: Element) -> bool:
    return set(description.attributes) <= _ABOUT


def _escaped(word: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        word = word.replace(character, entity)
    return word.replace("\r", "&#13;")
