"""The edits that change keyword properties in the text of an XMP packet."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tagonaut.metadata.fields import Name, Unlisted
from tagonaut.metadata.notations import Words
from tagonaut.metadata.xmp.categories import EMPTY_CATEGORIES, with_assigned
from tagonaut.metadata.xmp.elements import RDF, Element, space_before
from tagonaut.metadata.xmp.keyword_tree import tree_packet
from tagonaut.metadata.xmp.properties import LISTS, TREES, container_of
from tagonaut.metadata.xmp.unlisted import Edit, Place

_ABOUT = {(RDF, "about"), ("", "about")}


def removals(packet: bytes, rdf: Element, gone: set[int], staying: set[int]) -> Iterator[Edit]:
    """The edits that remove properties, and descriptions that say nothing without them."""
    for description in rdf.children:
        leaving = [child for child in description.children if child.start in gone]
        void = leaving == description.children and says_nothing(description)
        if leaving and void and description.start not in staying:
            leaving = [description]
        for element in leaving:
            yield space_before(packet, element.start), element.end, b""


def unlisted_edit(
    packet: bytes,
    rdf: Element,
    place: Place,
    name: Name,
    words: Words | None,
    back: Unlisted | None = None,
) -> Edit:
    """The edit that makes a list of a plain text, changes a tree, or removes it.

    ``back`` is how the tree stood before. An attribute is removed, unless it is a tree: its list
    has to be written elsewhere.
    """
    if back and name in TREES and (back.attribute is None) == (place.attribute is None):
        return place.start, place.end, back.text.encode()
    text = packet[place.start : place.end]
    if words is None and place.attribute is None:
        return space_before(packet, place.start), place.end, b""
    if words is not None and name in TREES:
        inside = _tree(rdf, name, with_assigned(place.text, words), text)
        if place.attribute is not None:
            return place.start, place.end, text[: text.index(b"=") + 1] + b'"' + inside + b'"'
    elif words is None or place.attribute is not None:
        return place.start, place.end, b""
    else:
        inside = _listed(rdf, name, words, place.text, text)
    tag = text.partition(b">")[0].rstrip(b"/").rstrip()
    written = re.split(rb"\s", tag[1:], maxsplit=1)[0]
    return place.start, place.end, tag + b">" + inside + b"</" + written + b">"


def _tree(rdf: Element, name: Name, categories: str, text: bytes) -> bytes:
    """A tree as the property has it, that stood in the element ``text``."""
    if LISTS[name].container == "Categories":
        return escaped(categories).encode()
    written = re.split(rb"[\s/>]", text[1:], maxsplit=1)[0].decode()
    prefix = written.removesuffix(LISTS[name].local)
    of_rdf = rdf.written.removesuffix("RDF")
    inside = tree_packet(categories, of_rdf, prefix)
    if b"parseType" not in text.partition(b">")[0]:
        # Then a structure is a description of its own.
        inside = f"<{of_rdf}Description>{inside}</{of_rdf}Description>"
    return inside.encode()


def _listed(rdf: Element, name: Name, words: Words, word: str, text: bytes) -> bytes:
    """A list whose first item stands as the one ``word`` stood in the element ``text``."""
    prefix = rdf.written.removesuffix("RDF")
    items = [f"<{prefix}li>{escaped(one)}</{prefix}li>".encode() for one in words]
    if words[:1] == (word,):
        inside = text.partition(b">")[2].rpartition(b"</")[0]
        items[0] = f"<{prefix}li>".encode() + inside + f"</{prefix}li>".encode()
    kind = f"{prefix}{LISTS[name].container}".encode()
    return b"<" + kind + b">" + b"".join(items) + b"</" + kind + b">"


def list_edit(packet: bytes, element: Element, words: Words) -> tuple[int, int, bytes]:
    """The edit of a list's container: items that stay byte for byte, new ones like them."""
    container = container_of(element)
    assert container is not None
    items = container.children
    if not items:
        prefix = container.written.removesuffix(container.name[1])
        inside = "".join(f"<{prefix}li>{escaped(word)}</{prefix}li>" for word in words)
        text = f"<{container.written}>{inside}</{container.written}>".encode()
        return container.start, container.end, text
    there: dict[str, list[bytes]] = defaultdict(list)
    for item in items:
        there[item.text].append(packet[space_before(packet, item.start) : item.end])
    last = items[-1]
    space = packet[space_before(packet, last.start) : last.start].decode()
    chunks = []
    for word in words:
        new = f"{space}<{last.written}>{escaped(word)}</{last.written}>".encode()
        chunks.append(there[word].pop(0) if there[word] else new)
    return container.opened, last.end, b"".join(chunks)


def description_edit(
    packet: bytes, rdf: Element, missing: Mapping[Name, Words]
) -> tuple[int, int, bytes]:
    """A further description, as XMP allows any number of them, at the end."""
    prefix = rdf.written.removesuffix("RDF")
    # As the others have it, also without the prefix, as in Photoshop 7: readers compare them.
    other = rdf.children[0].attributes if rdf.children else {}
    key = ("", "about") if ("", "about") in other else (RDF, "about")
    about = f'{prefix if key[0] else ""}about="{escaped(other.get(key, ""))}"'
    written = [(LISTS[name], words) for name, words in sorted(missing.items())]
    spaces = dict.fromkeys((one.prefix, one.space) for one, _ in written)
    declared = "".join(f' xmlns:{short}="{space}"' for short, space in spaces)
    lines = [f"\n  <{prefix}Description {about}{declared}>"]
    for one, words in written:
        if one.is_tree:
            tag = f"{one.prefix}:{one.local}"
            kind = "" if one.container == "Categories" else f' {prefix}parseType="Resource"'
            opening = f"<{tag}{kind}>".encode()
            text = _tree(rdf, one.key, with_assigned(EMPTY_CATEGORIES, words), opening)
            lines.append(f"   <{tag}{kind}>{text.decode()}</{tag}>")
            continue
        lines += [f"   <{one.prefix}:{one.local}>", f"    <{prefix}{one.container}>"]
        lines += [f"     <{prefix}li>{escaped(word)}</{prefix}li>" for word in words]
        lines += [f"    </{prefix}{one.container}>", f"   </{one.prefix}:{one.local}>"]
    lines.append(f"  </{prefix}Description>")
    place = space_before(packet, rdf.closing)
    return place, place, "\n".join(lines).encode()


def says_nothing(description: Element) -> bool:
    """Whether a description has no attributes but that of its resource."""
    return set(description.attributes) <= _ABOUT


def escaped(word: str) -> str:
    """A word as text or as an attribute between double quotes."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        word = word.replace(character, entity)
    return word.replace("\r", "&#13;")
