"""What people decided about tags of ours, as far as a photo shows it."""

from collections import Counter
from collections.abc import Iterable

from tagonaut.metadata.hierarchies import DIGIKAM, LIGHTROOM
from tagonaut.metadata.keywords import Keywords
from tagonaut.tagging.records import Fact


def refused(facts: Iterable[Fact], left: Keywords | None, current: Keywords) -> set[str]:
    """Tags that a person took away after we had written them, from one flat field at least.

    ``left`` are the fields as we left them, if this is the file that we left. One that is in both
    fields now, for a person put it back, is not among them.
    """
    facts = list(facts)
    found = {fact.tag for fact in facts if fact.state == "refused"}
    if left is not None:
        for was, now in ((left.iptc, current.iptc), (left.subject, current.subject)):
            found |= {
                fact.tag
                for fact in facts
                if fact.state in {"written", "confirmed"}
                and fact.tag in (was or ())
                and fact.tag not in (now or ())
            }
    return found - ({*(current.iptc or ())} & {*(current.subject or ())})


def confirmed(facts: Iterable[Fact], left: Keywords | None, current: Keywords) -> set[str]:
    """Tags of ours that a person stands by.

    Said so; or took it away and put it back into a field; or the tag stands in the photo more often
    than we left it: repeated in a field, or in a field that it was not in.
    """
    facts = list(facts)
    found = {fact.tag for fact in facts if fact.state == "confirmed"}
    if left is None:
        return found
    was, now = _places(left), _places(current)
    for fact in facts:
        mine = fact.tag.strip()
        if fact.state == "written" and any(
            now[place, mine] > was[place, mine] for place in _FIELDS
        ):
            found.add(fact.tag)
        if fact.state in {"refused", "undone"} and fact.tag in _flat(current) - _flat(left):
            found.add(fact.tag)
    return found


_FIELDS = ("iptc", "subject", "hierarchical", "tags_list", "xp", "last_keywords")


def _places(fields: Keywords) -> Counter[tuple[str, str]]:
    """How often each word stands in each field; the last component counts for a path."""
    found: Counter[tuple[str, str]] = Counter()
    for place in _FIELDS:
        for word in getattr(fields, place) or ():
            last = word
            if place == "hierarchical":
                last = LIGHTROOM.split(word)[-1]
            elif place == "tags_list":
                last = DIGIKAM.split(word)[-1]
            found[place, last.strip()] += 1
    return found


def _flat(fields: Keywords) -> set[str]:
    return {*(fields.iptc or ()), *(fields.subject or ())}
