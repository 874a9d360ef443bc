"""The options that all readers of labelled pictures share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypedDict

from tagonaut.data.formats import Format

Unlabelled = Literal["skip", "negative"]
Missing = Literal["error", "skip", "keep"]


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
