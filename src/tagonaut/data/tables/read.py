"""Reads a table of any format into text."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tagonaut.data.tables.delimited import read_delimited
from tagonaut.data.tables.json_records import read_json, read_json_lines
from tagonaut.data.tables.parquet import read_parquet
from tagonaut.data.tables.table import Table
from tagonaut.errors import DataError

RECORDS: Mapping[str, Callable[[Path], Table]] = {
    ".parquet": read_parquet,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
}
"""The reader of each suffix; a file of any other suffix is delimited text."""

SUFFIXES = frozenset({".csv", ".tsv", *RECORDS})
"""A file of these suffixes in a folder of pictures is taken for their table."""


def read_table(path: Path) -> Table:
    """Read CSV (whatever its suffix), Parquet, JSON Lines, or a JSON list of objects.

    Lines count from 1 in the file; in Parquet, rows do. Raises ``DataError``.
    """
    table = RECORDS.get(path.suffix.lower(), read_delimited)(path)
    if not table.rows:
        raise DataError(f"{path}: the table has a header and no rows")
    return table


def is_text(path: Path) -> bool:
    """Whether the file is delimited text, in which a first row need not be a header."""
    return path.suffix.lower() not in RECORDS
