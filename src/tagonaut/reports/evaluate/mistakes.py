"""The mistakes that were made with the most confidence, as pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from tagonaut.errors import PictureError
from tagonaut.pixels.decode import decode
from tagonaut.reports.embedded import data_uri, encode_jpeg
from tagonaut.reports.evaluate.evaluated import Evaluated

EACH, OF_LABEL = 12, 3
"""Pictures of each kind of mistake, and the most of these of one label."""
SIDE = 240
"""Pixels of a picture's longer side."""


def mistakes(judged: Evaluated) -> list[dict[str, Any]]:
    """Each kind of mistake with its pictures, the worst first.

    With scores: wrong tags from the highest score, missed ones from the lowest, each picture once
    a kind. Without: the pictures with the most wrong labels.
    """
    tags, scores = judged.ways[0].tags, judged.scores
    positive = judged.targets == 1
    wrong, missed = tags & ~positive & judged.known, ~tags & positive & judged.known
    chosen: list[tuple[str, list[tuple[int, int | None]]]]
    if scores is None:
        chosen = [("most", [(row, None) for row in most_wrong(wrong | missed)])]
    else:
        chosen = [
            ("wrong", most_confident(wrong, scores)),
            ("missed", most_confident(missed, -scores)),
        ]
    return [
        {"kind": kind, "pictures": [_mistake(judged, row, label) for row, label in cells]}
        for kind, cells in chosen
        if cells
    ]


def most_confident(
    mistaken: NDArray[np.bool_], confidence: NDArray[Any]
) -> list[tuple[int, int | None]]:
    """Row and label of the ``mistaken[n, k]`` of the highest ``confidence[n, k]``, the first first.

    A row stands at most once, a label at most ``OF_LABEL`` times.
    """
    found: list[tuple[int, int]] = []
    for k in range(mistaken.shape[1]):
        rows = np.flatnonzero(mistaken[:, k])
        best = np.argsort(-confidence[rows, k], kind="stable")[: EACH + OF_LABEL]
        found += [(int(row), k) for row in rows[best]]
    found.sort(key=lambda cell: -confidence[cell])
    chosen: list[tuple[int, int | None]] = []
    for row, k in found:
        fresh = all(row != other for other, _ in chosen)
        if fresh and sum(k == label for _, label in chosen) < OF_LABEL:
            chosen.append((row, k))
    return chosen[:EACH]


def most_wrong(mistaken: NDArray[np.bool_]) -> list[int]:
    """The rows with the most mistakes, at most twice ``EACH``."""
    count = mistaken.sum(axis=1)
    rows: list[int] = np.argsort(-count, kind="stable")[: 2 * EACH].tolist()
    return [row for row in rows if count[row]]


def _mistake(judged: Evaluated, row: int, label: int | None) -> dict[str, Any]:
    positive, tags = judged.targets[row] == 1, judged.ways[0].tags[row]
    known = judged.known[row]
    of_label: dict[str, Any] = {}
    if label is not None and judged.scores is not None:
        of_label = {
            "label": judged.labels[label],
            "score": float(judged.scores[row, label]),
            "threshold": None if judged.thresholds is None else float(judged.thresholds[label]),
        }
    return {
        "id": judged.ids[row],
        "is": _names(judged.labels, positive & known, ~tags),
        "said": _names(judged.labels, tags, ~positive & known),
        "mistakes": int(((positive != tags) & known).sum()),
        **of_label,
        **_picture(judged.paths[row]),
    }


def _names(
    labels: Sequence[str], shown: NDArray[np.bool_], mistaken: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """The mistakes first: of many tags the page names only some."""
    columns = [*np.flatnonzero(shown & mistaken), *np.flatnonzero(shown & ~mistaken)]
    return [{"label": labels[k], "mistaken": bool(mistaken[k])} for k in columns]


def _picture(path: Path | None) -> dict[str, Any]:
    """``address``, with its size, or why there is none."""
    if path is None:
        return {"address": None, "reason": "no picture file"}
    try:
        image = Image.fromarray(decode(path, _size(path)))
    except PictureError as error:
        return {"address": None, "reason": str(error)}
    # Only what Pillow could not tell the size of is still large.
    image.thumbnail((SIDE, SIDE))
    address = data_uri(encode_jpeg(np.asarray(image)))
    return {"address": address, "width": image.width, "height": image.height}


def _size(path: Path) -> tuple[int, int] | None:
    """What the picture measures once it is small, for a JPEG is decoded the faster."""
    try:
        if not path.is_file():  # reading a pipe may never end
            return None
        with Image.open(path) as image:
            width, height = image.size
            if image.getexif().get(ExifTags.Base.Orientation, 1) in {5, 6, 7, 8}:
                width, height = height, width
    except Exception:  # a damaged header is the decoder's to explain
        return None
    scale = min(1.0, SIDE / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))
