"""The maximum of a map, as in the pointing game (Zhang et al. 2018), and whether two maps agree."""

import numpy as np
from numpy.typing import NDArray


def peaks(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """``points[n, 2]``: x and y of the middle of the maximum of ``maps[n, h, w]``.

    They are shares of the width and of the height, 0 to 1. The first of equal places counts.
    """
    n, height, width = maps.shape
    rows, columns = np.divmod(maps.reshape(n, -1).argmax(axis=1), width)
    return np.stack([(columns + 0.5) / width, (rows + 0.5) / height], axis=1)


def strong(maps: NDArray[np.floating], share: float = 0.5) -> NDArray[np.bool_]:
    """``places[n, h, w]`` where ``maps[n, h, w]`` reach that share of their positive maximum."""
    most = maps.max(axis=(1, 2), keepdims=True)
    return (maps >= share * most) & (most > 0)


def agree(maps: NDArray[np.floating], places: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``agree[n]``: whether the maximum of ``maps[n, h, w]`` lies in ``places[n, h', w']``."""
    _, height, width = places.shape
    x, y = peaks(maps).T
    return places[np.arange(len(maps)), (y * height).astype(int), (x * width).astype(int)]
