"""The facts of each picture of a collection, some hundred bytes, and their summary."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates, compare_pictures
from tagonaut.pixels.inspect import FULL_PIXELS, Inspection

SMALL_SIDE, EXTREME_RATIO, ONE_COLOUR = 32, 4.0, 1.0
"""Limits of doubtful pictures: pixels of the shorter side, ratio of the sides, deviation of 255."""

MOST_SIZES = 12

_FACTS = np.dtype(
    [
        ("width", np.int32),
        ("height", np.int32),
        ("bytes", np.int64),
        ("kind", np.int32),
        ("orientation", np.uint8),
        ("frames", np.int32),
        ("mean", np.float64, 3),
        ("spread", np.float32),
        ("reduced", np.bool_),
        ("stretched", np.bool_),
        ("perceptual_hash", np.uint64),
        ("content", "V32"),
    ]
)


class PictureFacts:
    """The facts of n pictures; ``there[n]``: a file exists; ``measured[n]``: it was decoded.

    ``failures``: for rows whose file cannot be decoded, the reason.
    """

    def __init__(self, there: NDArray[np.bool_]) -> None:
        self.there = there
        self.measured = np.zeros(len(there), dtype=bool)
        self.failures: dict[int, str] = {}
        self._facts = np.zeros(len(there), dtype=_FACTS)
        self._kinds: dict[tuple[str, str], int] = {}

    def put(self, row: int, found: Inspection) -> None:
        """Store the facts of a picture."""
        header = found.header
        kind = self._kinds.setdefault((header.format, header.mode), len(self._kinds))
        self._facts[row] = (
            header.width,
            header.height,
            found.file_size,
            kind,
            header.orientation,
            header.frames,
            found.mean,
            found.spread,
            found.reduced,
            header.stretched,
            found.perceptual_hash,
            found.content,
        )
        self.measured[row] = True

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._facts[name]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Format and mode of each number in ``kind``."""
        return list(self._kinds)

    def rows(self, condition: NDArray[np.bool_]) -> list[int]:
        """The measured rows where ``condition`` holds."""
        return np.flatnonzero(self.measured & condition).tolist()


def find_duplicates(dataset: Dataset, facts: PictureFacts) -> Duplicates:
    """Compare the measured pictures by content and by perceptual hash."""
    rows = np.flatnonzero(facts.measured)
    return compare_pictures(dataset, rows, facts["content"], facts["perceptual_hash"])


def picture_figures(facts: PictureFacts) -> dict[str, Any]:
    """Sizes, formats, modes, orientations and the mean colour of the measured pictures."""
    rows = facts.measured
    sizes = Counter(zip(facts["width"][rows].tolist(), facts["height"][rows].tolist(), strict=True))
    orientations = Counter(facts["orientation"][rows].tolist())
    return {
        "there": int(facts.there.sum()),
        "measured": int(rows.sum()),
        "reduced": int(facts["reduced"].sum()),
        "stretched": int(facts["stretched"].sum()),
        "full_pixels": FULL_PIXELS,
        "bytes": int(facts["bytes"].sum()),
        "mean_rgb": mean_colour(facts, rows),
        "distinct_sizes": len(sizes),
        "sizes": [
            {"width": width, "height": height, "pictures": count}
            for (width, height), count in sizes.most_common(MOST_SIZES)
        ],
        "formats": _count_kinds(facts, 0),
        "modes": _count_kinds(facts, 1),
        "orientations": {str(value): count for value, count in orientations.most_common()},
        "several_frames": len(facts.rows(facts["frames"] > 1)),
    }


def _count_kinds(facts: PictureFacts, part: int) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for number, count in Counter(facts["kind"][facts.measured].tolist()).items():
        counts[facts.kinds[number][part]] += count
    return dict(counts.most_common())


def mean_colour(facts: PictureFacts, rows: NDArray[np.bool_]) -> list[float] | None:
    """Mean red, green and blue (0 to 255) of those of these pictures that were measured."""
    rows = rows & facts.measured
    return facts["mean"][rows].mean(axis=0).tolist() if rows.any() else None


def doubtful_pictures(dataset: Dataset, facts: PictureFacts) -> dict[str, list[dict[str, Any]]]:
    """Pictures that cannot be read, are of one colour, very small or of an extreme shape."""
    sides = np.stack([facts["width"], facts["height"]]).astype(np.float64)
    short, long = sides.min(axis=0), sides.max(axis=0)
    return {
        "unreadable": [
            {"id": dataset.ids[row], "reason": reason}
            for row, reason in sorted(facts.failures.items())
        ],
        "one_colour": [
            {"id": dataset.ids[row], "rgb": np.round(facts["mean"][row]).astype(int).tolist()}
            for row in facts.rows(facts["spread"] < ONE_COLOUR)
        ],
        "small": _sized(dataset, facts, facts.rows(short < SMALL_SIDE)),
        "extreme_shape": _sized(dataset, facts, facts.rows(long > EXTREME_RATIO * short)),
    }


def _sized(dataset: Dataset, facts: PictureFacts, rows: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "id": dataset.ids[row],
            "width": int(facts["width"][row]),
            "height": int(facts["height"][row]),
        }
        for row in rows
    ]
