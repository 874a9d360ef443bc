"""People's decisions about tags that we wrote, as far as a photo shows them."""

from collections.abc import Iterable, Sequence

from tagonaut.metadata.fields import MAIN_FIELDS, TAG_FIELDS, Field, Keywords
from tagonaut.tagging.journal.records import SCORES, Fact, Write
from tagonaut.tagging.photo.keyword_fields import (
    added,
    components,
    contains,
    flat,
    leaves,
    mirrored,
    spelled,
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
    left = writes[0].after
    telling = [field for field in TAG_FIELDS if not _dropped(field, ours, left, current)]
    now = {field: {*components(current, field)} for field in telling}
    gone = {field: {*leaves(left, field)} - now[field] for field in telling}
    found |= {tag for tag in ours if contains(gone, tag)}
    ever = {
        field: {leaf for write in writes for leaf in leaves(write.after, field)} for field in now
    }
    return {tag for tag in found if not _is_back(tag, ever, now)}


def confirmed(facts: Iterable[Fact], left: Keywords | None, current: Keywords) -> set[str]:
    """Tags of ours that a person stands by.

    ``left`` are the fields as we left them, if this is the file that we left. A person stands by a
    tag that the facts say is confirmed, that was taken away and is back in a field, or that occurs
    more often than we left it: repeated in a field, or in a field that it was not in. A field that
    was empty and now mirrors all others is a program's work.
    """
    facts = [fact for fact in facts if fact.tag != SCORES]
    found = {fact.tag for fact in facts if fact.state == "confirmed"}
    if left is None:
        return found
    grown = {
        field: words - mirrored(left, current, field)
        for field, words in added(current, left).items()
    }
    back = flat(current) - flat(left)
    for fact in facts:
        if fact.state == "written" and contains(grown, fact.tag):
            found.add(fact.tag)
        if fact.state in {"refused", "undone"} and fact.tag in back:
            found.add(fact.tag)
    return found


def _dropped(field: Field, ours: set[str], left: Keywords, current: Keywords) -> bool:
    """Whether a program dropped a field as a whole."""
    if any(leaves(current, field)):
        return False
    if field not in MAIN_FIELDS:
        return True
    (other,) = (main for main in MAIN_FIELDS if main is not field)
    both = {*leaves(left, field)} & {*leaves(left, other)} & {*leaves(current, other)}
    return any(spelled(field, tag) in both for tag in ours)


def _is_back(tag: str, ever: dict[Field, set[str]], now: dict[Field, set[str]]) -> bool:
    fields = [field for field, names in ever.items() if spelled(field, tag) in names]
    return bool(fields) and all(spelled(field, tag) in now[field] for field in fields)
