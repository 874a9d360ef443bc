"""The times of the photos: passes over the Earth, a few frames each, hours apart."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from tagonaut_samples.orbit.label_sets import drawn_set, in_order

BLOCK = 12  # photos whose passes are drawn together, so that any photo is found at once
HOURS = 8  # that a block takes
BLOCKS = 20  # in a mission
FIRST_MISSION = 12
BEGIN = datetime(2014, 3, 1)
FRAMES = (1, 1, 1, 1, 2, 2, 3, 5)  # of a pass, each as likely
NUMBERS = 24  # frame numbers of a mission that a pass takes up at most


@dataclass(frozen=True)
class Frame:
    """One photo: the pass that it is of, its place in it, and its labels."""

    index: int
    pass_seed: tuple[int, int, int]
    mission: int
    number: int
    taken: datetime
    seconds: float  # since the first frame of the pass
    labels: tuple[str, ...]
    orientation: int  # as EXIF has it: 1, or 6 or 8 where the camera was held upright

    @property
    def name(self) -> str:
        """Folder and file of the photo."""
        return f"mission-{self.mission}/m{self.mission:03d}-e-{self.number:05d}.jpg"


def frame(seed: int, index: int) -> Frame:
    """The photo of that index."""
    block, place = divmod(index, BLOCK)
    rng = np.random.default_rng((1, seed, block))
    lengths: list[int] = []
    while sum(lengths) < BLOCK:
        lengths.append(min(int(rng.choice(FRAMES)), BLOCK - sum(lengths)))
    ends = np.cumsum(lengths)
    nth = int(np.searchsorted(ends, place, side="right"))
    order = place - int(ends[nth] - lengths[nth])
    own = np.random.default_rng((2, seed, block, nth))
    labels = in_order(drawn_set(own))
    pace = float(own.choice((1, 1, 2, 3)))
    hours = HOURS * (block + (nth + 0.7 * own.random()) / len(lengths))
    turned = "Movie" not in labels and own.random() < 0.12
    mission, day = divmod(block, BLOCKS)
    start = (day * BLOCK + nth) * NUMBERS + int(own.integers(1, NUMBERS - BLOCK // 2))
    first = BEGIN + timedelta(seconds=round(hours * 3600))
    return Frame(
        index=index,
        pass_seed=(seed, block, nth),
        mission=FIRST_MISSION + mission,
        number=start + order,
        taken=first + timedelta(seconds=order * pace),
        seconds=order * pace,
        labels=labels,
        orientation=int(own.choice((6, 8))) if turned else 1,
    )
