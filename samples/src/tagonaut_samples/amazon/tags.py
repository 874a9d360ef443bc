"""The 17 labels of Planet's Amazon chips, and tags drawn as often as the real ones hold."""

import math
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tagonaut_samples.amazon.figures import COMMON, COMMON_SETS, RARE_LOG_ODDS, WEATHER

LABELS = (
    "agriculture",
    "artisinal_mine",
    "bare_ground",
    "blooming",
    "blow_down",
    "clear",
    "cloudy",
    "conventional_mine",
    "cultivation",
    "habitation",
    "haze",
    "partly_cloudy",
    "primary",
    "road",
    "selective_logging",
    "slash_burn",
    "water",
)
UNDER_THE_SKY = ("clear", "partly_cloudy", "haze")

# What can be seen in the canopy of a forest alone; no real chip has it without a forest.
IN_CANOPY = {"blooming", "blow_down", "selective_logging", "slash_burn"}


@lru_cache(maxsize=1)
def _rises() -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Cumulated counts of the weathers, and of the sets of common labels in each weather."""
    counts = np.array(list(COMMON_SETS.values()), dtype=np.float64)
    sets = {sky: np.cumsum(counts[:, k]) for k, sky in enumerate(UNDER_THE_SKY)}
    return np.cumsum(list(WEATHER.values())).astype(np.float64), sets


def _one_of(rng: Generator, rise: NDArray[np.float64]) -> int:
    return int(np.searchsorted(rise, rng.random() * rise[-1], side="right"))


def drawn_tags(rng: Generator) -> frozenset[str]:
    """The tags of one chip: one weather and, unless that is cloudy, at least one label more."""
    weathers, sets = _rises()
    sky = list(WEATHER)[_one_of(rng, weathers)]
    if sky == "cloudy":
        return frozenset({sky})
    common = frozenset(list(COMMON_SETS)[_one_of(rng, sets[sky])].split())
    while True:
        tags = common | _rare(rng, sky, common)
        if tags and not ("primary" not in tags and tags & IN_CANOPY):
            return tags | {sky}


def _rare(rng: Generator, sky: str, common: frozenset[str]) -> frozenset[str]:
    """The rare labels of a chip, each drawn given the weather and all labels before it."""
    before = [sky == "partly_cloudy", sky == "haze", *(label in common for label in COMMON)]
    found = []
    for label, (constant, *added) in RARE_LOG_ODDS.items():
        odds = math.exp(constant + sum(a for a, there in zip(added, before, strict=True) if there))
        before.append(rng.random() < odds / (1 + odds))
        if before[-1]:
            found.append(label)
    return frozenset(found)
