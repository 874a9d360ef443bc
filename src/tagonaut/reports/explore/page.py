"""``explore.html``: an exploration as one page that fetches nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates
from tagonaut.data.statistics import Cooccurrence, neighbour_order
from tagonaut.errors import PictureError
from tagonaut.pixels.inspect import inspect_picture
from tagonaut.pixels.open_image import open_image
from tagonaut.reports.duplicates import shown_groups, shown_pairs
from tagonaut.reports.embedded import data_uri, encode_jpeg
from tagonaut.reports.explore.album import Album, MeanPicture, Reservoir
from tagonaut.reports.explore.figures import Contents
from tagonaut.reports.explore.sizes import draw_sizes
from tagonaut.reports.page import write

MOST_CELLS, MOST_WRITTEN = 100, 25
"""The most labels that the matrix has, and with which its cells still hold figures."""
MOST_BARS = 400
COPIES_SHOWN = 4
_TAGS_IN_TITLE = 12


@dataclass(frozen=True)
class Thumbnail:
    """A picture of the page: its address, its size in pixels, and its tooltip."""

    address: str
    width: int
    height: int
    title: str


def write_page(path: Path, figures: Mapping[str, Any], contents: Contents) -> None:
    """Write the page."""
    bars = sorted(figures["labels"], key=lambda row: -row["pictures"])
    dataset, album, facts = contents.dataset, contents.album, contents.facts
    widths, heights = (facts[side][facts.measured] for side in ("width", "height"))
    write(
        path,
        "explore.html",
        **figures,
        size=_size,
        bars=bars[:MOST_BARS],
        most=max((row["pictures"] for row in bars), default=0),
        matrix=_matrix(dataset.labels.names, contents.cooccurrence),
        colours=_colours(bars[:MOST_BARS], figures["pictures"]["mean_rgb"]),
        cards=_cards(dataset, album),
        everything=_card(dataset, "all pictures", album.mean_of_all, album.of_all),
        set_samples=[_samples(dataset, reservoir.items()) for reservoir in album.of_set],
        size_plot=draw_sizes(widths, heights),
        copies=_copies(dataset, contents.duplicates),
        pairs=_pairs(dataset, contents.duplicates),
    )


def _size(count: int) -> str:
    """Bytes in words, such as 3.2 MB."""
    value, unit = float(count), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"


def _matrix(names: Sequence[str], found: Cooccurrence) -> dict[str, Any]:
    """Rows and cells of the co-occurrence matrix, the shade of each from 0 to 1."""
    shown = np.argsort(-found.counts, kind="stable")[:MOST_CELLS]
    written = len(shown) <= MOST_WRITTEN
    if not written:
        shown = shown[neighbour_order(found.together[np.ix_(shown, shown)])]
    shares = found.conditional
    rows = [
        {
            "label": names[i],
            "cells": [
                {
                    "other": names[j],
                    "both": int(found.together[i, j]),
                    "of": int(found.asked[i, j]),
                    "share": None if np.isnan(shares[i, j]) else float(shares[i, j]),
                    # Small shares are what is looked for: the root makes them visible.
                    "shade": round(float(np.nan_to_num(shares[i, j])) ** 0.6, 3),
                    "own": i == j,
                }
                for j in shown.tolist()
            ],
        }
        for i in shown.tolist()
    ]
    return {"written": written, "rows": rows, "left": len(names) - len(rows)}


def _colours(
    bars: Sequence[Mapping[str, Any]], overall: Sequence[float] | None
) -> dict[str, Any] | None:
    """The range of all mean colours, with round ends, and one row per label that has one."""
    rows = [row for row in bars if row["mean_rgb"]]
    if overall is None:
        return None
    values = [value for row in rows for value in row["mean_rgb"]] + list(overall)
    span = max(values) - min(values)
    step = next(step for step in (10, 20, 50, 100) if span <= 4 * step)
    low, high = int(min(values) // step) * step, int(max(values) // step + 1) * step
    return {
        "rows": rows,
        "overall": list(overall),
        "low": low,
        "high": high,
        "ticks": list(range(low, high + 1, step)),
    }


def _cards(dataset: Dataset, album: Album) -> list[dict[str, Any]]:
    return [
        _card(dataset, dataset.labels.names[label], album.mean_of_label[label], reservoir)
        for label, reservoir in album.of_label.items()
        if reservoir.seen
    ]


def _card(dataset: Dataset, label: str, mean: MeanPicture, reservoir: Reservoir) -> dict[str, Any]:
    return {
        "label": label,
        "pictures": mean.count,
        "mean": data_uri(encode_jpeg(mean.mean())) if mean.count else "",
        "samples": _samples(dataset, reservoir.items()),
    }


def _samples(dataset: Dataset, items: Sequence[tuple[int, bytes]]) -> list[Thumbnail]:
    return [_thumbnail(dataset, row, jpeg) for row, jpeg in items]


def _thumbnail(dataset: Dataset, row: int, jpeg: bytes) -> Thumbnail:
    width, height = open_image(jpeg).size
    tags = _tags(dataset, row)
    names = ", ".join(tags[:_TAGS_IN_TITLE]) + (", …" if len(tags) > _TAGS_IN_TITLE else "")
    title = f"{dataset.ids[row]}: {names}" if tags else dataset.ids[row]
    return Thumbnail(data_uri(jpeg), width, height, title)


def _tags(dataset: Dataset, row: int) -> list[str]:
    present = (dataset.targets[row] != 0) & dataset.known[row]
    return [dataset.labels.names[k] for k in np.flatnonzero(present)]


def _copies(dataset: Dataset, duplicates: Duplicates) -> list[list[Thumbnail]]:
    """The first few files of each listed group of identical ones."""
    return [
        _fresh(dataset, duplicates.exact[number][:COPIES_SHOWN])
        for number in shown_groups(duplicates)
    ]


def _pairs(dataset: Dataset, duplicates: Duplicates) -> list[list[Thumbnail]]:
    return [
        _fresh(dataset, duplicates.pairs[number].tolist()) for number in shown_pairs(duplicates)
    ]


def _fresh(dataset: Dataset, rows: Sequence[int]) -> list[Thumbnail]:
    """Read again the pictures of which it was not known that they would be shown."""
    shown = []
    for row in rows:
        try:
            jpeg = encode_jpeg(inspect_picture(dataset.paths[row]).thumbnail)
        except PictureError:
            continue
        shown.append(_thumbnail(dataset, row, jpeg))
    return shown
