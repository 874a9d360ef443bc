"""Checks of plain values that were read from a file."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from tagonaut.deciding.arrays import Floats
from tagonaut.errors import TagonautError, nearest


def read_object(what: str, values: Any, names: Sequence[str]) -> dict[str, Any]:
    """``values``, if they are an object of exactly these names; raises ``TagonautError`` if not."""
    if not isinstance(values, dict):
        raise TagonautError(f"{what}: must be an object, not {values!r:.60}")
    for name in values:
        if name not in names:
            raise TagonautError(f"{what}: there is no {nearest(str(name), names)}")
    if missing := [name for name in names if name not in values]:
        raise TagonautError(f"{what}: {', '.join(missing)} missing")
    return values


def read_floats(what: str, values: Any, *, dimensions: int) -> Floats:
    """Lists of finite numbers, ``dimensions`` deep, equally long and not empty, as an array."""
    _check_numbers(what, values, dimensions)
    try:
        array = np.array(values, dtype=np.float64)
    except (ValueError, OverflowError) as error:
        raise TagonautError(f"{what}: must be equally long lists of finite numbers") from error
    if array.ndim != dimensions or array.size == 0:
        raise TagonautError(f"{what}: must be equally long lists that are not empty")
    if not np.isfinite(array).all():
        raise TagonautError(f"{what}: must be finite numbers")
    return array


def _check_numbers(what: str, values: Any, dimensions: int) -> None:
    if dimensions == 0:
        # JSON's true is Python's 1, and its "1" would be read as a number by NumPy.
        if isinstance(values, bool) or not isinstance(values, Real):
            raise TagonautError(f"{what}: must be numbers, not {values!r:.60}")
    elif not isinstance(values, list | tuple):
        raise TagonautError(f"{what}: must be a list, not {values!r:.60}")
    else:
        for value in values:
            _check_numbers(what, value, dimensions - 1)
