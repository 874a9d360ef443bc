"""The plan for a photo: which of its fields gain and lose which tags."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from tagonaut.files.atomic import Identity, Stamp
from tagonaut.files.held import Root
from tagonaut.metadata.fields import HIERARCHIES, TAG_FIELDS, WORD_FIELDS, Field, Keywords
from tagonaut.metadata.formats import Format, recognise
from tagonaut.metadata.planning import Change, plan, restore
from tagonaut.metadata.score_fields import label_of
from tagonaut.metadata.tags import Tag, caseless
from tagonaut.tagging.journal.records import SCORES, Fact, Write, name_of
from tagonaut.tagging.photo import human_edits
from tagonaut.tagging.photo.history import History
from tagonaut.tagging.photo.keyword_fields import (
    added,
    components,
    contains,
    leaves,
    mirrored,
    paths,
    spelled,
)


@dataclass(frozen=True)
class Photo:
    """A photo to tag: its fields are read from ``base`` and written to ``target``.

    The two are the same file if photos are changed in place. ``path`` is that of ``target``,
    relative to the archive's root; ``picture`` is the file whose pixels are scored. The stamps were
    taken at the first look: ``source`` is that of the photo in the folder that was walked, ``seen``
    that of ``base``, ``there`` that of the file which already was at ``target``.

    If the tags go into a sidecar, ``sidecar_of`` is the photo, relative to the root, and ``base``
    is ``None`` unless there is a sidecar already. The photo itself is copied to ``copy_to``.
    ``beside`` are the names of the sidecars that the photo has and that get its tags too.
    ``source_sidecar`` is the stamp of the sidecar among the photos that a sidecar elsewhere was
    made from; None: unknown.

    Files are opened below ``photos``, the folder that was walked, and ``root``, that of the
    targets. While a photo is worked on, ``base`` is open and read by the path ``file``.
    """

    photos: Root
    root: Root
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
    beside: tuple[str, ...] = ()
    source_sidecar: Stamp | None = None
    file: Path | None = None

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
    """The settings of a run's writing: its name in the journal, and the labels it answers for.

    A tag of ours is taken away if it stands for these labels alone and the run does not give it;
    none is if the run only adds (``add``). ``labels`` says for which labels the tags of a photo
    stand, as in ``Fact``. ``iptc_charset`` is the character set of IPTC text that declares none.
    ``keep_deltas``: the journal gets what leads back to the very file before.
    """

    run: str
    answers_for: AbstractSet[str] = frozenset()
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    keep_time: bool = False
    dry_run: bool = False
    iptc_charset: str | None = None
    add: bool = False
    keep_deltas: bool = True


@dataclass(frozen=True)
class Planned:
    """The change of a photo's fields, and the tags that it adds and takes away.

    ``added`` are tags that any field gains and that were not ours before, ``taken`` those of ours
    that any field loses. ``labels``: for which label each tag stands, as in ``Writing``; ``runs``:
    the runs of the tags that stay from earlier ones.
    """

    change: Change
    added: dict[str, float]
    taken: tuple[str, ...]
    refused: AbstractSet[str]
    confirmed: AbstractSet[str]
    labels: Mapping[str, str]
    runs: Mapping[str, str] = dataclasses.field(default_factory=dict)


def planned(
    before: Keywords,
    embedded: Keywords | None,
    photo: Photo,
    tags: Mapping[Tag, float],
    writing: Writing,
    known: History,
    scores: Mapping[str, float] | None,
) -> Planned:
    """The change that ``tags`` and people's decisions make to the fields ``before``.

    ``embedded`` are the fields in the photo itself, if it has none in a sidecar yet; ``known`` is
    what the journal knows of the file that is changed.
    """
    facts, writes = known.facts, known.writes
    left = writes[0].after if writes else None
    refused = human_edits.refused(facts, writes, before)
    confirmed = human_edits.confirmed(facts, left, before) - refused
    ours = [fact for fact in facts if writes and fact.state == "written"]
    spelled_so = _spelled(tags, (before, embedded), refused, {fact.tag for fact in ours})
    given: dict[str, float] = {}
    for tag, score in tags.items():
        name = spelled_so[tag].name
        given[name] = max(score, given.get(name, score))
    labels = {
        spelled_so[tag].name: writing.labels.get(tag.name, tag.name) for tag in reversed([*tags])
    }
    wanted = list(dict.fromkeys(spelled_so.values()))
    runs: dict[str, str] = {}
    if photo.afresh:
        # What a person stands by has to be in the new copy too.
        stays = confirmed | {fact.tag for fact in facts if writing.add and fact.state == "written"}
        stays -= {*given, *refused, SCORES}
        kept = {fact.tag: fact for fact in facts if fact.tag in stays}
        given |= {tag: fact.score for tag, fact in kept.items()}
        labels |= {tag: fact.label for tag, fact in kept.items()}
        runs = {tag: fact.run for tag, fact in kept.items() if fact.run != writing.run}
        wanted += (tag for name in kept for tag in _placed(name, known.earlier))
    gone = set() if writing.add else _gone(ours, writing, before, scored=bool(scores))
    gone -= {*given, *refused, *confirmed}
    rest = without(before, writes, gone) if gone else before
    form: Format = "XMP" if photo.sidecar_of is not None else recognise(photo.file or photo.picture)
    change = plan(
        rest,
        wanted,
        form,
        refused=refused | gone,
        embedded=embedded,
        scores=scores,
        iptc_charset=writing.iptc_charset,
    )
    gained, lost = added(change, rest), added(before, change)
    stay = {fact.tag for fact in ours} - gone
    new = {tag: score for tag, score in given.items() if contains(gained, tag) and tag not in stay}
    if scores and change.scores != rest.scores:
        new[SCORES] = 0.0
    taken = tuple(tag for tag in sorted(gone - {SCORES}) if contains(lost, tag))
    if SCORES in gone:
        taken = (*taken, SCORES)
    return Planned(change, new, taken, refused, confirmed, labels, runs)


def _placed(name: str, earlier: Keywords | None) -> list[Tag]:
    """A tag of an earlier copy, at its places in the hierarchy there."""
    if earlier is None:
        return [Tag(name)]
    places = {
        path: None
        for field in HIERARCHIES
        for path in paths(earlier, field)
        if len(path) > 1 and path[-1] == spelled(field, name)
    }
    return [Tag(name, (*path[:-1], name)) for path in places] or [Tag(name)]


def _gone(ours: Iterable[Fact], writing: Writing, before: Keywords, *, scored: bool) -> set[str]:
    """Our earlier tags that the run answers for, and the scores where it writes none."""
    gone = {fact.tag for fact in ours if fact.labels <= writing.answers_for} - {SCORES}
    if any(fact.tag == SCORES for fact in ours) and not scored:
        labels = {label_of(word) for word in before.scores if word}
        gone |= {SCORES} if labels <= writing.answers_for else set()
    return gone


def _spelled(
    tags: Iterable[Tag],
    states: Iterable[Keywords | None],
    refused: AbstractSet[str],
    ours: AbstractSet[str],
) -> dict[Tag, Tag]:
    """Each tag as the photo's own words spell it: capitals and Unicode forms make no other word.

    ``states`` are the fields of the photo and of its sidecar. Words of ours do not count. Of tags
    that differ in that alone, the first one's spelling is taken. A tag that a person took away
    stays as it is.
    """
    words: dict[str, str] = {}
    there: set[str] = set()
    for fields in filter(None, states):
        for field in TAG_FIELDS:
            for word in components(fields, field):
                if word not in ours:
                    there.add(word)
                    words.setdefault(caseless(word), word)
    found: dict[Tag, Tag] = {}
    for tag in tags:
        if tag.name in refused:
            found[tag] = tag
            continue
        path = tuple(
            part if part in there else words.setdefault(caseless(part), part)
            for part in tag.components
        )
        found[tag] = Tag(path[-1], path if tag.path else ())
    return found


def without(current: Keywords, writes: Sequence[Write], tags: AbstractSet[str]) -> Keywords:
    """The fields without those of ``tags`` that ``writes``, newest first, put there."""
    made = pairs(writes, current, only_added=True)
    change = restore(current, made, only=tags)
    if SCORES in tags:
        scored = {label_of(word) for word in current.scores}
        change = replace(change, scores=restore(current, made, only=scored).scores)
    if all(change.words(field) == current.words(field) for field in WORD_FIELDS):
        return current
    return replace(current, **change.written())


def pairs(
    writes: Sequence[Write], current: Keywords, *, only_added: bool
) -> list[tuple[Keywords, Keywords]]:
    """The fields before and after each write, newest first.

    Where a program has mirrored our tags in a field of its own since, to ``current`` or before a
    later write, that counts as a write of them: they would come back from there. With
    ``only_added``, what a write took away does not count: it must not come back.
    """
    found: list[tuple[Keywords, Keywords]] = []
    later = current
    for number, write in enumerate(writes):
        ours = {tag for one in writes[number:] for tag in one.tags}
        unmirrored = _unmirrored(write.after, later, ours)
        if unmirrored != later:
            found.append((unmirrored, later))
        found.append((_kept(write) if only_added and write.taken else write.before, write.after))
        later = write.before
    return found


def _kept(write: Write) -> Keywords:
    """The fields before a write, without what it took away."""
    found: dict[Field, tuple[str, ...] | None] = {}
    for field in WORD_FIELDS:
        was, now = write.before.words(field), write.after.words(field)
        if was and was != now:
            there = {*(now or ())}
            found[field] = _some(field, (word for word in was if word in there))
    return write.before.with_words(found)


def _unmirrored(left: Keywords, later: Keywords, tags: AbstractSet[str]) -> Keywords:
    """The fields ``later`` without those of our tags that a program has mirrored in them."""
    found: dict[Field, tuple[str, ...] | None] = {}
    for field in TAG_FIELDS:
        copies = mirrored(left, later, field) & {spelled(field, tag) for tag in tags}
        if copies:
            words = zip(later.words(field) or (), leaves(later, field), strict=True)
            found[field] = _some(field, (word for word, leaf in words if leaf not in copies))
    return later.with_words(found)


def _some(field: Field, words: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(words) or field.absent
