"""Groups of pictures that must stay in the same split."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.data.dataset import Dataset, try_to_hash
from tagonaut.data.splitting.given import COLUMN, column_of
from tagonaut.errors import DataError, Interrupted, PictureError, TagonautError
from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.pixels.perceptual_hash import NEAR, clusters, near_pairs, perceptual_hashes
from tagonaut.progress import track

if TYPE_CHECKING:
    from PIL.Image import Image

EXIF_FOLDER = 0x8769
MAKE, MODEL, SERIAL = 0x010F, 0x0110, 0xA431
TAKEN, FRACTION = 0x9003, 0x9291

Pairs = NDArray[np.intp]


class CaptureTime(NamedTuple):
    """The camera that took a photo (make, model, serial number), and the time on its clock.

    ``seconds`` count from 1970, as if the camera's clock were Greenwich's.
    """

    camera: tuple[str, str, str]
    seconds: float


def group_by(
    dataset: Dataset,
    by: str,
    *,
    report: Callable[[str], object] = lambda line: None,
    stop: Stop | None = None,
) -> NDArray[np.intp]:
    """Number the groups of pictures from 0 as they first appear: ``[n]``.

    A picture that belongs to no other is a group too. ``by`` is one of these, or several with
    commas between, and then pictures that any of them joins are in one group:

    - a column of the data's own table, ``NAME`` or ``column:NAME``, joins pictures of one value; an
      empty cell joins nothing.
    - ``time:SECONDS`` joins photos of one camera (Exif make, model and serial number) that were
      taken at most that many seconds one after the other.
    - ``near`` or ``near:BITS`` joins near-duplicates: their perceptual hashes differ in at most 8
      (or BITS) of 64 bits, directly or by way of others.

    ``report`` gets a line for pictures that have no time, or that cannot be read: they stay alone.
    Raises ``TagonautError``, and ``Interrupted`` if asked to stop.
    """
    pairs = [np.zeros((0, 2), dtype=np.intp)]
    for one in by.split(","):
        kind, _, value = one.strip().partition(":")
        if kind == "column":
            pairs.append(_same(column_of(dataset, value)))
        elif kind == "near":
            pairs.append(_near(dataset, _distance(value), report, stop))
        elif kind == "time":
            pairs.append(_in_a_row(dataset, _seconds(value), report, stop))
        else:
            pairs.append(_same(column_of(dataset, one.strip(), otherwise=", near or time:SECONDS")))
    return clusters(len(dataset), np.concatenate(pairs))


def _distance(text: str) -> int:
    if not text:
        return NEAR
    if not text.isdecimal() or int(text) > 31:
        raise TagonautError(f"near:{text}: a number of bits from 0 to 31, such as near:{NEAR}")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise TagonautError(
            f"time:{text}: a number of seconds, such as time:60 (a column is {COLUMN}time)"
        )
    return float(text)


def _same(cells: Sequence[str]) -> Pairs:
    first: dict[str, int] = {}
    pairs = [(first.setdefault(cell, row), row) for row, cell in enumerate(cells) if cell]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _near(
    dataset: Dataset, distance: int, report: Callable[[str], object], stop: Stop | None
) -> Pairs:
    contents: list[str | PictureError] = []
    read = overlap(try_to_hash, dataset.paths, workers=4, ahead=64)
    for found in track(read, "reading", total=len(dataset)):
        contents.append(found)
        if stop is not None and stop.asked:
            raise Interrupted("stopped while the pictures were read: nothing was grouped")
    failures = {row: found for row, found in enumerate(contents) if isinstance(found, PictureError)}
    rows = np.array([row for row in range(len(dataset)) if row not in failures], dtype=np.intp)
    hashes, undecoded = perceptual_hashes(
        [dataset.paths[row] for row in rows],
        [str(contents[row]) for row in rows],
        Cache(),
        stop=stop,
    )
    failures |= {int(rows[at]): error for at, error in undecoded.items()}
    if len(failures) == len(dataset):
        row = min(failures)
        raise DataError(
            f"near: no picture can be compared (the first: {dataset.paths[row]}: {failures[row]})"
        )
    if failures:
        row = min(failures)
        report(
            f"{len(failures):,} pictures cannot be compared and are groups of their own, the first:"
            f" {dataset.paths[row]}: {failures[row]}"
        )
    kept = np.array([at for at in range(len(rows)) if at not in undecoded], dtype=np.intp)
    return rows[kept[near_pairs(hashes[kept], distance)]]


def _in_a_row(
    dataset: Dataset, seconds: float, report: Callable[[str], object], stop: Stop | None
) -> Pairs:
    times = overlap(capture_time, dataset.paths, workers=4, ahead=64)
    cameras: dict[tuple[str, ...], list[tuple[float, int]]] = {}
    missing = 0
    for row, found in enumerate(track(times, "reading times", total=len(dataset))):
        if found is None:
            missing += 1
        else:
            cameras.setdefault(found.camera, []).append((found.seconds, row))
        if stop is not None and stop.asked:
            raise Interrupted("stopped while the times of the photos were read")
    if missing == len(dataset):
        raise DataError("time: no picture says when it was taken (Exif DateTimeOriginal)")
    if missing:
        report(f"{missing:,} pictures do not say when they were taken and are groups of their own")
    pairs = [
        (before[1], after[1])
        for photos in map(sorted, cameras.values())
        for before, after in pairwise(photos)
        if after[0] - before[0] <= seconds
    ]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def capture_time(path: Path) -> CaptureTime | None:
    """The camera and the time in a photo's Exif data; None if there is no (readable) time."""
    from tagonaut.pixels.open_image import open_image

    try:
        with open_image(path) as image:
            return capture_of(image)
    except Exception:  # a hostile file can make a decoder raise anything
        return None


def capture_of(image: "Image") -> CaptureTime | None:
    """The same of an opened picture; raises what Pillow does for damaged Exif data."""
    from tagonaut.pixels.open_image import read_exif

    exif = read_exif(image)
    more = exif.get_ifd(EXIF_FOLDER)
    try:
        taken = datetime.strptime(_text(more.get(TAKEN)), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    fraction = _text(more.get(FRACTION))
    seconds = (taken - datetime(1970, 1, 1)).total_seconds()
    if fraction.isdecimal():
        seconds += float(f"0.{fraction}")
    camera = (_text(exif.get(MAKE)), _text(exif.get(MODEL)), _text(more.get(SERIAL)))
    return CaptureTime(camera, seconds)


def _text(value: object) -> str:
    """An Exif text without the zero bytes and blanks around it."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return str(value or "").strip("\0 ")
