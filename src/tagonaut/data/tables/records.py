"""Tables of records: Parquet, JSON Lines, and a JSON list of objects."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tagonaut.data.tables.table import ITEMS, Table
from tagonaut.data.text import read_text
from tagonaut.errors import DataError


def read_parquet(path: Path) -> Table:
    """A Parquet file; columns of bytes or of structures are left out. Raises ``DataError``."""
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        first = str(error).partition("\n")[0]
        raise DataError(f"{path}: not a Parquet file that can be read ({first})") from None
    lists = {name for name, kind in frame.schema.items() if isinstance(kind, pl.List | pl.Array)}
    left = [
        name
        for name, kind in frame.schema.items()
        if kind == pl.Binary or isinstance(kind, pl.Struct | pl.Object)
    ]
    frame = frame.drop(left)
    return _table(path, frame.columns, list(enumerate(frame.iter_rows(named=True), 1)), lists)


def read_json_lines(path: Path) -> Table:
    """A JSON object a line; a key that a line lacks is an empty cell. Raises ``DataError``."""
    return _of_objects(path, _lines(path, read_text(path)))


def read_json(path: Path) -> Table:
    """A JSON list of objects; lines are then numbers in the list. Raises ``DataError``."""
    found = load_json(path)
    if not isinstance(found, list):
        raise DataError(f"{path}: neither a list of objects nor COCO's images and annotations")
    return _of_objects(path, list(enumerate(found, 1)))


def load_json(path: Path) -> Any:
    """What a JSON file holds; raises ``DataError`` with line and column."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}:{error.colno}: not JSON ({error.msg})") from None
    except RecursionError:
        raise DataError(f"{path}: not a table: its lists lie too deep in one another") from None


def _lines(path: Path, text: str) -> list[tuple[int, Any]]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append((number, json.loads(line)))
            except (json.JSONDecodeError, RecursionError) as error:
                reason = getattr(error, "msg", "too deep")
                raise DataError(f"{path}:{number}: not a JSON object ({reason})") from None
    return found


def _of_objects(path: Path, numbered: Sequence[tuple[int, Any]]) -> Table:
    strange = [f"{path.name}:{number}" for number, row in numbered if not isinstance(row, dict)]
    if strange:
        raise DataError(f"{path}: {len(strange):,} entries are no JSON objects", strange)
    header = list(dict.fromkeys(key for _, row in numbered for key in row))
    if not header:
        raise DataError(f"{path}: the table is empty")
    lists = {key for _, row in numbered for key, value in row.items() if isinstance(value, list)}
    return _table(path, header, numbered, lists)


def _table(
    path: Path,
    header: Sequence[str],
    numbered: Sequence[tuple[int, Mapping[str, Any]]],
    lists: set[str],
) -> Table:
    rows = tuple(
        tuple(ITEMS.join(_items(row.get(name))) if name in lists else _text(row.get(name))
              for name in header)
        for _, row in numbered
    )  # fmt: skip
    names = tuple(name.strip() for name in header)
    if len(set(names)) < len(names) or "" in names:
        raise DataError(f"{path}: columns without a name, or of one name")
    lines = tuple(number for number, _ in numbered)
    return Table(path, names, rows, lines, frozenset(name.strip() for name in lists))


def _items(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from map(_text, value)
    elif value is not None:
        yield _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
