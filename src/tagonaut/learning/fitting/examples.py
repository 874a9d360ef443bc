"""The examples of one fit: the rows that train the model, and those that validate each epoch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.pixels.augment import AugmentSettings
from tagonaut.pixels.preprocessing import Pixels, Preprocessing


@dataclass(frozen=True)
class Examples:
    """``targets[n, k]`` where ``known[n, k]``, and the rows that train and that validate."""

    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    train: NDArray[np.intp]
    validation: NDArray[np.intp]


@dataclass(frozen=True)
class PictureExamples:
    """Examples with their ``pixels[n, s, s, c]``, how these are scaled, and changed at random."""

    examples: Examples
    pixels: Pixels
    preprocessing: Preprocessing
    augmentation: AugmentSettings
