"""What a photo's keyword fields shall become: pure functions on fields, no files."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from tagonaut.metadata.formats import WITH_IPTC, Format
from tagonaut.metadata.keywords import UTF8, Keywords

IPTC_KEYWORD_BYTES = 64
NEW_DIGEST = "new"

Words = tuple[str, ...]

_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Change:
    """The keyword fields as they shall be; ``None`` for a field that shall not be there.

    ``charset``, ``envelope``, ``version`` and ``digest`` are as in ``Keywords``; a ``digest`` of
    ``"new"`` is the one that the IPTC then really has. ``notes`` tell a person what could not be
    done, a line each.
    """

    iptc: Words | None
    subject: Words | None
    charset: str | None
    envelope: str | None
    version: str | None
    digest: str | None
    notes: Words = ()

    def changes(self, before: Keywords) -> bool:
        """Whether anything has to be written at all."""
        return self != keep(before, self.notes)


def keep(before: Keywords, notes: Words = ()) -> Change:
    """The change that changes nothing."""
    return Change(
        iptc=before.iptc,
        subject=before.subject,
        charset=before.charset,
        envelope=before.envelope,
        version=before.version,
        digest=before.digest,
        notes=notes,
    )


def plan(
    before: Keywords,
    tags: Sequence[str],
    format: Format,
    *,
    refused: AbstractSet[str] = frozenset(),
) -> Change:
    """The fields with ``tags`` on them, IPTC and dc:subject brought to agree.

    Everything stays that was there, in its order; what a field lacks of the other, counting
    repetitions, and the tags that it lacks come after it. ``refused`` are tags that a person took
    away: they are neither written nor copied from one field to the other. Blank keywords are not
    copied. A format without IPTC gets none, and keeps what it has in step.
    """
    holds_iptc = format in WITH_IPTC or before.iptc is not None
    iptc, subject = before.iptc or (), before.subject or ()
    wanted = [tag for tag in dict.fromkeys(tags) if tag.strip() and tag not in refused]
    notes = [
        f"{tag!r} has characters that XMP cannot hold: not written"
        for tag in wanted
        if not _in_xmp(tag)
    ]
    wanted = [tag for tag in wanted if _in_xmp(tag)]
    copied = [word for word in lacking(subject, iptc) if _in_xmp(word) and word not in refused]
    subject = _with(subject, copied, wanted)
    if holds_iptc:
        fitting = [word for word in lacking(iptc, subject) if word.strip() and word not in refused]
        iptc = (*iptc, *(word for word in fitting if not unfit_for_iptc(word, before)))
        notes += [
            f"{tag!r} {reason}: written to XMP alone"
            for tag in lacking(before.subject or (), wanted)
            if tag not in iptc and (reason := unfit_for_iptc(tag, before))
        ]
    if iptc == (before.iptc or ()) and subject == (before.subject or ()):
        return keep(before, tuple(notes))
    grown = iptc != (before.iptc or ())
    return replace(
        keep(before, tuple(notes)),
        iptc=iptc if grown else before.iptc,
        subject=subject if subject != (before.subject or ()) else before.subject,
        charset=UTF8 if grown and _must_declare(before, iptc) else before.charset,
        digest=None if before.digest is None else NEW_DIGEST,
    )


def restore(current: Keywords, writes: Iterable[tuple[Keywords, Keywords]]) -> Change:
    """The fields without what our ``writes``, pairs of before and after, newest first, put there.

    A field that reads as a write left it becomes what it was before that write, exactly; from any
    other field only the words go that the write appended. Character set, record versions and digest
    go back as far as nobody touched the IPTC.
    """
    iptc, subject = current.iptc, current.subject
    untouched = True
    rest = current
    for before, after in writes:
        iptc = _undone(iptc, before.iptc, after.iptc, empty=None)
        empty = () if before.subject == () else None
        subject = _undone(subject, before.subject, after.subject, empty=empty)
        untouched = untouched and (rest.seal, rest.digest) == (after.seal, after.digest)
        if untouched:
            rest = before
    change = replace(keep(rest), iptc=iptc, subject=subject)
    if not untouched and rest.digest is not None and current.digest == current.true_digest:
        change = replace(change, digest=NEW_DIGEST)
    return change


def lacking(words: Iterable[str], others: Iterable[str]) -> list[str]:
    """What of ``others`` is not among ``words``, counting repetitions, in order."""
    there = Counter(words)
    missing = []
    for word in others:
        if there[word]:
            there[word] -= 1
        else:
            missing.append(word)
    return missing


def _with(words: Words, copied: Iterable[str], tags: Iterable[str]) -> Words:
    words = (*words, *(word for word in copied if word.strip()))
    return (*words, *(tag for tag in tags if tag not in words))


def _undone(
    current: Words | None, before: Words | None, after: Words | None, *, empty: Words | None
) -> Words | None:
    if current == after:
        return before
    if current is None:
        return None
    ours = Counter(lacking(before or (), after or ()))
    left = []
    # From the end, where they were appended.
    for word in reversed(current):
        if ours[word]:
            ours[word] -= 1
        else:
            left.append(word)
    if len(left) == len(current):
        return current
    return tuple(reversed(left)) or empty


def _in_xmp(word: str) -> bool:
    return _NOT_XML.search(word) is None


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
