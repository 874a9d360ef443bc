"""Turns records of any values into a table of text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tagonaut.data.tables.table import ITEMS, Table
from tagonaut.errors import DataError
from tagonaut.limits import CELLS, PARTS


def table_of_records(
    path: Path,
    header: Sequence[str],
    numbered: Sequence[tuple[int, Mapping[str, Any]]],
    lists: set[str],
) -> Table:
    """A table of ``numbered`` records and their lines; the columns in ``lists`` hold lists."""
    PARTS.check(len(header), f"{path}: {len(header):,} columns are", DataError)
    # A key of its own in each line makes the square of the lines.
    CELLS.check(len(header) * len(numbered), f"{path}: its cells are", DataError)
    rows = tuple(
        tuple(ITEMS.join(_items(row.get(name))) if name in lists else _text(row.get(name))
              for name in header)
        for _, row in numbered
    )  # fmt: skip
    names = tuple(name.strip() for name in header)
    if len(set(names)) < len(names) or "" in names:
        raise DataError(f"{path}: some columns have no name, or share one")
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
