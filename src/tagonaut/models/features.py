"""A frozen backbone is run once: its features, kept in the cache."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.errors import Interrupted, PictureError, TagonautError
from tagonaut.interrupts import Stop
from tagonaut.models.backbones import fingerprint
from tagonaut.models.compute import half_precision, to_device
from tagonaut.models.network import SCORING_BATCH, Network, forward
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track

KEPT_A_PICTURE = 4096
"""Features of so many numbers are kept a picture; larger ones, maps, as one array a collection."""


def frozen_features(
    network: Network,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    hashes: Sequence[str],
    cache: Cache,
    *,
    stop: Stop | None = None,
) -> tuple[NDArray[Any], dict[int, PictureError]]:
    """What the head gets of the pictures, ``features[n, d]`` as ``network.packing`` packs it.

    With it, why some rows could not be read (they are zeros). The cache knows pooled features by
    network, weights, preprocessing and content, each picture for itself; maps, which are large, by
    the whole collection. What was computed before an interruption is kept, but for maps; then
    ``Interrupted`` is raised.
    """
    packing = network.packing
    # The same weights may be those of two networks, which pad or round differently.
    name = network.architecture.backbone.partition(".")[0]
    weights = fingerprint(network.backbone)
    what = ["features", name, weights, preprocessing.to_json(), half_precision()]
    prefix = hashlib.sha256(json.dumps([*what, packing.tap]).encode()).hexdigest()
    shape = (len(paths), packing.width)
    failures: dict[int, PictureError] = {}
    if packing.width > KEPT_A_PICTURE:
        size = len(paths) * packing.width * packing.dtype.itemsize
        if size > cache.limit_bytes:
            raise TagonautError(
                f"maps of {len(paths):,} pictures take {size / 1e9:,.0f} GB, more than the cache"
                " may (TAGONAUT_CACHE_GB=... lets it; or fit a [network] with frozen_stages = 'all'"
                " instead of [frozen], which keeps no maps)"
            )

        def fill(rows: NDArray[Any]) -> bool:
            todo = list(range(len(paths)))
            for some, computed in _computed(network, preprocessing, paths, todo, failures):
                rows[some] = computed
                if stop is not None and stop.asked:
                    raise Interrupted("stopped while maps were computed: nothing was trained")
            return not failures

        digest = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
        return cache.array(f"maps {prefix} {digest}", shape, packing.dtype, fill), failures
    keys = [f"features {prefix} {content}" for content in hashes]
    found = cache.get_many(keys)
    features = np.zeros(shape, dtype=packing.dtype)
    todo = []
    for row, key in enumerate(keys):
        value = found.get(key, b"")
        if len(value) == features[row].nbytes:
            features[row] = np.frombuffer(value, dtype=features.dtype)
        else:
            todo.append(row)
    for rows, computed in _computed(network, preprocessing, paths, todo, failures):
        features[rows] = computed
        cache.put_many({keys[row]: features[row].tobytes() for row in rows})
        if stop is not None and stop.asked:
            raise Interrupted("stopped; the features so far are kept, and the same command goes on")
    return features, failures


def _computed(
    network: Network,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    todo: list[int],
    failures: dict[int, PictureError],
) -> Iterator[tuple[list[int], NDArray[Any]]]:
    """Rows and their features, a batch at a time; unreadable rows go to ``failures``."""
    if not todo:
        return
    to_device(network.eval())
    decoded = prepared([paths[row] for row in todo], preprocessing)
    with closing(track(decoded, "features", total=len(todo))) as pictures:
        for batch in _batches(zip(todo, pictures, strict=True), failures):
            stacked = np.stack([picture for _, picture in batch])
            features = forward(network.features, stacked, preprocessing)
            yield [row for row, _ in batch], network.packing.pack(features)


def _batches(
    pictures: Iterator[tuple[int, Pixels | PictureError]],
    failures: dict[int, PictureError],
) -> Iterator[list[tuple[int, Pixels]]]:
    while some := list(islice(pictures, SCORING_BATCH)):
        batch = []
        for row, picture in some:
            if isinstance(picture, PictureError):
                failures[row] = picture
            else:
                batch.append((row, picture))
        if batch:
            yield batch
