"""The summary of a run over a folder, of bounded size however many photos there are."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from tagonaut.data.text import one_line, printable
from tagonaut.errors import PictureError

KEPT_FAILURES = 1000
KEPT_NOTES = 100
KEPT_EXAMPLES = 20

OTHERS_NOTE = (
    "other users may write in folders of these photos: a photo that they change while it is worked"
    " on is left alone"
)

T = TypeVar("T")

Kind = Literal["written", "copied", "nothing to do", "failed"]


@dataclass(frozen=True)
class Outcome:
    """The outcome of one photo; ``path`` is relative to the folder that was walked.

    ``tags`` are the tags that the run gave it, ``changed`` those that were written or, by
    untagging, removed; ``taken`` earlier ones that were removed as the run does not give them.
    """

    path: Path
    kind: Kind
    reason: str = ""
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


def try_photo(path: Path, work: Callable[..., T], *values: Any, **named: Any) -> T | Outcome:
    """The result of ``work``, or the outcome "failed" if it raises for a photo."""
    try:
        return work(*values, **named)
    except PictureError as error:
        return Outcome(path, "failed", reason=str(error))
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        return Outcome(path, "failed", reason=f"cannot be read or written ({reason})")


@dataclass
class Summary:
    """Counts of photos, failures, and notes for the user.

    ``failures`` holds the first 1,000 pairs of name and reason, ``examples`` the first 20 of name
    and tags written (in a dry run: that would be written). ``tags``, ``changed`` and ``taken``
    count photos by the tags of their ``Outcome``. ``journal`` and ``scores`` are paths or URLs.
    ``archive`` is the folder whose journal holds every failure; None: none does.
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
    journal: Path | str | None = None
    archive: Path | None = None
    scores: Path | str | None = None
    stopped: bool = False
    dry_run: bool = False

    def add(self, outcome: Outcome) -> None:
        """Count one photo."""
        self.seen += 1
        self.tags.update(outcome.tags)
        self.changed.update(outcome.changed)
        self.taken.update(outcome.taken)
        for note in outcome.notes:
            self.note(note)
        if outcome.kind == "written":
            self.written += 1
            if len(self.examples) < KEPT_EXAMPLES:
                gone = tuple(f"not {tag}" for tag in outcome.taken)
                self.examples.append((shown(outcome.path), (*outcome.changed, *gone)))
        elif outcome.kind == "copied":
            self.copied += 1
        elif outcome.kind == "nothing to do":
            self.nothing_to_do += 1
        else:
            self.fail(outcome.path, outcome.reason)

    def note(self, text: str) -> None:
        """Add a note for the user, unless it is there already."""
        if text not in self.notes and len(self.notes) < KEPT_NOTES:
            self.notes.append(text)

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
