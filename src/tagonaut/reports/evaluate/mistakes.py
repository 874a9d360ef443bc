"""The most confident mistakes, as pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tagonaut.errors import PictureError
from tagonaut.pixels.decode import decode
from tagonaut.pixels.inspect import read_header
from tagonaut.reports.embedded import data_uri, encode_jpeg
from tagonaut.reports.evaluate.evaluated import Evaluated

EACH, OF_LABEL = 12, 3
"""Pictures shown of each kind of mistake, and how many of these may be of one label."""
SIDE = 240
"""Pixels of a picture's longer side."""


def mistakes(evaluated: Evaluated) -> list[dict[str, Any]]:
    """Each kind of mistake with its pictures, the worst first.

    With scores: wrong tags from the highest score, missed labels from the lowest, each picture at
    most once in each kind. Without scores: the pictures with the most mistakes.
    """
    pictures, tags = evaluated.pictures, evaluated.main.tags
    scores, positive = pictures.scores, pictures.targets == 1
    wrong, missed = tags & ~positive & pictures.known, ~tags & positive & pictures.known
    chosen: list[tuple[str, list[tuple[int, int | None]]]]
    if scores is None:
        chosen = [("most", [(row, None) for row in most_wrong(wrong | missed)])]
    else:
        chosen = [
            ("wrong", most_confident(wrong, scores)),
            ("missed", most_confident(missed, -scores)),
        ]
    return [
        {"kind": kind, "pictures": [_mistake(evaluated, row, label) for row, label in cells]}
        for kind, cells in chosen
        if cells
    ]


def most_confident(
    mistaken: NDArray[np.bool_], confidence: NDArray[Any]
) -> list[tuple[int, int | None]]:
    """Row and label of the ``mistaken[n, k]`` with the highest ``confidence[n, k]``, best first.

    A row occurs at most once, a label at most ``OF_LABEL`` times.
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


def _mistake(evaluated: Evaluated, row: int, label: int | None) -> dict[str, Any]:
    pictures, main = evaluated.pictures, evaluated.main
    positive, tags, known = pictures.targets[row] == 1, main.tags[row], pictures.known[row]
    of_label: dict[str, Any] = {}
    if label is not None and pictures.scores is not None:
        of_label = {
            "label": pictures.labels[label],
            "score": float(pictures.scores[row, label]),
            "threshold": None if main.thresholds is None else float(main.thresholds[label]),
        }
    return {
        "id": pictures.ids[row],
        "true": _names(pictures.labels, positive & known, ~tags),
        "predicted": _names(pictures.labels, tags, ~positive & known),
        "mistakes": int(((positive != tags) & known).sum()),
        **of_label,
        **_picture(pictures.paths[row]),
    }


def _names(
    labels: Sequence[str], shown: NDArray[np.bool_], mistaken: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """The labels, mistakes first: of many tags the page names only some."""
    columns = [*np.flatnonzero(shown & mistaken), *np.flatnonzero(shown & ~mistaken)]
    return [{"label": labels[k], "mistaken": bool(mistaken[k])} for k in columns]


def _picture(path: Path | None) -> dict[str, Any]:
    """The picture's data address and size, or the reason why it has none."""
    if path is None:
        return {"address": None, "reason": "no picture file"}
    try:
        image = Image.fromarray(decode(path, _size(path)))
    except PictureError as error:
        return {"address": None, "reason": str(error)}
    # A picture whose size Pillow could not tell is still large.
    image.thumbnail((SIDE, SIDE))
    address = data_uri(encode_jpeg(np.asarray(image)))
    return {"address": address, "width": image.width, "height": image.height}


def _size(path: Path) -> tuple[int, int] | None:
    """The size to decode to, at which a JPEG is decoded faster; None where it is not known."""
    header = read_header(path)
    if header is None:
        return None
    width, height = header.width, header.height
    scale = min(1.0, SIDE / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))
