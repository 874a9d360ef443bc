"""Reads JSON Lines, and JSON lists of objects, as tables of text."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tagonaut.data.tables.records import table_of_records
from tagonaut.data.tables.table import Table
from tagonaut.data.text import read_text
from tagonaut.errors import DataError
from tagonaut.files.reading import parse_json


def read_json_lines(path: Path) -> Table:
    """Read one object per line; a key that a line lacks is an empty cell. Raises ``DataError``."""
    return _of_objects(path, _lines(path, read_text(path)))


def read_json(path: Path) -> Table:
    """Read a list of objects; lines are then numbers in the list. Raises ``DataError``."""
    found = load_json(path)
    if not isinstance(found, list):
        raise DataError(f"{path}: neither a list of objects nor COCO's images and annotations")
    return _of_objects(path, list(enumerate(found, 1)))


def load_json(path: Path) -> Any:
    """Parse a JSON file; raises ``DataError`` with line and column."""
    try:
        return parse_json(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}:{error.colno}: not JSON ({error.msg})") from None
    except ValueError as error:  # nested too deeply, or a number of thousands of digits
        raise DataError(f"{path}: not JSON that can be read ({error})") from None


def _lines(path: Path, text: str) -> list[tuple[int, Any]]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append((number, parse_json(line)))
            except ValueError as error:
                reason = getattr(error, "msg", error)
                raise DataError(f"{path}:{number}: not a JSON object ({reason})") from None
    return found


def _of_objects(path: Path, numbered: Sequence[tuple[int, Any]]) -> Table:
    strange = [f"{path.name}:{number}" for number, row in numbered if not isinstance(row, dict)]
    if strange:
        raise DataError(f"{path}: {len(strange):,} entries are not JSON objects", strange)
    header = list(dict.fromkeys(key for _, row in numbered for key in row))
    if not header:
        raise DataError(f"{path}: the table is empty")
    lists = {key for _, row in numbered for key, value in row.items() if isinstance(value, list)}
    return table_of_records(path, header, numbered, lists)
