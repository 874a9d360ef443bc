"""The options of tagging and of untagging, from the command line to every engine."""

from dataclasses import dataclass, field
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.tagging.choice import Choice


@dataclass(frozen=True)
class TagOptions:
    """Where the tags of a folder of photos go, which tags, and how they are written.

    Exactly one of three: ``to``, a folder for tagged copies (with Ray also an fsspec URL);
    ``in_place``, the photos themselves; ``sidecar``, files ``IMG.jpg.xmp`` beside the photos.

    ``choice``: the tags to write. ``keep_time``: photos keep their time of modification.
    ``break_links``: a photo with several hard links becomes a file of its own, instead of a
    failure. ``add``: no tag of an earlier run is taken away. ``write_scores``: the scores go into
    the metadata too. ``dry_run``: write nothing. ``journal``: by default this machine keeps one per
    archive. ``scores``: a .parquet or .csv file for the table of scores, by default
    ``scores.parquet`` in the tagged folder.

    Raises ``TagonautError`` unless exactly one of the three is given.
    """

    to: Path | str | None = None
    in_place: bool = False
    sidecar: bool = False
    choice: Choice = field(default_factory=Choice)
    keep_time: bool = False
    break_links: bool = False
    write_scores: bool = False
    add: bool = False
    dry_run: bool = False
    journal: Path | None = None
    scores: Path | None = None

    def __post_init__(self) -> None:
        if (self.to is not None) + self.in_place + self.sidecar != 1:
            raise TagonautError(
                "either a folder to write to, or in place, or in sidecars: exactly one of them"
            )


@dataclass(frozen=True)
class ClusterOptions:
    """The Ray cluster that tags: ``local`` starts one on this machine; others as Ray names them.

    ``actors`` is the number of processes that tag, by default one per GPU or else per machine.
    """

    address: str = "local"
    actors: int | None = None


@dataclass(frozen=True)
class UntagOptions:
    """The tags to remove, by default all that were written, and how the photos are written.

    ``runs``: run folders, their names, or whole run ids. ``labels``: labels or tags. ``since``
    (inclusive) and ``until`` (exclusive): the time of writing, in seconds since 1970. The others as
    in ``TagOptions``.
    """

    runs: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    since: float | None = None
    until: float | None = None
    keep_time: bool = False
    break_links: bool = False
    dry_run: bool = False
    journal: Path | None = None
