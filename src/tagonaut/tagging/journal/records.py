"""What the journal knows of a photo."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from tagonaut.files.atomic import Stamp
from tagonaut.metadata.fields import Keywords

# What the journal calls the scores in a photo: one thing to take back, as a tag is.
SCORES = "(scores)"

# Between the labels that one tag stands for; no tag has it, for XML cannot hold it.
BETWEEN_LABELS = "\x1f"

State = Literal["written", "confirmed", "refused", "undone"]
"""``written``: ours, and ours to take back; ``confirmed``: a person stands by it; ``refused``: a
person took it away; ``undone``: we took it back."""


@dataclass(frozen=True)
class Seen:
    """What the last run that ended well with a photo read, and what it left."""

    run: str | None
    source: Stamp
    left: Stamp


class Fact(NamedTuple):
    """A tag that we once wrote to a file: what for, by which run, when, and what became of it.

    ``label`` is what it stands for; several labels have ``BETWEEN_LABELS`` between them. The tag
    may be ``SCORES``.
    """

    tag: str
    label: str
    run: str
    score: float
    state: State
    time: float

    @property
    def labels(self) -> frozenset[str]:
        """The labels that it stands for."""
        return frozenset(self.label.split(BETWEEN_LABELS))


@dataclass(frozen=True)
class Write:
    """One file put in a photo's place: its fields and SHA-256 before and after.

    ``tags`` are those that it added to any field, with their scores, ``labels`` what those stand
    for whose label has another name, as in ``Fact``, ``taken`` the tags of ours that it took away,
    ``run`` is the run that chose both; a write without a run takes tags back, all of them if it
    names none. ``afresh``: made from the source, and nothing that was written before is in it. The
    digest of a file that is not there is empty. ``sidecar_of`` is the photo, if ``path`` is a
    sidecar. ``digest_there`` is that of what it takes the place of, ``pixels`` tells the
    picture from others; None: not known.
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
    labels: dict[str, str] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    sidecar_of: bytes | None = None
    digest_there: str | None = None
    pixels: str | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing of ours is on the photo afterwards."""
        return self.run is None and not self.taken


def name_of(path: bytes) -> Path:
    """A journalled path as a relative ``Path``."""
    return Path(os.fsdecode(path))
