"""A frozen backbone is run once: its features, kept in the cache."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tagonaut.cache import Cache
from tagonaut.errors import Interrupted, PictureError
from tagonaut.interrupts import Stop
from tagonaut.models.backbones import feature_width, fingerprint
from tagonaut.models.compute import half_precision, to_device
from tagonaut.models.network import SCORING_BATCH, forward
from tagonaut.pixels.pack import prepared
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track


def frozen_features(
    backbone: nn.Module,
    preprocessing: Preprocessing,
    paths: Sequence[Path],
    hashes: Sequence[str],
    cache: Cache,
    *,
    stop: Stop | None = None,
) -> tuple[NDArray[np.float32], dict[int, PictureError]]:
    """``features[n, d]`` of the pictures, and why some rows could not be read (they are zeros).

    The cache knows them by weights, preprocessing and content: each picture is computed once. What
    was computed before an interruption is kept; then ``Interrupted`` is raised.
    """
    keys = _keys(backbone, preprocessing, hashes)
    found = cache.get_many(keys)
    features = np.zeros((len(paths), feature_width(backbone)), dtype=np.float32)
    todo = []
    for row, key in enumerate(keys):
        value = found.get(key, b"")
        if len(value) == features[row].nbytes:
            features[row] = np.frombuffer(value, dtype=np.float32)
        else:
            todo.append(row)
    failures: dict[int, PictureError] = {}
    if not todo:
        return features, failures
    to_device(backbone.eval())
    pictures = track(
        prepared([paths[row] for row in todo], preprocessing), "features", total=len(todo)
    )
    for batch in _batches(zip(todo, pictures, strict=True), failures):
        rows = [row for row, _ in batch]
        computed = forward(backbone, np.stack([picture for _, picture in batch]), preprocessing)
        features[rows] = computed.numpy()
        cache.put_many({keys[row]: features[row].tobytes() for row in rows})
        if stop is not None and stop.asked:
            raise Interrupted("stopped; the features so far are kept, and the same command goes on")
    return features, failures


def _keys(backbone: nn.Module, preprocessing: Preprocessing, hashes: Sequence[str]) -> list[str]:
    what = ["features", fingerprint(backbone), preprocessing.to_json(), half_precision()]
    prefix = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    return [f"features {prefix} {content}" for content in hashes]


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
