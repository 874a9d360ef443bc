"""The fields in a plain XMP packet."""

import re
from typing import Any
from xml.etree import ElementTree

from tagonaut.metadata.fields import FIELDS, Field, trimmed, xmp_key
from tagonaut.metadata.formats.plain_jpeg.plain import NotPlainError, check_text, check_word

_SPACE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDF = f"{{{_SPACE}}}"
_CONTAINERS = {f"{_RDF}{kind}" for kind in ("Bag", "Seq", "Alt")}
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_FIELDS = {f.xmp.key: f for f in FIELDS if f.xmp is not None and not f.xmp.is_tree}
_TREES = [field.xmp.space.encode() for field in FIELDS if field.xmp and field.xmp.is_tree]
# Whatever is called like a field of ours, as a tag or an attribute and in any space.
_CALLED_LIKE_FIELDS = re.compile(
    rb"[:</\s](?:" + b"|".join(local.encode() for _, local in _FIELDS) + rb")\b", re.IGNORECASE
)
# The element that every packet has is called like the caption, but for its space.
_DESCRIPTION = re.compile(rb"</?rdf:Description\b")
_DECLARED = re.compile(rb"""xmlns:rdf\s*=\s*["']([^"']*)""")
# A space without a prefix, and instructions to programs.
_ODD = re.compile(rb"xmlns\s*="), re.compile(rb"<\?(?!xpacket\b|xml\s)")


def xmp_fields(packet: bytes) -> dict[str, Any]:
    """The values by name of their field."""
    packet = packet.rstrip(b"\0")
    if any(odd in packet for odd in (b"\0", b"<!", *_TREES)) or any(
        odd.search(packet) for odd in _ODD
    ):
        raise NotPlainError
    root = ElementTree.fromstring(packet.decode())
    within = root.tag == "{adobe:ns:meta/}xmpmeta"
    rdf = root.find(f"{_RDF}RDF") if within else root
    if rdf is None or rdf.tag != f"{_RDF}RDF":
        raise NotPlainError
    found: dict[str, Any] = {}
    for description in rdf:
        for element in description:
            field = _field(element)
            if field is not None:
                if field.name in found or description.tag != f"{_RDF}Description":
                    raise NotPlainError
                found[field.name] = _value(element, field, packet)
    # Each has a tag that opens it and one that closes it; nothing else may be called so.
    if len(_CALLED_LIKE_FIELDS.findall(_without_descriptions(packet))) != 2 * len(found):
        raise NotPlainError
    return found


def _field(element: ElementTree.Element) -> Field | None:
    space, _, local = element.tag[1:].partition("}")
    return _FIELDS.get(xmp_key(space, local))


def _without_descriptions(packet: bytes) -> bytes:
    if _DECLARED.findall(packet) != [_SPACE.encode()]:
        raise NotPlainError
    return _DESCRIPTION.sub(b"<rdf", packet)


def _value(element: ElementTree.Element, field: Field, packet: bytes) -> Any:
    if element.attrib or len(element) != 1 or element[0].tag not in _CONTAINERS:
        raise NotPlainError
    container = element[0]
    plain = all(item.tag == f"{_RDF}li" and not len(item) for item in container)
    if container.attrib or not plain:
        raise NotPlainError
    return _text(container, packet) if field.kind == "text" else _words(container, field)


def _words(container: ElementTree.Element, field: Field) -> tuple[str, ...]:
    if any(item.attrib for item in container):
        raise NotPlainError
    words = tuple(item.text or "" for item in container)
    if words in {(), ("",)} and field.empty == ():
        return ()
    if not words:
        raise NotPlainError
    for word in words:
        check_word(word)
    return words


def _text(container: ElementTree.Element, packet: bytes) -> str | None:
    """The alternative of no language."""
    if any(list(item.attrib) != [_LANGUAGE] for item in container):
        raise NotPlainError
    default = [item.text for item in container if item.attrib[_LANGUAGE] == "x-default"]
    if len(default) != 1 or not container.tag.endswith("Alt"):
        raise NotPlainError
    text = trimmed(default[0] or "")
    # A reader of XML takes carriage returns for line feeds; and of a blank one, others may count.
    if text is None or ("\n" in text and b"\r" in packet):
        raise NotPlainError
    check_text(text)
    return text
