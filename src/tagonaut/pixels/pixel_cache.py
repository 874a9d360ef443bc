"""All pictures of a data set decoded once, kept as one memory-mapped array."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.errors import Interrupted, PictureError
from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track

DECODERS = 2


def prepared(
    paths: Sequence[Path], preprocessing: Preprocessing
) -> Iterator[Pixels | PictureError]:
    """Decode pictures in order to ``[size, size, c]``; a ``PictureError`` stands for a failure."""

    def prepare(path: Path) -> Pixels | PictureError:
        try:
            return preprocessing.prepare(path)
        except PictureError as error:
            return error

    return overlap(prepare, paths, workers=DECODERS, ahead=64)


def pixel_pack(
    paths: Sequence[Path],
    hashes: Sequence[str],
    preprocessing: Preprocessing,
    cache: Cache,
    *,
    stop: Stop | None = None,
) -> tuple[Pixels, dict[int, PictureError]]:
    """Return ``pixels[n, size, size, c]``, memory-mapped from the cache, and the unreadable rows.

    An unreadable picture's row is all zeros. Raises ``Interrupted`` if asked to stop.
    """
    failures: dict[int, PictureError] = {}
    side = preprocessing.size

    def fill(pixels: NDArray[Any]) -> bool:
        decoded = prepared(paths, preprocessing)
        for row, picture in enumerate(track(decoded, "decoding", total=len(paths))):
            if isinstance(picture, PictureError):
                failures[row] = picture
            else:
                pixels[row] = picture
            if stop is not None and stop.asked:
                raise Interrupted("stopped while the pictures were decoded: nothing was trained")
        # An incomplete pack is not worth keeping: the failures would be forgotten.
        return not failures

    digest = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    key = " ".join(["pixels", str(side), *preprocessing.bands, digest])
    shape = (len(paths), side, side, len(preprocessing.channels))
    return cache.array(key, shape, preprocessing.dtype, fill), failures
