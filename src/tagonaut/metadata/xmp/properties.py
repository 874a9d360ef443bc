"""The keyword properties of an XMP packet: where each stands, in which form, and its words."""

from collections.abc import Iterator, Mapping

from tagonaut.errors import NoKeywordsError
from tagonaut.metadata.fields import WORD_FIELDS, Name, XmpName
from tagonaut.metadata.notations import Words
from tagonaut.metadata.xmp.categories import assigned
from tagonaut.metadata.xmp.elements import RDF, Element
from tagonaut.metadata.xmp.keyword_tree import tree_text
from tagonaut.metadata.xmp.unlisted import Place, find_unlisted

LISTS: Mapping[Name, XmpName] = {
    field.xmp.key: field.xmp for field in WORD_FIELDS if field.xmp is not None
}
BY_LOCAL = {one.local: name for name, one in LISTS.items()}
TREES = {name for name, one in LISTS.items() if one.is_tree}


def find_property(packet: bytes, rdf: Element, name: Name) -> Element | Place | None:
    """The list of a property, or the place where it is no list; ``None`` if there is none.

    Raises ``MetadataError`` where it is neither one list nor one text. A tree that is not
    understood counts for nothing.
    """
    found = [
        child
        for description in rdf.children
        for child in description.children
        if child.name == name
    ]
    plain = list(find_unlisted(packet, rdf, name))
    attributes = sum(name in description.attributes for description in rdf.children)
    one = len(found) + attributes == len(plain) == 1
    if name in TREES:
        if LISTS[name].container == "Hierarchy":
            plain = list(_trees(rdf, name)) if len(found) == 1 and not attributes else []
        return plain[0] if len(plain) == 1 and assigned(plain[0].text) is not None else None
    if one:
        return plain[0]
    if plain or attributes or len(found) > 1 or any(container_of(one) is None for one in found):
        raise NoKeywordsError(f"{name[1]} in the sidecar is not one list: left alone")
    return found[0] if found else None


def _trees(rdf: Element, name: Name) -> Iterator[Place]:
    for number, description in enumerate(rdf.children):
        for child in description.children:
            if child.name == name and (text := tree_text(child)) is not None:
                yield Place(child.start, child.end, text, number, None)


def words_of(name: Name, found: Element | Place) -> Words:
    """The words of a property; of an empty one none."""
    if isinstance(found, Place):
        if name in TREES:
            return assigned(found.text) or ()
        return (found.text,) if found.text else ()
    container = container_of(found)
    assert container is not None
    words = tuple(item.text for item in container.children)
    # As ExifTool has it: one empty word is none.
    return () if words == ("",) else words


def container_of(element: Element) -> Element | None:
    """The Bag, Seq or Alt of a list of plain items."""
    kinds = {(RDF, "Bag"), (RDF, "Seq"), (RDF, "Alt")}
    one = len(element.children) == 1 and element.children[0].name in kinds
    flat = one and all(item.name == (RDF, "li") for item in element.children[0].children)
    return element.children[0] if flat else None
