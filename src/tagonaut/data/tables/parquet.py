"""Reads Parquet files as tables of text."""

from pathlib import Path

from tagonaut.data.tables.records import table_of_records
from tagonaut.data.tables.table import Table
from tagonaut.errors import DataError


def read_parquet(path: Path) -> Table:
    """Read a Parquet file without its columns of bytes or of structures; raises ``DataError``."""
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
    return table_of_records(
        path, frame.columns, list(enumerate(frame.iter_rows(named=True), 1)), lists
    )
