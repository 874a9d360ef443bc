"""The features of a frozen backbone, which is run once: the cache keeps them."""

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
from tagonaut.models.network import Network, forward
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.pixels.preprocessing import SCORING_BATCH, Pixels, Preprocessing
from tagonaut.progress import track

KEPT_A_PICTURE = 4096
"""Features of up to this many numbers are cached per picture; larger ones, maps, as one array."""


def frozen_features(
    network: Network,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    hashes: Sequence[str],
    cache: Cache,
    *,
    stop: Stop | None = None,
) -> tuple[NDArray[Any], dict[int, PictureError]]:
    """``features[n, d]`` of the pictures, packed by ``network.layout``, and failures by row.

    A picture that cannot be read has a row of zeros. The cache keeps pooled features per picture,
    by network, weights, preprocessing and content; it keeps maps, which are large, per collection.
    Raises ``Interrupted`` if asked to stop: pooled features computed until then are kept, maps are
    not.
    """
    layout = network.layout
    # Two networks, which pad or round differently, may have the same weights.
    name = network.architecture.backbone.partition(".")[0]
    weights = fingerprint(network.backbone)
    what = ["features", name, weights, preprocessing.to_json(), half_precision(), layout.level]
    prefix = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    failures: dict[int, PictureError] = {}

    def compute(todo: Sequence[int]) -> Iterator[tuple[list[int], NDArray[Any]]]:
        return _computed(network, preprocessing, paths, todo, failures)

    stop = stop or Stop()
    if layout.width > KEPT_A_PICTURE:
        digest = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
        key, shape = f"maps {prefix} {digest}", (len(paths), layout.width)

        def fill(maps: NDArray[Any]) -> bool:
            for rows, computed in compute(range(len(paths))):
                maps[rows] = computed
                if stop.asked:
                    raise Interrupted("stopped while maps were computed: nothing was trained")
            return not failures

        _check_fits(shape, layout.dtype, cache)
        return cache.array(key, shape, layout.dtype, fill), failures
    keys = [f"features {prefix} {content}" for content in hashes]
    found = cache.get_many(keys)
    features = np.zeros((len(paths), layout.width), dtype=layout.dtype)
    todo = []
    for row, key in enumerate(keys):
        value = found.get(key, b"")
        if len(value) == features[row].nbytes:
            features[row] = np.frombuffer(value, dtype=features.dtype)
        else:
            todo.append(row)
    for rows, computed in compute(todo):
        features[rows] = computed
        cache.put_many({keys[row]: features[row].tobytes() for row in rows})
        if stop.asked:
            raise Interrupted(
                "stopped; the features so far are kept, and the same command continues"
            )
    return features, failures


def _check_fits(shape: tuple[int, int], dtype: np.dtype[Any], cache: Cache) -> None:
    size = shape[0] * shape[1] * dtype.itemsize
    if size > cache.limit_bytes:
        raise TagonautError(
            f"maps of {shape[0]:,} pictures take {size / 1e9:,.0f} GB, more than the cache may"
            " hold (raise TAGONAUT_CACHE_GB, or fit a [network] with frozen_stages = 'all'"
            " instead of [frozen], which keeps no maps)"
        )


def _computed(
    network: Network,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    todo: Sequence[int],
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
            yield [row for row, _ in batch], network.layout.pack(features)


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
