"""``audit.html``: the doubtful labels beside their pictures, to look through and accept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates
from tagonaut.errors import PictureError
from tagonaut.pixels.decode import decode
from tagonaut.reports.audit.contents import AuditContents, Suggestion, suggestions
from tagonaut.reports.audit.tables import COLUMNS, correction_row
from tagonaut.reports.duplicates import shown_groups, shown_pairs
from tagonaut.reports.embedded import data_uri, encode_jpeg
from tagonaut.reports.page import write

MOST_SHOWN, FEWEST_SHOWN = 200, 24
"""Suggestions on the page; fewer are filled up with some that are not flagged."""
COPIES_SHOWN = 4
THUMBNAIL = (280, 200)
"""The most that a picture measures on the page: width and height in pixels."""
_TAGS_SHOWN = 24


@dataclass(frozen=True)
class Thumbnail:
    """A picture on the page: a data URI, its size in pixels, its id and its tags."""

    address: str
    width: int
    height: int
    name: str
    tags: Sequence[str]


@dataclass(frozen=True)
class Card:
    """A suggestion, its picture (None: it cannot be read any more), its rows of the table."""

    suggestion: Suggestion
    picture: Thumbnail | None
    rows: Sequence[Sequence[str]]


def write_page(path: Path, figures: Mapping[str, Any], contents: AuditContents) -> None:
    """Write the page."""
    listed = suggestions(contents)
    shown = shown_suggestions(listed)
    album = _Album(contents.dataset)
    compared = _Album(contents.compared)
    groups: dict[str, list[Card]] = {}
    for suggestion in shown:
        picture = album.thumbnail(suggestion.cells[0].row)
        card = Card(suggestion, picture, [correction_row(cell) for cell in suggestion.cells])
        groups.setdefault(suggestion.label, []).append(card)
    counts = Counter(suggestion.label for suggestion in listed if suggestion.flagged)
    splits = figures["splits"]
    leaks = (
        [(leak, compared.thumbnails(leak["rows"])) for leak in splits["listed"]] if splits else []
    )
    write(
        path,
        "audit.html",
        title=f"Audit of {figures['name']}",
        **figures,
        columns=COLUMNS,
        groups=sorted(groups.items(), key=lambda group: -counts[group[0]]),
        shown=len(shown),
        listed=len(listed),
        swaps=any(len(suggestion.cells) > 1 for suggestion in shown),
        counts=counts,
        doubted=sorted(figures["labels"], key=_doubts),
        twice=_disagreeing(figures, contents.duplicates, compared),
        leaks=leaks,
        most_tags=_TAGS_SHOWN,
    )


def _doubts(row: Mapping[str, Any]) -> tuple[bool, int, str]:
    return not row["judged"], -row["wrong"] - row["missing"], row["label"]


def shown_suggestions(listed: Sequence[Suggestion]) -> list[Suggestion]:
    """The suggestions (given by rank) that the page shows; no label takes another's place.

    The page shows up to 200 flagged ones, the first of each label, with equal room for all labels.
    Where fewer than 24 are flagged, the first of the others fill it up.
    """
    flagged = [suggestion for suggestion in listed if suggestion.flagged]
    counts = Counter(suggestion.label for suggestion in flagged)
    each = MOST_SHOWN
    while sum(min(count, each) for count in counts.values()) > MOST_SHOWN and each > 1:
        each -= 1
    taken: Counter[str] = Counter()
    shown: list[Suggestion] = []
    for suggestion in flagged:
        taken[suggestion.label] += 1
        if taken[suggestion.label] <= each and len(shown) < MOST_SHOWN:
            shown.append(suggestion)
    others = [suggestion for suggestion in listed if not suggestion.flagged]
    return [*shown, *others[: max(0, FEWEST_SHOWN - len(shown))]]


class _Album:
    """Small copies of pictures, each read once."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._read: dict[int, Thumbnail | None] = {}

    def thumbnail(self, row: int) -> Thumbnail | None:
        """None where the picture cannot be read any more."""
        if row not in self._read:
            self._read[row] = self._fresh(row)
        return self._read[row]

    def thumbnails(self, rows: Sequence[int]) -> list[Thumbnail]:
        """The thumbnails of the pictures that can be read."""
        found = (self.thumbnail(row) for row in rows)
        return [picture for picture in found if picture is not None]

    def _fresh(self, row: int) -> Thumbnail | None:
        dataset = self._dataset
        try:
            image = Image.fromarray(decode(dataset.paths[row]))
        except PictureError:
            return None
        image.thumbnail(THUMBNAIL, Image.Resampling.BICUBIC)
        present = np.flatnonzero((dataset.targets[row] != 0) & dataset.known[row])
        tags = [dataset.labels.names[k] for k in present]
        address = data_uri(encode_jpeg(np.asarray(image)))
        return Thumbnail(address, image.width, image.height, dataset.ids[row], tags)


def _disagreeing(
    figures: Mapping[str, Any], duplicates: Duplicates, album: _Album
) -> list[tuple[dict[str, Any], list[Thumbnail]]]:
    """The listed duplicates whose labels differ: the figures of each, and its pictures."""
    found = figures["duplicates"]
    exact = [
        ({**listed, "distance": None}, album.thumbnails(listed["rows"][:COPIES_SHOWN]))
        for number, listed in zip(shown_groups(duplicates), found["exact"]["listed"], strict=True)
        if duplicates.exact_disagree[number]
    ]
    near = [
        (listed, album.thumbnails(listed["rows"]))
        for number, listed in zip(shown_pairs(duplicates), found["near"]["listed"], strict=True)
        if duplicates.pairs_disagree[number]
    ]
    return exact + near
