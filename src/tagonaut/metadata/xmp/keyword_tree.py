"""The Metadata Working Group's hierarchical keywords: a tree of structures in XMP.

It is turned into the text of ACDSee's categories, which says the same, and back.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from tagonaut.metadata.xmp.categories import EMPTY_CATEGORIES, MOST_NODES
from tagonaut.metadata.xmp.elements import RDF, Element

_DEEPEST = 50
_KNOWN = {"Keyword", "Applied", "Children", "Hierarchy"}
_FORMAL = {"parseType", "about"}

# An element's children and attributes by local name, with their text.
_Parts = dict[str, tuple[str, "Sequence[Tree]"]]
Tree = Element | ElementTree.Element


def tree_text(element: Tree) -> str | None:
    """The tree as ACDSee's text; ``None`` if it is none, or holds more than a tree."""
    root = ElementTree.fromstring(EMPTY_CATEGORIES)
    waiting: list[tuple[Tree, ElementTree.Element, int]] = [(element, root, 0)]
    nodes = 0
    while waiting:
        here, above, depth = waiting.pop()
        nodes += 1
        if nodes > MOST_NODES:
            return None
        parts = _parts(here)
        if parts is None or depth > _DEEPEST:
            return None
        if here is not element:
            keyword = parts.get("Keyword", ("", ()))[0].strip()
            if not keyword or "Hierarchy" in parts:
                return None
            above = ElementTree.SubElement(above, "Category")
            above.text = keyword
            # As the specification has it, a leaf is applied unless it says otherwise.
            default = "False" if "Children" in parts else "True"
            applied = parts.get("Applied", (default, ()))[0].strip().lower()
            above.set("Assigned", "1" if applied == "true" else "0")
        elif parts.keys() != {"Hierarchy"}:
            return None
        below = parts.get("Hierarchy" if here is element else "Children", ("", ()))[1]
        waiting += [(item, above, depth + 1) for item in below][::-1]
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def tree_packet(text: str, rdf: str, prefix: str) -> str:
    """The inside of the property, from ACDSee's text; prefixes with their colons."""
    root = ElementTree.fromstring(text)
    return f"<{prefix}Hierarchy>{_bag(root, rdf, prefix)}</{prefix}Hierarchy>"


def _bag(node: ElementTree.Element, rdf: str, prefix: str) -> str:
    items = []
    for child in node:
        applied = "True" if child.get("Assigned") == "1" else "False"
        below = _bag(child, rdf, prefix)
        # ElementTree escapes it.
        name = ElementTree.Element("k")
        name.text = child.text
        word = ElementTree.tostring(name, encoding="unicode").removeprefix("<k>")[: -len("</k>")]
        items.append(
            f'<{rdf}li {rdf}parseType="Resource"><{prefix}Keyword>{word}</{prefix}Keyword>'
            f"<{prefix}Applied>{applied}</{prefix}Applied>"
            + (f"<{prefix}Children>{below}</{prefix}Children>" if len(child) else "")
            + f"</{rdf}li>"
        )
    return f"<{rdf}Bag>{''.join(items)}</{rdf}Bag>"


def _parts(element: Tree) -> _Parts | None:
    """The parts of a structure, also where they are in a description of their own."""
    children = _children(element)
    if len(children) == 1 and _named(children[0]) == (RDF, "Description"):
        element = children[0]
        children = _children(element)
    found: _Parts = {}
    for child in children:
        local = _named(child)[1]
        if local in found or local not in _KNOWN:
            return None
        items = _items(child)
        if items is None:
            return None
        found[local] = (child.text or "", items)
    for name, value in _attributes(element).items():
        if name not in _FORMAL:
            if name in found or name not in {"Keyword", "Applied"}:
                return None
            found[name] = (value, ())
    return found


def _items(element: Tree) -> "Sequence[Tree] | None":
    children = _children(element)
    if not children:
        return None if _attributes(element) else ()
    if len(children) > 1 or _named(children[0]) not in {(RDF, "Bag"), (RDF, "Seq")}:
        return None
    items = _children(children[0])
    return items if all(_named(item) == (RDF, "li") for item in items) else None


def _children(element: Tree) -> list[Tree]:
    return [*element.children] if isinstance(element, Element) else [*element]


def _named(element: Tree) -> tuple[str, str]:
    if isinstance(element, Element):
        return element.name
    space, _, local = element.tag[1:].partition("}")
    return space, local


def _attributes(element: Tree) -> dict[str, str]:
    if isinstance(element, Element):
        return {local: value for (_, local), value in element.attributes.items()}
    return {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
