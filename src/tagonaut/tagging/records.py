"""What the journal knows of a photo."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from tagonaut.metadata.keywords import Keywords
from tagonaut.tagging.replacing import Stamp


@dataclass(frozen=True)
class Seen:
    """What the last run that ended well with a photo read, and what it left."""

    run: str | None
    source: Stamp
    left: Stamp


@dataclass(frozen=True)
class Write:
    """One file put in a photo's place: its fields and SHA-256 before and after.

    ``tags`` are those that it added, with their scores, ``run`` is the run that gave them; a write
    without a run takes tags back. ``afresh``: made from the source, and nothing that was written
    before is in it.
    """

    path: bytes
    run: str | None
    source: Stamp
    before: Keywords
    after: Keywords
    digest_before: str
    digest_after: str
    tags: dict[str, float] = field(default_factory=dict)
    afresh: bool = False
    number: int = 0


def name_of(path: bytes) -> Path:
    """A journalled path as a relative ``Path``."""
    return Path(os.fsdecode(path))
