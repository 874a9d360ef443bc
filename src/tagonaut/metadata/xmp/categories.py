"""ACDSee's categories: a text in XMP that is itself XML, a tree in which some nodes are assigned.

``<Categories><Category Assigned="0">Places<Category Assigned="1">Rome</Category></Category>
</Categories>`` says that the photo is in Places|Rome. digiKam reads and writes it, too.
"""

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from tagonaut.metadata.notations import LIGHTROOM, Words

EMPTY_CATEGORIES = "<Categories></Categories>"
_ASSIGNED, _NODE, _DEEPEST = "Assigned", "Category", 50
# Nobody has put a photo into more; working with them takes the square of their number.
_LONGEST, MOST_NODES = 1 << 20, 2_000

_Chain = tuple[ElementTree.Element, ...]


def assigned(text: str) -> Words | None:
    """The paths of the assigned categories; ``None`` for a text that is none of ACDSee's."""
    root = _parsed(text)
    if root is None:
        return None
    return tuple(path for path, chain in _nodes(root) if chain[-1].get(_ASSIGNED) == "1")


def with_assigned(text: str, paths: Iterable[str]) -> str:
    """The text with these paths assigned, and no others; categories that become void go."""
    wanted = dict.fromkeys(paths)
    root = _parsed(text)
    assert root is not None
    nodes = dict(_nodes(root))
    for path, chain in reversed(nodes.items()):
        node = chain[-1]
        if path in wanted:
            node.set(_ASSIGNED, "1")
        elif node.get(_ASSIGNED) == "1":
            node.set(_ASSIGNED, "0")
            _prune((root, *chain))
    for path in wanted:
        if path not in nodes:
            _add(root, LIGHTROOM.split(path))
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _parsed(text: str) -> ElementTree.Element | None:
    # What declares entities is not ACDSee's, nor is what is meant to fill the memory.
    if (
        "<!" in text
        or len(text) > _LONGEST
        or text.count(f"<{_NODE}") > MOST_NODES
        or not text.lstrip().startswith("<Categories")
    ):
        return None
    try:
        root = ElementTree.fromstring(text)
        list(_nodes(root))
    except (ElementTree.ParseError, ValueError):
        return None
    return root if root.tag == "Categories" else None


def _nodes(root: ElementTree.Element) -> Iterator[tuple[str, _Chain]]:
    """Each category's path with the categories on it, in the order of the text."""
    waiting: list[_Chain] = [(child,) for child in reversed(root)]
    while waiting:
        chain = waiting.pop()
        if len(chain) > _DEEPEST or chain[-1].tag != _NODE or not _name(chain[-1]):
            raise ValueError("not ACDSee's categories")
        yield LIGHTROOM.path(tuple(map(_name, chain))), chain
        waiting += [(*chain, child) for child in reversed(chain[-1])]


def _name(node: ElementTree.Element) -> str:
    return (node.text or "").strip()


def _prune(chain: _Chain) -> None:
    """Remove categories at the end of the chain that are neither assigned nor have others below."""
    for above, node in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
        if len(node) or node.get(_ASSIGNED) == "1":
            return
        above.remove(node)


def _add(root: ElementTree.Element, names: Words) -> None:
    node = root
    for name in names:
        found = next((child for child in node if _name(child) == name), None)
        if found is None:
            found = ElementTree.SubElement(node, _NODE, {_ASSIGNED: "0"})
            found.text = name
        node = found
    node.set(_ASSIGNED, "1")
