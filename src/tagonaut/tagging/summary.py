"""The summary of a run over a folder, of bounded size however many photos there are."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from tagonaut.data.passed_over import PassedOver
from tagonaut.data.text import one_line, printable
from tagonaut.errors import PictureError

KEPT_FAILURES = 1000
KEPT_NOTES = 100
KEPT_EXAMPLES = 20
_NAMED = 5
_MORE_NOTES = f"there are more notes than these {KEPT_NOTES}: the others are not shown"

OTHERS_NOTE = (
    "other users may write in folders of these photos: a photo that they change while it is worked"
    " on is left alone"
)

T = TypeVar("T")

Kind = Literal["written", "copied", "nothing to do", "failed", "passed over"]


_GRAVEST: tuple[Kind, ...] = ("failed", "written", "copied", "nothing to do")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one photo; ``path`` is relative to the folder that was walked.

    ``reason``: why it failed or was passed over. ``tags`` are the tags that the run gave it,
    ``changed`` those that were written or, by untagging, removed; ``taken`` earlier ones that were
    removed as the run does not give them. ``notes`` are on all photos, ``own_notes`` on this one:
    the summary gives each of these once, with the first photos' names. ``is_original``, of a photo
    that was untagged: whether it is the original, byte for byte; None if other tags of ours stay
    (``partly``).
    """

    path: Path
    kind: Kind
    reason: str = ""
    notes: tuple[str, ...] = ()
    own_notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    is_original: bool | None = None
    partly: bool = False


def try_photo(path: Path, work: Callable[..., T], *values: Any, **named: Any) -> T | Outcome:
    """The result of ``work``, or the outcome "failed" if it raises for a photo."""
    try:
        return work(*values, **named)
    except PictureError as error:
        return Outcome(path, "failed", reason=str(error))
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        return Outcome(path, "failed", reason=f"cannot be read or written ({reason})")


def as_sidecar(outcome: Outcome, sidecar: Path) -> Outcome:
    """The outcome of a sidecar, to be counted ``together`` with that of its photo."""
    if not outcome.reason:
        return outcome
    return replace(outcome, reason=f"its sidecar {shown(sidecar)}: {outcome.reason}")


def together(photo: Outcome, *sidecars: Outcome) -> Outcome:
    """The one outcome of a photo and its sidecars, which are counted as one photo."""
    every = (photo, *sidecars)
    originals = [one.is_original for one in every if one.is_original is not None]
    partly = any(one.partly for one in every)
    return replace(
        photo,
        kind=min((one.kind for one in every), key=_GRAVEST.index),
        reason="; ".join(filter(None, (one.reason for one in every))),
        notes=tuple(note for one in every for note in one.notes),
        own_notes=tuple(dict.fromkeys(note for one in every for note in one.own_notes)),
        changed=tuple(dict.fromkeys(tag for one in every for tag in one.changed)),
        taken=tuple(dict.fromkeys(tag for one in every for tag in one.taken)),
        is_original=all(originals) if originals and not partly else None,
        partly=partly,
    )


@dataclass
class _SaidOf:
    """The number of photos that a note is on, and the names of the first."""

    photos: int = 0
    names: list[str] = field(default_factory=list)

    def line(self, text: str) -> str:
        """The note, with the photos before it."""
        if self.photos < 2:
            return f"{''.join(self.names)}: {text}"
        more = self.photos - len(self.names)
        named = ", ".join(self.names) + (f" and {more:,} more" if more else "")
        return f"each of {self.photos:,} photos ({named}; tagonaut history names all): {text}"


@dataclass
class Summary:
    """Counts of photos, failures, and notes for the user.

    ``failures`` holds the first 1,000 pairs of name and reason, ``examples`` the first 20 of name
    and tags written (in a dry run: that would be written). ``tags``, ``changed`` and ``taken``
    count photos by the tags of their ``Outcome``; ``originals`` and ``only_fields`` count untagged
    photos by whether they are the original files, or have got their fields back. ``passed`` counts
    what is no photo or was not to be tagged. ``journal`` and ``scores`` are paths or URLs.
    ``archive`` is the folder whose journal holds every failure; None: none does. ``said_of``: the
    photos that notes in ``notes`` name.
    """

    seen: int = 0
    written: int = 0
    copied: int = 0
    nothing_to_do: int = 0
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    examples: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    passed: PassedOver = field(default_factory=PassedOver)
    journal: Path | str | None = None
    archive: Path | None = None
    scores: Path | str | None = None
    originals: int = 0
    only_fields: int = 0
    stopped: bool = False
    dry_run: bool = False
    said_of: dict[str, _SaidOf] = field(default_factory=dict, repr=False)

    def add(self, outcome: Outcome) -> None:
        """Count one photo."""
        if outcome.kind == "passed over":
            self.passed.add_file(outcome.reason, outcome.path.name)
            return
        self.seen += 1
        self.tags.update(outcome.tags)
        self.changed.update(outcome.changed)
        self.taken.update(outcome.taken)
        for note in outcome.notes:
            self.note(note)
        for note in outcome.own_notes:
            self._note_on(note, outcome.path)
        if outcome.kind == "written":
            self.written += 1
            if outcome.is_original is not None:
                self.originals += outcome.is_original
                self.only_fields += not outcome.is_original
            if len(self.examples) < KEPT_EXAMPLES:
                gone = tuple(f"not {tag}" for tag in outcome.taken)
                self.examples.append((shown(outcome.path), (*outcome.changed, *gone)))
        elif outcome.kind == "copied":
            self.copied += 1
        elif outcome.kind == "nothing to do":
            self.nothing_to_do += 1
        else:
            self.fail(outcome.path, outcome.reason)

    def with_faults(self, faults: Iterable[tuple[Path, str]], notes: Iterable[str]) -> Self:
        """This summary, with paths that were left out before the work began, and notes on them."""
        for path, reason in faults:
            self.fail(path, reason)
        for note in notes:
            self.note(note)
        return self

    def note(self, text: str) -> None:
        """Add a note for the user, unless it is there already."""
        if text in self.notes or len(self.notes) > KEPT_NOTES:
            return
        self.notes.append(text if len(self.notes) < KEPT_NOTES else _MORE_NOTES)

    def _note_on(self, text: str, path: Path) -> None:
        """Add a note on a photo: one line for all that have it, with the first ones' names."""
        said = self.said_of.setdefault(text, _SaidOf())
        line = said.line(text)
        said.photos += 1
        if len(said.names) < _NAMED:
            said.names.append(shown(path))
        if line in self.notes:
            self.notes[self.notes.index(line)] = said.line(text)
        else:
            self.note(said.line(text))

    def note_first(self, text: str, place: Path) -> None:
        """Add a note once, with the first place that it applies to."""
        if not any(note.startswith(text) for note in self.notes):
            self.note(f"{text} ({shown(place)})")

    def fail(self, path: Path, reason: str) -> None:
        """Count a photo or folder that was left out."""
        self.failed += 1
        if len(self.failures) < KEPT_FAILURES:
            self.failures.append((shown(path), " ".join(reason.split())))


def shown(path: Path) -> str:
    r"""A path on one line: bytes that are no UTF-8 and unprintable characters as ``\x0a``."""
    return one_line(printable(str(path)))
