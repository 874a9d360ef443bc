"""The records of a photo's history: stamps, tags, writes."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from tagonaut.errors import PictureError
from tagonaut.files.atomic import Stamp
from tagonaut.metadata.fields import Keywords
from tagonaut.tagging.summary import shown

# The journal's name for the scores in a photo's metadata, which untagging removes like a tag.
SCORES = "(scores)"

# Separates the labels that one tag stands for; no tag contains it, as XML cannot hold it.
BETWEEN_LABELS = "\x1f"

State = Literal["written", "confirmed", "refused", "undone"]
"""``written``: we wrote the tag, and untagging removes it; ``confirmed``: a person wants it;
``refused``: a person removed it; ``undone``: we removed it."""


@dataclass(frozen=True)
class Seen:
    """The stamps of a photo when a run last finished it: of the file read, and of the file left.

    ``beside`` is that of the sidecar that the photo itself has, where ours is elsewhere; None:
    unknown.
    """

    run: str | None
    source: Stamp
    left: Stamp
    beside: Stamp | None = None


class Fact(NamedTuple):
    """A tag that a run wrote to a file, and its state since ``time``, in seconds since 1970.

    ``label`` is the label that it stands for, or several, separated by ``BETWEEN_LABELS``. The tag
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
class Written:
    """A tag that is ours on ``photos`` photos, with a low score on ``low`` of them."""

    tag: str
    labels: frozenset[str]
    run: str
    photos: int
    low: int


@dataclass(frozen=True)
class Write:
    """One replacement of a photo by a new file: keyword fields and SHA-256 before and after.

    ``tags`` are the added tags with their scores, ``labels`` the labels of those that are named
    otherwise (as in ``Fact``), ``taken`` the removed tags of ours. ``run`` is the run that chose
    both; None: tags were untagged, all of ours if ``taken`` is empty. ``afresh``: the file was made
    from the source, without earlier writes. The digest of a missing file is empty. ``sidecar_of``
    is the photo, if ``path`` is a sidecar. ``digest_there`` is the digest of the replaced file,
    ``pixels`` that of the picture's pixels,
    ``capture`` what the metadata says of its origin; None: unknown. ``beside`` as in ``Seen``;
    ``runs`` are the runs of those tags that other runs chose.
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
    capture: str | None = None
    beside: Stamp | None = None
    runs: dict[str, str] = field(default_factory=dict)

    @property
    def everything(self) -> bool:
        """Whether the photo has no tag of ours afterwards."""
        return self.run is None and not self.taken


def name_of(path: bytes) -> Path:
    """A path in the journal as a relative ``Path``.

    Raises ``PictureError`` for one that is no name below the archive's folder.
    """
    if not path or path.startswith(b"/") or b"\0" in path or b".." in path.split(b"/"):
        where = shown(Path(os.fsdecode(path)))
        raise PictureError(
            f"the journal has a path that leads out of the folder ({where}): left alone"
        )
    return Path(os.fsdecode(path))
