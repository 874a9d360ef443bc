"""The pointing game (Zhang et al. 2018): does a map's maximum lie on the object?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def peaks(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """``points[n, 2]``: x and y of the maximum of ``maps[n, h, w]``, the first of equals.

    Shares of the width and of the height, 0 to 1: the middle of the place.
    """
    n, height, width = maps.shape
    rows, columns = np.divmod(maps.reshape(n, -1).argmax(axis=1), width)
    return np.stack([(columns + 0.5) / width, (rows + 0.5) / height], axis=1)


def hits(maps: NDArray[np.floating], boxes: Sequence[NDArray[np.floating]]) -> NDArray[np.bool_]:
    """``hit[n]``: whether the maximum of each map lies in any of its picture's ``boxes[b, 4]``.

    A box is left, top, right, bottom, as shares of the width and of the height.
    """
    found = [
        bool(((of[:, :2] <= point) & (point <= of[:, 2:])).all(axis=1).any())
        for point, of in zip(peaks(maps), boxes, strict=True)
    ]
    return np.array(found, dtype=bool)


def strong(maps: NDArray[np.floating], share: float = 0.5) -> NDArray[np.bool_]:
    """``places[n, h, w]`` where ``maps[n, h, w]`` reach that share of their positive maximum."""
    most = maps.max(axis=(1, 2), keepdims=True)
    return (maps >= share * most) & (most > 0)


def agree(maps: NDArray[np.floating], places: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``agree[n]``: whether the maximum of ``maps[n, h, w]`` lies in ``places[n, h', w']``."""
    _, height, width = places.shape
    x, y = peaks(maps).T
    return places[np.arange(len(maps)), (y * height).astype(int), (x * width).astype(int)]
