"""What a run over a folder has done, in memory that does not grow with the folder."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from tagonaut.errors import PictureError

KEPT_FAILURES = 1000
KEPT_NOTES = 100
KEPT_EXAMPLES = 20

T = TypeVar("T")

Kind = Literal["written", "copied", "nothing to do", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one photo; ``path`` is relative to the folder that was walked.

    ``tags`` are those that the run gave it, ``changed`` those that were written or, by untagging,
    taken back; ``taken`` those that a run took away because it does not give them any more.
    """

    path: Path
    kind: Kind
    reason: str = ""
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


def attempt(path: Path, work: Callable[..., T], *values: Any, **named: Any) -> T | Outcome:
    """What ``work`` returns, or the outcome "failed" if the photo cannot be read or written."""
    try:
        return work(*values, **named)
    except PictureError as error:
        return Outcome(path, "failed", reason=str(error))
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        return Outcome(path, "failed", reason=f"cannot be read or written ({reason})")


@dataclass
class Summary:
    """Counts of photos, and what a person has to be told.

    ``failures`` holds the first 1,000 pairs of name and reason, ``examples`` the first 20 of name
    and tags written (in a dry run: that would be written). ``tags`` counts photos by the tags that
    the run gave them, ``changed`` by those that were written or, by untagging, taken back,
    ``taken`` by those that a run took away because it does not give them any more. ``journal`` and
    ``scores`` are where these are: a path, or a URL.
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
            self.tell(note)
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

    def tell(self, note: str) -> None:
        """Keep something that a person has to be told, once."""
        if note not in self.notes and len(self.notes) < KEPT_NOTES:
            self.notes.append(note)

    def fail(self, path: Path, reason: str) -> None:
        """Count something that was left out, a photo or a folder."""
        self.failed += 1
        if len(self.failures) < KEPT_FAILURES:
            self.failures.append((shown(path), " ".join(reason.split())))


def shown(path: Path) -> str:
    r"""A path on one line: bytes that are no UTF-8 and unprintable characters as ``\x0a``."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )
