"""Which pictures the runs have seen: by content, by pixels, and by name if they look alike."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.data.dataset import Dataset, digest_pixels, hash_pictures
from tagonaut.data.picture_names import PictureNames, stem
from tagonaut.pixels.perceptual_hash import NEAR, perceptual_hashes
from tagonaut.runs.averaged import AveragedRuns


def find_seen(runs: AveragedRuns, dataset: Dataset) -> tuple[NDArray[np.bool_], Dataset, list[str]]:
    """Find the pictures that the runs have seen, with a note on those that were saved anew.

    A picture that shares only its name with one of them is another picture, and gets another id.
    """
    by_content = _known_by_content(runs, dataset)
    originals = runs.seen_pictures()
    by_name = _known_by_name(originals, dataset, np.flatnonzero(~by_content))
    ids = list(dataset.ids)
    for row in np.flatnonzero([name in originals for name in ids] & ~by_content & ~by_name):
        ids[row] = str(dataset.paths[row])
    dataset = replace(dataset, ids=tuple(ids))
    if not by_name.any():
        return by_content, dataset, []
    first = [ids[row] for row in np.flatnonzero(by_name)[:3]]
    note = (
        f"{by_name.sum():,} pictures have the same names (apart from folder and extension), but "
        "not the same content, as pictures that the run learned from or tuned its thresholds on: "
        f"{', '.join(first)}{', …' if by_name.sum() > len(first) else ''}"
    )
    return by_content | by_name, dataset, [note]


def _known_by_content(runs: AveragedRuns, dataset: Dataset) -> NDArray[np.bool_]:
    """Find the rows whose files are the same, or whose pixels are: tags may have been written."""
    hashes, pixels = runs.seen_hashes(), runs.seen_pixels()
    known = np.array([found in hashes for found in hash_pictures(dataset.paths)], dtype=bool)
    if pixels:
        rest = np.flatnonzero(~known)
        digests = digest_pixels([dataset.paths[row] for row in rest])
        known[rest] = [digest in pixels for digest in digests]
    return known


def _known_by_name(
    originals: Mapping[str, Collection[str]], dataset: Dataset, rows: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Find the rows that look like an original of the same name, but for folder and extension.

    If a picture or its original cannot be read, they count as the same unless their folders differ.
    """
    by_stem: dict[str, set[str]] = defaultdict(set)
    for name, paths in originals.items():
        by_stem[stem(name)].update(paths)
    known = np.zeros(len(dataset), dtype=bool)
    asked = [row for row in rows if stem(dataset.ids[row]) in by_stem]
    if not asked:
        return known
    stems = {stem(dataset.ids[row]) for row in asked}
    theirs = {path for some in stems for path in by_stem[some]}
    likeness = _likeness([*theirs, *(str(dataset.paths[row]) for row in asked)])
    seen = {
        some: np.array([likeness[path] for path in by_stem[some] if path in likeness], np.uint64)
        for some in stems
    }
    index, names = PictureNames(list(originals)), list(originals)
    for row in asked:
        name, mine = dataset.ids[row], likeness.get(str(dataset.paths[row]))
        if mine is not None and (np.bitwise_count(seen[stem(name)] ^ mine) <= NEAR).any():
            known[row] = True
        else:
            known[row] = any(
                mine is None or path not in likeness
                for at in index.find(name, any_extension=True)
                for path in originals[names[at]]
            )
    return known


def _likeness(paths: Sequence[str]) -> dict[str, np.uint64]:
    """The perceptual hash of each file that can be read."""
    files = sorted({path for path in paths if path})
    contents = dict(zip(files, hash_pictures([Path(path) for path in files]), strict=True))
    there = {path: found for path, found in contents.items() if isinstance(found, str)}
    hashes, failures = perceptual_hashes(
        [Path(path) for path in there], list(there.values()), Cache()
    )
    return {path: hashes[at] for at, path in enumerate(there) if at not in failures}
