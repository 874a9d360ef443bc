"""Reads Parquet files as tables of text."""

from pathlib import Path
from typing import TYPE_CHECKING

from tagonaut.data.tables.parquet_pages import check_pages
from tagonaut.data.tables.records import table_of_records
from tagonaut.data.tables.table import Table
from tagonaut.data.text import check_file
from tagonaut.errors import DataError
from tagonaut.limits import CELLS, MEMORY, TEXT_SHARE

if TYPE_CHECKING:
    import polars as pl


def read_parquet(path: Path) -> Table:
    """Read a Parquet file without its columns of bytes or of structures; raises ``DataError``."""
    import polars as pl

    check_file(path)
    try:
        schema = pl.read_parquet_schema(path)
        left = {
            name
            for name, kind in schema.items()
            if kind == pl.Binary or isinstance(kind, pl.Struct | pl.Object)
        }
        kept = [name for name in schema if name not in left]
        # By the file's index: a few bytes can hold a billion rows.
        rows = pl.scan_parquet(path).select(pl.len()).collect().item()
        CELLS.check(rows * len(schema), f"{path}: its cells are", DataError)
        check_pages(path, DataError, kept)
        frame = pl.read_parquet(path, columns=kept)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        first = str(error).partition("\n")[0]
        raise DataError(f"{path}: not a Parquet file that can be read ({first})") from None
    lists = {name for name, kind in frame.schema.items() if isinstance(kind, pl.List | pl.Array)}
    _check_texts(path, frame)
    return table_of_records(
        path, frame.columns, list(enumerate(frame.iter_rows(named=True), 1)), lists
    )


def _check_texts(path: Path, frame: "pl.DataFrame") -> None:
    """Raise ``DataError`` for long texts that the file holds once and its rows a million times."""
    import polars as pl

    texts = frame.select(pl.col(pl.String).str.len_bytes().sum())
    size = sum(texts.row(0)) if texts.width else 0
    MEMORY.check(size, f"{path}: its texts are", DataError, share=TEXT_SHARE)
