"""Where tags occur in the keyword fields of a photo, as each field spells them."""

from collections import Counter
from collections.abc import Mapping

from tagonaut.metadata.fields import HIERARCHIES, MAIN_FIELDS, TAG_FIELDS, Field, Keywords, Written


def paths(fields: Written, field: Field) -> list[tuple[str, ...]]:
    """The components of each word of a field: one, unless the field is a hierarchy."""
    return [field.notation.split(word) for word in fields.words(field) or ()]


def leaves(fields: Written, field: Field) -> list[str]:
    """The words of a field; of a path the last component."""
    return [path[-1] for path in paths(fields, field)]


def components(fields: Written, field: Field) -> list[str]:
    """The words of a field; of a path all components."""
    return [part for path in paths(fields, field) for part in path]


def spelled(field: Field, tag: str) -> str:
    """The leaf that a tag is in a field."""
    return field.notation.component(tag).strip()


def flat(fields: Written) -> set[str]:
    """All flat keywords."""
    return {word for field in MAIN_FIELDS for word in fields.words(field) or ()}


def added(fields: Written, than: Written) -> dict[Field, set[str]]:
    """By field, the leaves that occur in it more often than in another state of the photo."""
    return {
        field: {*(Counter(leaves(fields, field)) - Counter(leaves(than, field)))}
        for field in TAG_FIELDS
    }


def contains(found: Mapping[Field, set[str]], tag: str) -> bool:
    """Whether any of these fields has the tag among its leaves."""
    return any(spelled(field, tag) in words for field, words in found.items())


def mirrored(left: Keywords, now: Keywords, field: Field) -> set[str]:
    """The leaves that a program copied from the photo's other fields into one that was empty.

    Such a field has all flat keywords, for nobody chose among them. A word below others in a path
    that was nowhere before is somebody's choice.
    """
    if any(leaves(left, field)):
        return set()
    words = (word for other in MAIN_FIELDS if other is not field for word in now.words(other) or ())
    others = {spelled(field, word) for word in words if word.strip()}
    if not others or not others <= {*leaves(now, field)}:
        return set()
    known = {path for other in HIERARCHIES for path in paths(left, other)}
    return {path[-1] for path in paths(now, field) if len(path) == 1 or path in known}
