"""What people decided about tags of ours, as far as a photo shows it."""

from collections.abc import Iterable, Sequence

from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.journal.records import SCORES, Fact, Write
from tagonaut.tagging.photo.keyword_fields import (
    FIELDS,
    FLAT,
    ends,
    flat,
    holds,
    mirrored,
    more,
    named,
    parts,
)


def refused(facts: Iterable[Fact], writes: Sequence[Write], current: Keywords) -> set[str]:
    """Tags that a person took away after we had written them, from one field at least.

    ``writes``, newest first, are those in force on this very file. Only a field in which we left
    the tag can tell. Where nothing at all is left in one of the further fields, or in a flat one
    while the other still has tags of ours that stood in both, that tells nothing: there are
    programs that drop a field, and that is no decision about a tag. A tag that is back in every
    field in which we ever left it, for a person put it there, is not among them.
    """
    facts = [fact for fact in facts if fact.tag != SCORES]
    found = {fact.tag for fact in facts if fact.state == "refused"}
    if not writes:
        return found - ({*(current.iptc or ())} & {*(current.subject or ())})
    ours = {fact.tag for fact in facts if fact.state in {"written", "confirmed"}}
    telling = [place for place in FIELDS if not _dropped(place, ours, writes[0].after, current)]
    now = {place: {*parts(current, place)} for place in telling}
    gone = {place: {*ends(writes[0].after, place)} - now[place] for place in telling}
    found |= {tag for tag in ours if holds(gone, tag)}
    ever = {place: {end for write in writes for end in ends(write.after, place)} for place in now}
    return {tag for tag in found if not _is_back(tag, ever, now)}


def confirmed(facts: Iterable[Fact], left: Keywords | None, current: Keywords) -> set[str]:
    """Tags of ours that a person stands by.

    ``left`` are the fields as we left them, if this is the file that we left. Said so; or took it
    away and put it back into a field; or the tag stands in the photo more often than we left it:
    repeated in a field, or in a field that it was not in. A field that mirrors all others, where
    there was none, is a program's work.
    """
    facts = [fact for fact in facts if fact.tag != SCORES]
    found = {fact.tag for fact in facts if fact.state == "confirmed"}
    if left is None:
        return found
    grown = {
        place: words - mirrored(left, current, place)
        for place, words in more(current, left).items()
    }
    back = flat(current) - flat(left)
    for fact in facts:
        if fact.state == "written" and holds(grown, fact.tag):
            found.add(fact.tag)
        if fact.state in {"refused", "undone"} and fact.tag in back:
            found.add(fact.tag)
    return found


def _dropped(place: str, ours: set[str], left: Keywords, current: Keywords) -> bool:
    """Whether a program dropped a field as a whole."""
    if any(ends(current, place)):
        return False
    if place not in FLAT:
        return True
    (other,) = {*FLAT} - {place}
    both = {*ends(left, place)} & {*ends(left, other)} & {*ends(current, other)}
    return any(named(place, tag) in both for tag in ours)


def _is_back(tag: str, ever: dict[str, set[str]], now: dict[str, set[str]]) -> bool:
    places = [place for place, names in ever.items() if named(place, tag) in names]
    return bool(places) and all(named(place, tag) in now[place] for place in places)
