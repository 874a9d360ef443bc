"""The options that all readers of labelled pictures share."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol, TypedDict

from tagonaut.data.formats import Format
from tagonaut.metadata.fields import Keywords

Unlabelled = Literal["skip", "negative"]
Missing = Literal["error", "skip", "keep"]


class MachineTags(Protocol):
    """Knows the keywords that a machine wrote; ``notes`` say where that cannot be known."""

    notes: list[str]

    def of(self, file: Path, found: Keywords) -> AbstractSet[str]:
        """Those of a file's keywords that a machine wrote and no person confirmed.

        ``file`` is a photo or a sidecar, and ``found`` are its fields.
        """


class Reading(TypedDict, total=False):
    """Options for reading labelled pictures; each option that is not given is guessed."""

    format: Format | None
    """The source's format."""
    labels: Sequence[str] | None
    """The labels: exactly those of a table, or a choice among those of another source. Default: all
    of them; of photos, the keywords that at least ``min_count`` (10) photos have."""
    min_count: int
    groups: Sequence[Sequence[str]]
    """Labels of which exactly one holds; pictures that break this are reported."""
    unlabelled: Unlabelled | None
    """A picture with no labels is unknown (``skip``, the default for photos' keywords), or counts
    as negative (``negative``, the default for all else)."""
    missing: Missing
    """A row without a picture is an error (the default of ``read``), is left out with a note
    (``skip``), or is kept with the path where its picture would be (``keep``, the default of
    ``look``)."""
    delimiter: str | None
    """The mark between the tags of a cell."""
    normalise: bool
    """Labels that differ only in case or space are one."""
    corrections: str | Path | None
    """A table of corrections, such as an audit's: see ``tagonaut.data.corrections.correct``."""
    machine_tags: Callable[[], AbstractContextManager[MachineTags]] | None
    """Finds the keywords of photos that are a machine's: they are unknown, not true. Default: all
    keywords are people's."""
