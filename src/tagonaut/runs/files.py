"""The plain files of a run folder read, without PyTorch."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np

from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_json, read_bytes

# The entries of the metrics that are read again; evaluations are not.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "recipe": (str,),
    "backbone": (str, NoneType),
    "seed": (int,),
    "parameters": (int, NoneType),
    "seconds": (float, int),
    "interrupted": (bool,),
    "folds": (int, NoneType),
    "kept": (dict,),
    "watched": (str,),
    "grid": (dict, NoneType),
}
_KEPT: Mapping[str, tuple[type, ...]] = {"stage": (str,), "epoch": (int,)}
_GRID: Mapping[str, tuple[type, ...]] = {
    "max_depth": (int,),
    "n_estimators": (int,),
    "samples_f1": (float, int),
    "folds": (int,),
}
_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
}
_LARGEST = 1 << 63
_WATCHED = ("map", "f1", "loss")


def read_object(file: Path) -> Mapping[str, Any]:
    """Read a file that holds one JSON object; raises ``TagonautError``."""
    try:
        found = parse_json(read_bytes(file))
    except (OSError, ValueError) as error:
        raise TagonautError(f"{file}: cannot be read ({error})") from None
    if not isinstance(found, dict):
        raise TagonautError(f"{file}: damaged: it holds no object")
    return found


def read_metrics(file: Path, needed: Sequence[str] = ()) -> Mapping[str, Any]:
    """Read ``metrics.json``, which must hold ``needed``; raises ``TagonautError``.

    The entries on the fit are checked. The evaluations are not: none is ever read again.
    """
    found = read_object(file)
    if missing := [name for name in needed if name not in found]:
        raise TagonautError(f"{file}: damaged, or of another version: {', '.join(missing)} missing")
    _check_types(file, "", found, {name: _TYPES[name] for name in _TYPES if name in found})
    if "kept" in found:
        _check_types(file, "kept.", found["kept"], _KEPT)
    if found.get("grid") is not None:
        _check_types(file, "grid.", found["grid"], _GRID)
    if "watched" in found and found["watched"] not in _WATCHED:
        raise TagonautError(
            f"{file}: damaged: watched is {found['watched']!r:.60}, not one of"
            f" {', '.join(_WATCHED)}"
        )
    return found


def _check_types(
    file: Path, where: str, found: Mapping[str, Any], types: Mapping[str, tuple[type, ...]]
) -> None:
    for name, allowed in types.items():
        value = found.get(name)
        # JSON's true is Python's 1.
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            wanted = _WORDS[allowed[0]] + (" or null" if NoneType in allowed else "")
            raise TagonautError(f"{file}: damaged: {where}{name} is {value!r:.60}, not {wanted}")
        # NaN is in no range; nothing that is counted or timed is larger.
        if isinstance(value, int | float) and not abs(value) < _LARGEST:
            raise TagonautError(f"{file}: damaged: {where}{name} is {value!r:.60}")


def read_history(file: Path) -> list[dict[str, float | str | None]]:
    """Read the epochs, with any columns; no file means none. Raises ``TagonautError``."""
    try:
        rows = list(csv.DictReader(read_bytes(file).decode().splitlines(keepends=True)))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        raise TagonautError(f"{file}: cannot be read ({error})") from None
    return [{key: _value(cell) for key, cell in row.items() if key} for row in rows]


def _value(cell: Any) -> float | str | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return cell if isinstance(cell, str) and cell else None
    return number if np.isfinite(number) else None
