"""The pictures that an exploration shows: random samples, and the mean picture of each label."""

import random
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tagonaut.pixels.inspect import SQUARE, Inspection
from tagonaut.reports.embedded import encode_jpeg

SAMPLES, SET_SAMPLES, ALL_SAMPLES = 8, 3, 24
"""Samples of a label, of a label set, and of all pictures."""
MOST_THUMBNAILS = 800
"""The samples of all labels together: the more labels there are, the fewer samples of each."""
MOST_CARDS = 400
"""The most frequent labels have samples and a mean picture."""


class Reservoir:
    """A random sample of a stream, each item as likely as any other."""

    def __init__(self, capacity: int, generator: random.Random) -> None:
        self.capacity, self.seen = capacity, 0
        self._random = generator
        self._kept: list[tuple[int, bytes]] = []

    def offer(self, row: int, jpeg: Callable[[], bytes]) -> None:
        """Offer one more item; ``jpeg`` is called only if the item is taken."""
        self.seen += 1
        if len(self._kept) < self.capacity:
            self._kept.append((row, jpeg()))
        elif (place := self._random.randrange(self.seen)) < self.capacity:
            self._kept[place] = (row, jpeg())

    def items(self) -> list[tuple[int, bytes]]:
        """Row and JPEG of each sample, by row."""
        return sorted(self._kept)


class MeanPicture:
    """The mean of pictures, each resized to a square."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = np.zeros((SQUARE, SQUARE, 3), dtype=np.uint32)

    def add(self, square: NDArray[np.uint32]) -> None:
        """Add a picture ``[64, 64, 3]``, 0 to 255."""
        self._sum += square
        self.count += 1

    def mean(self) -> NDArray[np.uint8]:
        """The mean ``[64, 64, 3]``, 0 to 255."""
        return np.rint(self._sum / max(1, self.count)).astype(np.uint8)


class Album:
    """Samples and mean pictures of labels, of label sets and of everything, filled in one pass.

    ``labels``: the columns that are shown; ``sets``: how many label sets are. Memory does not grow
    with the number of pictures.
    """

    def __init__(self, labels: Sequence[int], sets: int, seed: int) -> None:
        generator = random.Random(seed)
        each = max(1, min(SAMPLES, MOST_THUMBNAILS // max(1, len(labels))))
        self.of_label = {label: Reservoir(each, generator) for label in labels}
        self.of_set = [Reservoir(SET_SAMPLES, generator) for _ in range(sets)]
        self.of_all = Reservoir(ALL_SAMPLES, generator)
        self.mean_of_label = {label: MeanPicture() for label in labels}
        self.mean_of_all = MeanPicture()

    def add(self, row: int, labels: Sequence[int], label_set: int, found: Inspection) -> None:
        """Add a picture with its labels; ``label_set`` is its set's number, -1 for none."""
        encoded: list[bytes] = []

        def jpeg() -> bytes:
            if not encoded:
                encoded.append(encode_jpeg(found.thumbnail))
            return encoded[0]

        # Widened once: adding bytes to wider sums would convert them each time.
        square = found.square.astype(np.uint32)
        self.of_all.offer(row, jpeg)
        self.mean_of_all.add(square)
        if 0 <= label_set < len(self.of_set):
            self.of_set[label_set].offer(row, jpeg)
        for label in labels:
            if label in self.of_label:
                self.of_label[label].offer(row, jpeg)
                self.mean_of_label[label].add(square)
