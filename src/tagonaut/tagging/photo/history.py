"""The history of a photo: its tags of ours, and how they were written."""

from collections.abc import Sequence
from dataclasses import dataclass

from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.journal.records import Fact, Write


@dataclass(frozen=True)
class History:
    """The tags and the writes in force, newest first, of the photo at a path.

    ``content`` is the file's SHA-256, if it had to be computed. ``earlier`` are the fields of the
    copy that a new one replaces. ``own_notes``: as in ``Outcome``.
    """

    facts: Sequence[Fact] = ()
    writes: Sequence[Write] = ()
    notes: tuple[str, ...] = ()
    own_notes: tuple[str, ...] = ()
    content: str | None = None
    earlier: Keywords | None = None
