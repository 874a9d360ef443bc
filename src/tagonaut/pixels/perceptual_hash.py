"""Finds near-duplicates: perceptual hashes of pictures, and the pairs and clusters of near ones.

Measured on 1,687 aerial chips (roofs, waves, trees) and on copies of 400 of them, the share of the
copies and the number of the 1,422,141 pairs of different pictures within a distance:

    distance                                            4      6      8     10     12
    saved again (JPEG, quality 50)                   99.5   99.5   99.8   99.8  100.0 %
    a third of the size, saved again (quality 70)    99.3   99.5  100.0  100.0  100.0 %
    brightness × 1.25                                94.8   98.8   99.8  100.0  100.0 %
    2 % cut off on each side                         40.0   70.8   89.2   96.8   99.0 %
    pairs of different pictures                         0      0      0      2      8
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tagonaut.cache import Cache
from tagonaut.errors import Interrupted, PictureError
from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.pixels.decode import decode
from tagonaut.progress import track

NEAR = 8
"""The distance, in bits of 64, up to which pictures count as near-duplicates."""

# A picture is decoded to twice the side that is hashed.
DECODED = (64, 64)
SIDE = 32
# Below this standard deviation (of 255 grey levels) a picture holds noise alone.
FLAT = 1.0
CUBE = 32
BAND_BITS = 16
CANDIDATES = 1 << 22

_FREQUENCIES = sorted(
    ((u, v) for u in range(11) for v in range(11) if u + v), key=lambda f: (sum(f), f)
)[:64]
_ROWS, _COLUMNS = np.array(_FREQUENCIES).T
_COSINES = np.cos(np.arange(11)[:, None] * (2 * np.arange(SIDE) + 1) * np.pi / (2 * SIDE))


def perceptual_hash(picture: NDArray[np.uint8]) -> int:
    """Hash ``picture[h, w, 3]`` (RGB) to 64 bits that hardly change when it is resized or resaved.

    The bits are the signs of the 64 lowest frequencies (discrete cosine transform) of the whole
    picture as a grey square, so brightness, contrast and colour do not matter. A picture without
    structure is hashed by its mean colour instead: two of them are near only if each channel
    differs by a few levels of 255, and they are far from every picture with structure.
    """
    image = Image.fromarray(picture)
    square = image.convert("L").convert("F").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    grey = np.asarray(square, dtype=np.float64)
    if grey.std() < FLAT:
        return _colour_hash(picture.mean(axis=(0, 1)))
    spectrum = _COSINES @ grey @ _COSINES.T
    # Not 0: in a symmetric picture the sign of a zero would be decided by rounding.
    return _number(spectrum[_ROWS, _COLUMNS] > 1e-6)


def _colour_hash(colour: NDArray[np.float64]) -> int:
    """A random bit for the cube that holds the colour, in each of 64 shifted grids of cubes."""
    bits = []
    for grid in range(64):
        # Odd factors: no two channels cross into the next cube in the same grids.
        shift = np.array([grid, grid * 27 % 64, grid * 45 % 64]) * CUBE / 64
        cube = bytes([grid, *((colour + shift) // CUBE).astype(int)])
        bits.append(hashlib.sha256(cube).digest()[0] & 1)
    return _number(np.array(bits, dtype=bool))


def _number(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def perceptual_hashes(
    paths: Sequence[Path], contents: Sequence[str], cache: Cache, *, stop: Stop | None = None
) -> tuple[NDArray[np.uint64], dict[int, PictureError]]:
    """``hashes[n]`` of picture files, and the errors of unreadable rows (whose hashes are 0).

    ``contents`` are the files' content hashes, by which the cache keeps all results, also those of
    a call that is stopped. Raises ``Interrupted`` then.
    """
    keys = [f"perceptual hash 1 {content}" for content in contents]
    kept = cache.get_many(keys)
    hashes = np.array([int.from_bytes(kept.get(key, b""), "big") for key in keys], dtype=np.uint64)
    todo = [row for row, key in enumerate(keys) if key not in kept]
    failures: dict[int, PictureError] = {}
    new: dict[str, bytes] = {}

    def try_to_hash(row: int) -> int | PictureError:
        try:
            return perceptual_hash(decode(paths[row], DECODED))
        except PictureError as error:
            return error

    found = overlap(try_to_hash, todo, workers=2, ahead=64)
    try:
        for row, value in zip(todo, track(found, "comparing", total=len(todo)), strict=True):
            if isinstance(value, PictureError):
                failures[row] = value
            else:
                hashes[row] = value
                new[keys[row]] = value.to_bytes(8, "big")
            if stop is not None and stop.asked:
                raise Interrupted("stopped; the pictures compared so far need not be read again")
    finally:
        cache.put_many(new)
    return hashes, failures


def near_pairs(hashes: NDArray[np.uint64], distance: int = NEAR) -> NDArray[np.intp]:
    """``pairs[m, 2]`` of rows i < j whose hashes differ in at most ``distance`` bits, sorted.

    All pairs of different hashes are found, each between the first rows of the two. Further rows of
    one hash are paired with its first row only: m stays small however many pictures are the same,
    and the clusters are those of all pairs. Memory is bounded, except for the pairs themselves.
    """
    values, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[which] != np.arange(len(hashes)))
    links = [np.stack([first[which[again]], again], axis=1)]
    links += [first[pair] for pair in _near_values(values, distance)]
    pairs = np.concatenate(links).astype(np.intp)
    pairs.sort(axis=1)
    return np.unique(pairs, axis=0)


def _near_values(values: NDArray[np.uint64], distance: int) -> Iterator[NDArray[np.intp]]:
    """Pairs of different near values, some more than once.

    One of four bands of 16 bits has at most a quarter of all differing bits, so every value is
    looked up under each near form of each of its bands.
    """
    bands = 64 // BAND_BITS
    forms = np.arange(1 << BAND_BITS)
    masks = np.flatnonzero(np.bitwise_count(forms) <= distance // bands)
    for band in range(bands):
        keys = (values >> np.uint64(band * BAND_BITS)).astype(np.int64) & (len(forms) - 1)
        order = np.argsort(keys, kind="stable")
        ends = np.cumsum(np.bincount(keys, minlength=len(forms)))
        starts = ends - np.bincount(keys, minlength=len(forms))
        place = np.empty(len(values), dtype=np.int64)
        place[order] = np.arange(len(values))
        for mask in masks:
            other = keys ^ mask
            rows = np.flatnonzero(other >= keys)
            # Within one bucket only later rows count: each pair is met once.
            begin = place[rows] + 1 if mask == 0 else starts[other[rows]]
            for some, places in _spans(rows, begin, ends[other[rows]]):
                candidates = order[places]
                near = np.bitwise_count(values[some] ^ values[candidates]) <= distance
                yield np.stack([some[near], candidates[near]], axis=1)


def _spans(
    rows: NDArray[np.intp], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int64]]]:
    """Each row beside each position of its span, in pieces that memory holds."""
    filled = end > begin
    rows, begin, lengths = rows[filled], begin[filled], (end - begin)[filled]
    totals = np.cumsum(lengths)
    start = 0
    while start < len(rows):
        before = totals[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(totals, before + CANDIDATES, side="right")))
        piece = lengths[start:stop]
        offsets = np.arange(piece.sum()) - np.repeat(np.cumsum(piece) - piece, piece)
        yield np.repeat(rows[start:stop], piece), np.repeat(begin[start:stop], piece) + offsets
        start = stop


def clusters(n: int, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Number the clusters of n rows from 0 as they first appear: ``[n]``.

    Rows are in one cluster if ``pairs[m, 2]`` link them, directly or by way of others.
    """
    # Every command imports this module, and few of them compare pictures.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, numbers = connected_components(links, directed=False)
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[which].astype(np.intp)
