"""The files of a run folder, for readers that do without PyTorch too."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tagonaut.errors import TagonautError

SPLIT_FILE, SCORES_FILE = "split.parquet", "scores.parquet"
RECIPE_FILE, METRICS_FILE, HISTORY_FILE = "recipe.toml", "metrics.json", "history.csv"
SHEET_FILE = "augmented.jpg"


def read_object(file: Path) -> Mapping[str, Any]:
    """A file that holds one JSON object; raises ``TagonautError``."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TagonautError(f"{file}: cannot be read ({error})") from None
    if not isinstance(found, dict):
        raise TagonautError(f"{file}: damaged: it holds no object")
    return found


def read_history(file: Path) -> list[dict[str, float | str | None]]:
    """The epochs, whatever columns they have; none where nothing was fitted in epochs."""
    try:
        with file.open(newline="", encoding="utf-8") as opened:
            rows = list(csv.DictReader(opened))
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
