"""What people decided about tags of ours, as far as a photo shows it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.hierarchies import DIGIKAM, LIGHTROOM
from tagonaut.tagging.records import Fact, Write

_FLAT = ("iptc", "subject")
_FIELDS = (*_FLAT, "hierarchical", "tags_list", "xp", "last_keywords")
_NOTATIONS = {"hierarchical": LIGHTROOM, "tags_list": DIGIKAM}


def refused(facts: Iterable[Fact], writes: Sequence[Write], current: Keywords) -> set[str]:
    """Tags that a person took away after we had written them, from one field at least.

    ``writes``, newest first, are those in force on this very file. Only a field in which we left
    the tag can tell. Where nothing at all is left in one of the further fields, that tells nothing:
    there are programs that drop them, and that is no decision about a tag. A tag that is back in
    every field in which we ever left it, for a person put it there, is not among them.
    """
    facts = list(facts)
    found = {fact.tag for fact in facts if fact.state == "refused"}
    if not writes:
        return found - ({*(current.iptc or ())} & {*(current.subject or ())})
    telling = [place for place in _FIELDS if place in _FLAT or any(_words(current, place))]
    now = {place: {*_parts(current, place)} for place in telling}
    left = {place: {*_ends(writes[0].after, place)} for place in telling}
    found |= {
        fact.tag
        for fact in facts
        if fact.state in {"written", "confirmed"}
        and any(_named(place, fact.tag) in left[place] - now[place] for place in telling)
    }
    ever = {place: {end for write in writes for end in _ends(write.after, place)} for place in now}
    return {tag for tag in found if not _is_back(tag, ever, now)}


def confirmed(facts: Iterable[Fact], left: Keywords | None, current: Keywords) -> set[str]:
    """Tags of ours that a person stands by.

    ``left`` are the fields as we left them, if this is the file that we left. Said so; or took it
    away and put it back into a field; or the tag stands in the photo more often than we left it:
    repeated in a field, or in a field that it was not in.
    """
    facts = list(facts)
    found = {fact.tag for fact in facts if fact.state == "confirmed"}
    if left is None:
        return found
    was, now = ({place: Counter(_ends(one, place)) for place in _FIELDS} for one in (left, current))
    for fact in facts:
        if fact.state == "written" and any(
            now[place][name] > was[place][name]
            for place in _FIELDS
            if (name := _named(place, fact.tag))
        ):
            found.add(fact.tag)
        if fact.state in {"refused", "undone"} and fact.tag in _flat(current) - _flat(left):
            found.add(fact.tag)
    return found


def _is_back(tag: str, ever: dict[str, set[str]], now: dict[str, set[str]]) -> bool:
    places = [place for place, names in ever.items() if _named(place, tag) in names]
    return bool(places) and all(_named(place, tag) in now[place] for place in places)


def _words(fields: Keywords, place: str) -> tuple[str, ...]:
    return getattr(fields, place) or ()


def _ends(fields: Keywords, place: str) -> list[str]:
    """The words of a field; of a path the last component."""
    notation = _NOTATIONS.get(place)
    words = _words(fields, place)
    return [notation.split(word)[-1] if notation else word.strip() for word in words]


def _parts(fields: Keywords, place: str) -> list[str]:
    """The words of a field; of a path all components."""
    notation = _NOTATIONS.get(place)
    words = _words(fields, place)
    return [
        part for word in words for part in (notation.split(word) if notation else [word.strip()])
    ]


def _named(place: str, tag: str) -> str:
    """How a tag reads in a field."""
    notation = _NOTATIONS.get(place)
    return (notation.component(tag) if notation else tag).strip()


def _flat(fields: Keywords) -> set[str]:
    return {*(fields.iptc or ()), *(fields.subject or ())}
