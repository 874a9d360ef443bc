"""What is learned from, and what judges each epoch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """``targets[n, k]`` where ``known[n, k]``, and the rows that train and that validate."""

    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    train: NDArray[np.intp]
    validation: NDArray[np.intp]
