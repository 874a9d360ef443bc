"""The words that archivists wrote into a photo: its labels, and many that are no labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagonaut_samples.orbit.passes import Frame

Words = tuple[str, ...]

# Where a label stands in the archivists' tree, whose other names are no labels.
BRANCHES = {
    "Volcano": "Surface|Volcano",
    "Aurora": "Atmosphere|Aurora",
    "Moon": "Sky|Moon",
    "Stars": "Sky|Stars",
    "Cupola": "Station|Cupola",
    "Inside ISS": "Station|Inside ISS",
    "ISS Structure": "Station|ISS Structure",
}
PLACES = (
    "geo|South America|Chile|Atacama",
    "geo|Africa|Namibia",
    "geo|Pacific Ocean",
    "geo|Asia|Japan|北海道",
    "geo|Europe|Österreich",
)
NOTES = (
    "#EarthFromAbove",
    "#WorldOceansDay",
    "Küste",
    "雲",
    "check horizon",
    "crew pick",
    "lens smudge lower left",
    "Greenland, west",
    'so-called "best of"',
)
CAPTIONS = (
    ("View from the station", "Photographed by a crew member from about 410 km."),
    ("Über den Wolken", "Wolken & Licht: aus dem Fenster gesehen."),
    ("地球", "軌道から撮影"),
)


@dataclass(frozen=True)
class Written:
    """The fields of one photo; ``None`` is an absent field, ``()`` one that is empty."""

    iptc: Words | None = None
    subject: Words | None = None
    hierarchical: Words = ()
    title: str | None = None
    caption: str | None = None


def written(frame: Frame, labelled: bool) -> Written:
    """The words in the photo of a frame; without any keyword if it is not ``labelled``."""
    rng = np.random.default_rng((5, *frame.pass_seed, frame.index))
    title, caption = (
        CAPTIONS[int(rng.integers(len(CAPTIONS)))] if rng.random() < 0.2 else (None, None)
    )
    if not labelled:
        return Written(title=title, caption=caption)
    words = [*frame.labels]
    if rng.random() < 0.3 or not words:
        words.insert(0, _one(rng, NOTES))
    if rng.random() < 0.15:
        words.append(f"Mission {frame.mission}")
    if rng.random() < 0.1:
        words.append(_one(rng, NOTES))
    tree = _tree(rng, frame)
    if rng.random() < 0.05:
        words *= 3  # somebody's script was run three times
    flat = tuple(words)
    style = rng.random()
    if style < 0.62:
        return Written(flat, flat, tree, title, caption)
    if style < 0.76:
        return Written(None, flat, tree, title, caption)
    if style < 0.88:
        return Written(flat, None, (), title, caption)
    if style < 0.97 or not _complete(frame.labels, tree):
        return Written(flat, (), tree, title, caption)
    return Written(None, None, tree, title, caption)


def _one(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _tree(rng: np.random.Generator, frame: Frame) -> Words:
    tree = [BRANCHES.get(label, label) for label in frame.labels] if rng.random() < 0.25 else []
    if "Day" in frame.labels and rng.random() < 0.2:
        tree.append(_one(rng, PLACES))
    return tuple(tree)


def _complete(labels: Words, tree: Words) -> bool:
    """Whether the tree alone holds all the labels."""
    return bool(labels) and set(labels) <= {part for path in tree for part in path.split("|")}
