"""Where tags occur in the keyword fields of a photo, as each field spells them."""

from collections import Counter

from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.hierarchies import DIGIKAM, LIGHTROOM
from tagonaut.metadata.planning import Change

FLAT = ("iptc", "subject")
FIELDS = (*FLAT, "hierarchical", "tags_list", "xp", "last_keywords")

_NOTATIONS = {"hierarchical": LIGHTROOM, "tags_list": DIGIKAM}


def paths(fields: Keywords | Change, place: str) -> list[tuple[str, ...]]:
    """The components of each word of a field; one, unless the field holds hierarchies."""
    notation = _NOTATIONS.get(place)
    words: tuple[str, ...] = getattr(fields, place) or ()
    return [notation.split(word) if notation else (word.strip(),) for word in words]


def ends(fields: Keywords | Change, place: str) -> list[str]:
    """The words of a field; of a path the last component."""
    return [path[-1] for path in paths(fields, place)]


def parts(fields: Keywords | Change, place: str) -> list[str]:
    """The words of a field; of a path all components."""
    return [part for path in paths(fields, place) for part in path]


def named(place: str, tag: str) -> str:
    """How a tag reads in a field."""
    notation = _NOTATIONS.get(place)
    return (notation.component(tag) if notation else tag).strip()


def flat(fields: Keywords | Change) -> set[str]:
    """All flat keywords."""
    return {*(fields.iptc or ()), *(fields.subject or ())}


def more(fields: Keywords | Change, than: Keywords | Change) -> dict[str, set[str]]:
    """By field, the words that stand in it more often than in another state of the photo."""
    return {
        place: {*(Counter(ends(fields, place)) - Counter(ends(than, place)))} for place in FIELDS
    }


def holds(found: dict[str, set[str]], tag: str) -> bool:
    """Whether any of these fields has the tag among its words."""
    return any(named(place, tag) in words for place, words in found.items())


def mirrored(left: Keywords, now: Keywords, place: str) -> set[str]:
    """Words that a program copied from the photo's other fields into one that was empty.

    Such a field has all flat keywords, for nobody chose among them. A word below others in a path
    that was nowhere before is somebody's choice.
    """
    if any(ends(left, place)):
        return set()
    flat_words = [word for other in FLAT if other != place for word in getattr(now, other) or ()]
    others = {named(place, word) for word in flat_words if word.strip()}
    if not others or not others <= {*ends(now, place)}:
        return set()
    known = {path for other in _NOTATIONS for path in paths(left, other)}
    return {path[-1] for path in paths(now, place) if len(path) == 1 or path in known}
