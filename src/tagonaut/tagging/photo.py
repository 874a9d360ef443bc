"""A photo on its way to its tags: what it is, and what is to become of its fields."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import Format, recognise
from tagonaut.metadata.planning import Change, plan, restore
from tagonaut.metadata.tags import Tag
from tagonaut.tagging import decisions
from tagonaut.tagging.records import Fact, Write, name_of
from tagonaut.tagging.replacing import Identity, Stamp


@dataclass(frozen=True)
class Photo:
    """A photo to be tagged: fields read from ``base``, put to ``target``; the same file in place.

    ``path``, relative to the archive's root, is that of ``target``. The stamps are those of first
    sight: ``source`` of the photo in the folder that was walked, ``seen`` of ``base``; ``there`` is
    what already stood at ``target``. ``picture`` is what is looked at.

    Where the tags go into a sidecar, ``sidecar_of`` is the photo, relative to the root; there is no
    ``base`` if there is no sidecar yet. ``copy_to`` is where the photo has to be copied as it is.
    """

    path: bytes
    picture: Path
    base: Path | None
    target: Path
    source: Stamp
    seen: Stamp | None
    there: Identity | None
    sidecar_of: bytes | None = None
    copy_to: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> Path:
        """The photo, relative to the root."""
        return name_of(self.sidecar_of or self.path)

    @property
    def afresh(self) -> bool:
        """Whether it is made from the source, without what we wrote before."""
        return self.base != self.target


@dataclass(frozen=True)
class Writing:
    """What a run writes: its name in the journal, and all labels that it answers for, by tag.

    A tag of ours that stands for one of those, and that the run does not give, is taken away.
    """

    run: str
    labels: Mapping[str, str] = field(default_factory=dict)
    keep_time: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Planned:
    """What is to become of a photo's fields, and which tags that adds and takes away."""

    change: Change
    added: dict[str, float]
    taken: tuple[str, ...]
    refused: AbstractSet[str]
    confirmed: AbstractSet[str]


def planned(
    before: Keywords,
    embedded: Keywords | None,
    photo: Photo,
    tags: Mapping[Tag, float],
    writing: Writing,
    facts: Sequence[Fact],
    writes: Sequence[Write],
    scores: Mapping[str, float] | None,
) -> Planned:
    """What ``tags`` and people's decisions make of the fields ``before``.

    ``embedded`` are the fields in the photo itself, if it has none in a sidecar yet; ``facts`` and
    ``writes``, newest first, are what the journal knows of the file that is changed.
    """
    left = writes[0].after if writes else None
    refused = decisions.refused(facts, writes, before)
    confirmed = decisions.confirmed(facts, left, before) - refused
    given = {tag.name: score for tag, score in tags.items()}
    wanted = list(tags)
    if photo.afresh:
        # What a person stands by has to be in the new copy too.
        kept = {fact.tag: fact.score for fact in facts if fact.tag in confirmed - given.keys()}
        given |= kept
        wanted += map(Tag, kept)
    answered = {*writing.labels.values()}
    gone = {
        fact.tag for fact in facts if writes and fact.state == "written" and fact.label in answered
    } - {*given, *refused, *confirmed}
    rest = without(before, writes, gone) if gone else before
    form: Format = "XMP" if photo.sidecar_of is not None else recognise(photo.picture)
    change = plan(rest, wanted, form, refused=refused | gone, embedded=embedded, scores=scores)
    there = {*(rest.iptc or ()), *(rest.subject or ())}
    added = {
        tag: score
        for tag, score in given.items()
        if tag in (change.subject or ()) and tag not in there
    }
    words = {*(before.iptc or ()), *(before.subject or ())}
    taken = tuple(fact.tag for fact in facts if fact.tag in gone & words)
    return Planned(change, added, taken, refused, confirmed)


def without(current: Keywords, writes: Sequence[Write], tags: AbstractSet[str]) -> Keywords:
    """The fields without some of the tags that ``writes``, newest first, put there."""
    change = restore(current, pairs(writes, only_added=True), only=tags)
    if all(getattr(change, name) == getattr(current, name) for name in _LISTS):
        return current
    names = {one.name for one in fields(change)} - {"notes"}
    return replace(current, **{name: getattr(change, name) for name in names})


def pairs(writes: Sequence[Write], *, only_added: bool) -> list[tuple[Keywords, Keywords]]:
    """The fields before and after each write.

    With ``only_added``, what a write took away does not count: it must not come back.
    """
    return [
        (_kept(write) if only_added and write.taken else write.before, write.after)
        for write in writes
    ]


_LISTS = ("iptc", "subject", "hierarchical", "tags_list", "xp", "last_keywords", "scores")


def _kept(write: Write) -> Keywords:
    """The fields before a write, without what it took away."""
    found: dict[str, Any] = {}
    for name in _LISTS:
        was, now = getattr(write.before, name), getattr(write.after, name)
        if was and was != now:
            there = {*(now or ())}
            left = tuple(word for word in was if word in there)
            found[name] = left or (None if name in {"iptc", "subject", "xp"} else ())
    return replace(write.before, **found)
