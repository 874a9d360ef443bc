"""The changes of a photo's keyword fields: pure functions on fields, no files."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from tagonaut.metadata.fields import (
    HIERARCHIES,
    TAGS_LIST,
    UTF8,
    WORD_FIELDS,
    Field,
    Keywords,
    Unlisted,
    Written,
)
from tagonaut.metadata.formats import WITH_IPTC, Format
from tagonaut.metadata.further import further_fields
from tagonaut.metadata.iptc import Meaning, further_words, unwritable
from tagonaut.metadata.notations import LIGHTROOM, Words
from tagonaut.metadata.score_fields import merged
from tagonaut.metadata.tags import Tag, alike, unique

IPTC_KEYWORD_BYTES = 64
NEW_DIGEST = "new"

_FOREIGN = "has characters outside ASCII, and IPTC does not say how it is encoded"
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Change(Written):
    """The fields as they shall be.

    A ``digest`` of ``"new"`` is the one that the IPTC then really has, and the ``former`` one if
    that is current, too. ``notes`` tell a person, one line each, what could not be done.
    ``unlisted`` are keywords that stood in XMP without a list before, and shall stand so again.
    """

    notes: Words = ()
    former: str | None = None
    unlisted: tuple[Unlisted, ...] = ()

    def changes(self, before: Keywords) -> bool:
        """Whether anything has to be written at all."""
        return self.written() != before.written()


def keep(before: Written, notes: Words = ()) -> Change:
    """The change that changes nothing."""
    return Change(**before.written(), notes=notes)


def plan(
    before: Keywords,
    tags: Sequence[Tag | str],
    format: Format,
    *,
    refused: AbstractSet[str] = frozenset(),
    embedded: Keywords | None = None,
    scores: Mapping[str, float] | None = None,
    iptc_charset: str | None = None,
) -> Change:
    """The fields with ``tags`` on them, IPTC and dc:subject brought to agree.

    All words of a field stay, in their order. Behind them come the words that only the other field
    has, counting repetitions, and the tags that it lacks. Two words that differ in space around
    them or in composition are the same. A word that IPTC has cut short is not copied to XMP, nor is
    one whose encoding nobody can know; blank words are not copied.
    Where neither field has a word, they also get those of Windows' XPKeywords. ``iptc_charset`` is
    the character set of IPTC that declares none. ``refused`` are names of tags that a person took
    away: they are neither written nor copied. A format without IPTC gets none; if a file has it all
    the same, it gets the tags too. IPTC that stands in several places, or is damaged, stays as it
    is: its words are copied to XMP, and the tags are written to XMP alone.

    A digest that was current will be current, and so will one of fields that all agree. One that is
    stale otherwise stays as it is, for it tells readers to believe IPTC and not XMP (Guidelines for
    Handling Image Metadata 2.0, Metadata Working Group).

    A further keyword field gets the tags if the photo has that field, for there are readers that
    then ask no other. Hierarchical subjects are also made if a tag has a path, and in a sidecar;
    for the same reason the photo's other keywords are then put there too.

    ``embedded``, for a sidecar, are the keywords of the photo beside it. Readers of a sidecar may
    ignore them, so they are copied into one that has no keywords, and digiKam's list into one
    without it. ``scores`` by label are written to a field of our own.
    """
    wanted = [tag for tag in unique(tags) if tag.name not in refused]
    notes = tuple(
        f"{tag.name!r} has characters that XMP cannot hold: not written"
        for tag in wanted
        if not _in_xmp(tag)
    )
    wanted = [tag for tag in wanted if _in_xmp(tag)]
    there = before
    if embedded is not None and wanted:
        before = _seeded(before, embedded, refused, iptc_charset)
    change = _flat(before, wanted, format, refused, iptc_charset)
    copied = [word for word in change.subject or () if word not in refused]
    further, unfit = further_fields(before, copied, wanted, in_sidecar=format == "XMP")
    if scores:
        further["scores"] = merged(before.scores, scores)
    change = replace(change, **further, notes=(*notes, *change.notes, *unfit))
    return change if change.changes(there) else keep(there, change.notes)


def _seeded(
    before: Keywords, embedded: Keywords, refused: AbstractSet[str], charset: str | None
) -> Keywords:
    """A sidecar's fields with the photo's own keywords, if it has none or lacks their list."""
    if before.tags():
        if before.tags_list or not embedded.tags_list:
            return before
        # Immich asks this list first, and takes the photo's where the sidecar has none.
        mine = map(LIGHTROOM.split, filter(None, before.hierarchical))
        tags_list = _unrefused(embedded.tags_list, refused)
        return replace(before, tags_list=TAGS_LIST.notation.extended(tags_list, mine))
    meant = map(_meaning(embedded, (), charset).word, embedded.iptc or ())
    known = [*meant, *further_words(embedded.blocks, embedded.subject or (), charset)]
    flat = dict.fromkeys((*(embedded.subject or ()), *filter(None, known)))
    flat = flat or dict.fromkeys(_windows_alone(embedded))
    words = tuple(word for word in flat if word.strip() and word not in refused)
    paths = {
        field: _unrefused(embedded.words(field) or (), refused) or before.words(field)
        for field in HIERARCHIES
    }
    subject = tuple(filter(_in_xmp, words)) or before.subject
    return replace(before, subject=subject).with_words(paths)


def _windows_alone(fields: Keywords) -> Iterator[str]:
    """The keywords in Windows' field that XMP can hold, each once."""
    words = dict.fromkeys(word.strip() for word in fields.xp or ())
    return (word for word in words if word and _in_xmp(word))


def _unrefused(paths: Words, refused: AbstractSet[str]) -> Words:
    return tuple(path for path in paths if path and re.split("[|/]", path)[-1] not in refused)


def _meaning(fields: Keywords, tags: Iterable[str], charset: str | None) -> Meaning:
    others = (*(fields.subject or ()), *tags)
    return Meaning.of(fields.iptc, fields.charset, fields.encoding, others=others, named=charset)


def _flat(
    before: Keywords,
    tags: Sequence[Tag],
    format: Format,
    refused: AbstractSet[str],
    charset: str | None,
) -> Change:
    kept = unwritable(before)
    holds_iptc = (format in WITH_IPTC or before.iptc is not None) and not kept
    was = before.subject or ()
    wanted = list(dict.fromkeys(tag.name for tag in tags))
    meaning = _meaning(before, wanted, charset)
    as_meant = [meaning.word(word) for word in before.iptc or ()]
    further = further_words(before.blocks, (*was, *wanted), charset)
    known = [word for word in as_meant if word is not None]
    known += _unlike(known, filter(None, further))
    new = [word for word in _unlike(was, known) if _in_xmp(word) and word not in refused]
    there = was
    if wanted and not known and not was:
        # Programs that read the flat fields first would find ours alone.
        there = tuple(word for word in _windows_alone(before) if word not in refused)
    subject = _with(there, [word for word in new if not _cut_short(word, was)], wanted)
    iptc, notes = _in_iptc(before, meaning, subject, wanted, refused) if holds_iptc else (None, [])
    grown = iptc is not None and iptc != (before.iptc or ())
    changed = grown or subject != was
    if None in (*as_meant, *further) and (changed or not wanted):
        # Told with what is written: a later run has nothing new to say.
        notes.append(
            "its IPTC does not say how it is encoded: keywords there that are not ASCII were not"
            " copied to XMP (--iptc-charset names the character set)"
        )
    if kept and changed:
        notes.append(f"{kept}: left as it is, and keywords written to XMP alone")
    change = replace(
        keep(before, tuple(notes)),
        iptc=iptc if grown else before.iptc,
        subject=subject if subject != was else before.subject,
        charset=UTF8 if grown and _must_declare(before, iptc or ()) else before.charset,
    )
    trusted = before.digest == before.true_digest or _agree(change, before, as_meant)
    fresh = before.digest is not None and changed and trusted and not kept
    return replace(change, digest=NEW_DIGEST) if fresh else change


def _in_iptc(
    before: Keywords,
    meaning: Meaning,
    subject: Words,
    wanted: Sequence[str],
    refused: AbstractSet[str],
) -> tuple[Words, list[str]]:
    """The words of IPTC with those of ``subject`` that it can hold, and notes on tags it cannot."""
    words = before.iptc or ()
    there = [meaning.word(word) or word for word in words]
    fitting = [word for word in _unlike(there, subject) if word.strip() and word not in refused]
    # Bytes that nothing in the block says the meaning of: no more of them than there have to be.
    if not meaning.certain:
        fitting = [word for word in fitting if word.isascii() or word in wanted]
    added = [word for word in fitting if meaning.holds(word) and not unfit_for_iptc(word, before)]
    notes = [
        f"{tag!r} {reason}: written to XMP alone"
        for tag in _unlike(before.subject or (), wanted)
        if _unlike([*there, *added], [tag]) and (reason := unfit_for_iptc(tag, before) or _FOREIGN)
    ]
    return (*words, *added), notes


def _agree(change: Change, before: Keywords, as_meant: Sequence[str | None]) -> bool:
    """Whether IPTC and XMP say the same after the change, so that the digest may say so."""
    if None in as_meant or not before.blocks.agree:
        return False
    added = (change.iptc or ())[len(as_meant) :]
    iptc = [*(word for word in as_meant if word is not None), *added]
    subject = change.subject or ()
    missing = [word for word in _unlike(iptc, subject) if word.strip()]
    lost = [word for word in _unlike(subject, iptc) if word.strip()]
    return not lost and all(unfit_for_iptc(word, before) for word in missing)


def restore(
    current: Keywords,
    writes: Iterable[tuple[Keywords, Keywords]],
    *,
    only: AbstractSet[str] | None = None,
) -> Change:
    """The fields without what our ``writes``, pairs of before and after, newest first, put there.

    A field that reads as a write left it becomes what it was before that write, exactly; from any
    other field only the words go that the write appended. Character set, record versions and digest
    go back as far as nobody touched the IPTC. With ``only``, names of tags, no others go, and what
    was copied between fields stays.
    """
    fields = {field: current.words(field) for field in WORD_FIELDS}
    unlisted: tuple[Unlisted, ...] = ()
    untouched = only is None
    rest = current
    for before, after in writes:
        for field, words in fields.items():
            fields[field] = _undone(field, words, before.words(field), after.words(field), only)
        unlisted += after.unlisted
        untouched = untouched and (rest.seal, rest.digest) == (after.seal, after.digest)
        if untouched:
            rest = before
    change = replace(keep(rest), unlisted=unlisted).with_words(fields)
    if rest.digest not in {None, current.digest} and rest.digest == rest.true_digest:
        change = replace(change, digest=NEW_DIGEST, former=rest.digest)
    known = current.digest is not None and current.digest == current.true_digest
    changed = change.iptc != current.iptc or only is None
    if not untouched and changed and rest.digest is not None and known:
        change = replace(change, digest=NEW_DIGEST)
    return change


def lacking(words: Iterable[str], others: Iterable[str]) -> list[str]:
    """The words of ``others`` that are not among ``words``, counting repetitions, in order."""
    there = Counter(words)
    missing = []
    for word in others:
        if there[word]:
            there[word] -= 1
        else:
            missing.append(word)
    return missing


def _unlike(words: Iterable[str], others: Iterable[str]) -> list[str]:
    """As ``lacking``, but a word is there that differs in space around it or how it is composed."""
    there = Counter(map(alike, words))
    missing = []
    for word in others:
        if there[alike(word)]:
            there[alike(word)] -= 1
        else:
            missing.append(word)
    return missing


def _cut_short(word: str, subject: Words) -> bool:
    """Whether an IPTC keyword is one of XMP, cut off after 64 bytes."""
    least = IPTC_KEYWORD_BYTES - 3  # a character may have been cut, or a space at the end
    return len(word.encode(errors="surrogatepass")) >= least and any(
        whole.startswith(word) and len(whole.encode()) > IPTC_KEYWORD_BYTES for whole in subject
    )


def _with(words: Words, copied: Iterable[str], tags: Iterable[str]) -> Words:
    words = (*words, *(word for word in copied if word.strip()))
    there = {*map(alike, words)}
    return (*words, *(tag for tag in tags if alike(tag) not in there))


def _undone(
    field: Field,
    current: Words | None,
    before: Words | None,
    after: Words | None,
    only: AbstractSet[str] | None,
) -> Words | None:
    added = lacking(before or (), after or ())
    ours = Counter(word for word in added if only is None or _is_of(field, word, only))
    if current == after and ours.total() == len(added):
        return before
    if current is None:
        return None
    left = []
    # From the end, where they were appended.
    for word in reversed(current):
        if ours[word]:
            ours[word] -= 1
        else:
            left.append(word)
    if len(left) == len(current):
        return current
    return tuple(reversed(left)) or field.emptied(before)


def _is_of(field: Field, word: str, tags: AbstractSet[str]) -> bool:
    """Whether a word of that field stands for one of the tags."""
    leaf = field.notation.split(word)[-1].strip()
    return leaf in {field.notation.component(tag).strip() for tag in tags}


def _in_xmp(word: Tag | str) -> bool:
    texts = (word,) if isinstance(word, str) else (word.name, *word.path)
    return not any(map(_NOT_XML.search, texts))


def unfit_for_iptc(word: str, before: Keywords) -> str:
    """Why a keyword cannot be added to this photo's IPTC; empty if it can."""
    if len(word.encode(errors="surrogatepass")) > IPTC_KEYWORD_BYTES:
        return f"is longer than IPTC's {IPTC_KEYWORD_BYTES} bytes"
    if word.endswith("\0"):
        return "ends with a character that IPTC cannot hold"
    if word.isascii() or before.charset == UTF8:
        return ""
    if before.charset is not None:
        return f"has characters outside the photo's IPTC character set ({before.charset})"
    if before.encoding == "latin" and not _in_latin(word):
        return "has characters outside the photo's IPTC text, which is Latin"
    return ""


def _in_latin(word: str) -> bool:
    try:
        word.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _must_declare(before: Keywords, iptc: Words) -> bool:
    """Whether IPTC without a declared character set has to be declared UTF-8 from now on."""
    if before.charset is not None or before.encoding == "latin":
        return False
    return before.encoding != "ascii" or not all(word.isascii() for word in iptc)
