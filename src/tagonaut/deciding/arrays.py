"""Checks of the arrays that every function here takes; an error names the cell that is wrong."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from tagonaut.errors import TagonautError

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Averaged probabilities may leave [0, 1] by a rounding error; logits leave it by far more.
ROUNDING = 1e-6
EDGE = 2.0**-24
"""Models that are fitted to log-odds take scores nearer to 0 or 1 as this far from it.

A float32 knows nothing nearer to 1, and one wrong score of exactly 0 must not outweigh the rest.
"""


def check_targets(targets: ArrayLike, known: ArrayLike | None) -> tuple[Mask, Mask]:
    """``positive[n, k]``, the known cells whose target is 1, and ``known[n, k]``.

    An unknown cell's target may be anything. ``known`` is all True where it is None.
    """
    array = _table("targets", targets)
    if known is None:
        mask = np.ones(array.shape, dtype=np.bool_)
    else:
        mask = check_tags(known, array.shape, name="known")
    positive = array == 1
    _refuse("targets", array, mask & ~positive & (array != 0), "and must be 0 or 1")
    return positive & mask, mask


def check_tags(tags: ArrayLike, shape: tuple[int, ...], *, name: str = "tags") -> Mask:
    """``tags[n, k]`` as booleans; ``shape`` is that of the targets."""
    array = _table(name, tags)
    _check_shape(name, array, shape)
    if array.dtype == np.bool_:
        return array
    _refuse(name, array, (array != 0) & (array != 1), "and must be 0 or 1")
    return array == 1


def check_scores(scores: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    """``scores[n, k]`` as floats of their own precision, all finite."""
    array = _table("scores", scores)
    if shape is not None:
        _check_shape("scores", array, shape)
    if array.dtype.kind != "f":
        return array.astype(np.float64)
    _refuse("scores", array, ~np.isfinite(array), "and must be a finite number")
    return array


def check_probabilities(scores: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    """``scores[n, k]`` in [0, 1], as floats of their own precision."""
    array = check_scores(scores, shape)
    outside = (array < -ROUNDING) | (array > 1 + ROUNDING)
    _refuse("scores", array, outside, "and must be a probability, from 0 to 1")
    return np.clip(array, 0, 1)


def log_odds(probabilities: NDArray[Any]) -> Floats:
    """``log(p / (1 - p))`` in float64, finite for 0 and 1 too."""
    # 1 - 2**-53 is the largest float64 below 1; 1e-300 has finite odds as well.
    inside = np.asarray(probabilities, dtype=np.float64).clip(1e-300, 1 - 2**-53)
    return np.log(inside) - np.log1p(-inside)


def odds_to_probability(odds: ArrayLike) -> Floats:
    """The inverse of ``log_odds``, in float64."""
    return np.asarray(expit(np.asarray(odds, dtype=np.float64)))


def check_beta(beta: float) -> float:
    """``beta``, the weight of recall in F-beta, if it is positive and finite."""
    if not (math.isfinite(beta) and beta > 0):
        raise TagonautError(f"beta must be a positive number such as 1 or 2, not {beta}")
    return float(beta)


def _table(name: str, values: ArrayLike) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise TagonautError(f"{name} must be a table [pictures, labels]: {error}") from error
    if array.ndim != 2 or array.shape[1] == 0:
        raise TagonautError(
            f"{name} must be a table [pictures, labels] of at least one label, "
            f"but its shape is {list(array.shape)}"
        )
    if array.dtype.kind not in "biuf":
        raise TagonautError(f"{name} must hold numbers, but it holds {array.dtype}")
    return array


def _check_shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise TagonautError(
            f"{name} has the shape {list(array.shape)} but the targets have {list(shape)}: "
            "the same pictures and labels are needed in both"
        )


def _refuse(name: str, array: NDArray[Any], wrong: Mask, demand: str) -> None:
    if wrong.any():
        row, column = (int(index) for index in np.argwhere(wrong)[0])
        raise TagonautError(
            f"{name}: row {row}, label column {column} (from 0) is {array[row, column]}, {demand}"
        )
