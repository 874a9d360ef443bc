"""The options of tagging and of untagging, from the command line to every engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tagonaut.data.ignoring import Rules
from tagonaut.errors import TagonautError
from tagonaut.metadata.iptc import check_charset
from tagonaut.metadata.sidecars import SidecarName
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.files import Parts, Selected


@dataclass(frozen=True)
class TagOptions:
    """Where the tags of a folder of photos go, which tags, and how they are written.

    Exactly one of four: ``to``, a folder for tagged copies (with Ray also an fsspec URL);
    ``in_place``, the photos themselves; ``sidecar``, files beside the photos; ``sidecar_dir``, a
    folder for sidecars, in which they have the photos' relative paths. ``sidecar_name`` is the name
    of new sidecars: ``IMG.jpg.xmp`` as darktable or ``IMG.xmp`` as Adobe's programs call them.

    ``choice``: the tags to write. ``keep_time``: photos keep their time of modification.
    ``break_links``: a photo with several hard links becomes a file of its own, instead of a
    failure. ``break_signatures``: a photo with Content Credentials is written to all the same,
    which makes its signature invalid; otherwise it gets a sidecar. ``add``: no tag of an earlier
    run is taken away. ``write_scores``: the scores go into the metadata too. ``dry_run``: write
    nothing. ``journal``: by default this machine keeps one per archive. ``scores``: a .parquet or
    .csv file for the table of scores, by default ``scores.parquet`` in the tagged folder.

    ``exclude`` and ``only``: patterns of photos to leave out, and to take alone. ``parts``: only
    these folders and photos, relative to the archive's. ``any_name``: also JPEGs whose names do not
    say so. ``or_sidecar``: with ``in_place``, a photo that cannot be written gets a sidecar.
    ``nice``: work with the lowest priority. ``until``: stop at this time, in seconds since 1970.

    ``iptc_charset``: the character set of IPTC text that declares none, as Python names it.

    Raises ``TagonautError`` unless exactly one of the four is given, and for a character set that
    is not known.
    """

    to: Path | str | None = None
    in_place: bool = False
    sidecar: bool = False
    sidecar_dir: Path | None = None
    sidecar_name: SidecarName = "darktable"
    choice: Choice = field(default_factory=Choice)
    keep_time: bool = False
    break_links: bool = False
    break_signatures: bool = False
    write_scores: bool = False
    add: bool = False
    dry_run: bool = False
    journal: Path | None = None
    scores: Path | None = None
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    parts: frozenset[Path] | None = None
    any_name: bool = False
    or_sidecar: bool = False
    nice: bool = False
    until: float | None = None
    iptc_charset: str | None = None

    def __post_init__(self) -> None:
        if self.iptc_charset is not None:
            check_charset(self.iptc_charset)
        if self.or_sidecar and not self.in_place:
            raise TagonautError("--or-sidecar is for --in-place")
        places = (self.to is not None, self.in_place, self.sidecar, self.sidecar_dir is not None)
        if sum(places) != 1:
            raise TagonautError(
                "either a folder to write to, or in place, or in sidecars: exactly one of them"
            )

    @property
    def out(self) -> Path | str | None:
        """The folder that is written to, unless it is that of the photos."""
        return self.to if self.sidecar_dir is None else self.sidecar_dir

    def selected(self) -> Selected:
        """The photos to tag. Raises ``TagonautError`` for what is no pattern."""
        rules = Rules.of(self.exclude, self.only)
        return Selected(rules, Parts(self.parts), self.any_name, links=self.to is not None)

    def run_id(self, run: str, labels: Sequence[str]) -> str:
        """The journal's id of a run with these options: others may write other words."""
        return self.choice.run_id(
            run,
            labels,
            scores=self.write_scores,
            iptc_charset=self.iptc_charset,
            add=self.add,
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
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    parts: frozenset[Path] | None = None
    nice: bool = False

    def selected(self) -> Selected:
        """The photos to untag. Raises ``TagonautError`` for what is no pattern."""
        return Selected(Rules.of(self.exclude, self.only), Parts(self.parts))
