"""All scores of a run as a table: one row per photo, one column per label."""

import csv
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError
from tagonaut.files.atomic import make_folder, sync_file
from tagonaut.files.held import HeldFolder, private_file, take_place
from tagonaut.tagging.journal import Journal

if TYPE_CHECKING:
    import polars as pl

NAME = "scores.parquet"
# Rows in memory at once, and in a row group of the file.
ROWS = 5_000
PICTURE = "picture"
# Distinguishes our Parquet files from others, such as the scores that training leaves. CSV has no
# place for a mark: the form of the cells has to do.
_MARK = {"tagonaut": "scores of a tagged folder"}
_CELL = re.compile(r"\d\.\d{6}|nan")


def check_place(path: Path, *, dry_run: bool = False) -> None:
    """Raise ``TagonautError`` unless a table of scores can be written at ``path``.

    The suffix has to be that of Parquet or CSV, and nothing but a table of scores is replaced. In a
    dry run the folder need not be writable.
    """
    if path.suffix.lower() not in {".parquet", ".csv"}:
        raise TagonautError(f"{path}: scores are written as .parquet or .csv")
    if os.path.lexists(path) and not _is_table(path):
        raise TagonautError(
            f"{path} exists and is not a table of scores that tagging wrote: left alone; --scores "
            "FILE writes them elsewhere"
        )
    folder = path.absolute().parent
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        raise TagonautError(
            f"{path}: scores cannot be written there, because {folder} is not a folder"
        )
    if not dry_run and not os.access(folder, os.W_OK | os.X_OK):
        raise TagonautError(
            f"{path}: scores cannot be written there, because {folder} is not writable; --scores "
            "FILE writes them elsewhere"
        )


def _is_table(path: Path) -> bool:
    # A link would be replaced itself, not its target.
    if path.is_symlink() or not path.is_file():
        return False
    return _is_csv_table(path) if path.suffix.lower() == ".csv" else _is_parquet_table(path)


def _is_csv_table(path: Path) -> bool:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            header, first = next(rows, []), next(rows, [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return header[:1] == _columns(header[1:])[:1] and all(map(_CELL.fullmatch, first[1:]))


def _is_parquet_table(path: Path) -> bool:
    import polars as pl

    try:
        return pl.read_parquet_metadata(path).items() >= _MARK.items()
    except (OSError, pl.exceptions.PolarsError):
        return False


def write_table(journal: Journal, run: str, path: Path) -> None:
    r"""Write the scores of all photos by ``run``, sorted by path: Parquet, or CSV with 6 decimals.

    The columns are ``picture`` and the labels. Bytes of a name that are no UTF-8 read as ``\xff``.
    Raises ``OSError`` or ``PictureError`` if the file cannot be written; an earlier one stays then.
    """
    labels = journal.labels(run)
    rows = ((_text(name), scores) for name, scores in journal.scores(run))
    make_folder(path.absolute().parent)
    with HeldFolder.open(path.absolute().parent) as folder, private_file(folder) as new:
        if path.suffix.lower() == ".csv":
            _write_csv(new.path, labels, rows)
        else:
            _write_parquet(new.path, labels, rows)
        sync_file(new.path)
        take_place(new, path.name)


def names_in_table(journal: Journal, run: str) -> Iterator[str]:
    """The names of photos and labels in the table of a run's scores."""
    yield from journal.labels(run)
    for name, _ in journal.scores(run):
        yield _text(name)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


Rows = Iterator[tuple[str, NDArray[np.float32]]]


def _write_csv(path: Path, labels: list[str], rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([PICTURE, *labels])
        table.writerows([name, *(f"{score:.6f}" for score in scores)] for name, scores in rows)


def _write_parquet(path: Path, labels: list[str], rows: Rows) -> None:
    import polars as pl
    from polars.io.plugins import register_io_source

    columns = _columns(labels)
    schema = pl.Schema({columns[0]: pl.String(), **dict.fromkeys(columns[1:], pl.Float32())})
    frames = _frames(schema, columns, rows)

    # Polars passes the columns and rows that it wants: all of them, here.
    def source(*asked: Any) -> Iterator["pl.DataFrame"]:
        yield from frames

    table = register_io_source(source, schema=schema)
    try:
        table.sink_parquet(path, row_group_size=ROWS, maintain_order=True, metadata=_MARK)
    except pl.exceptions.PolarsError as error:
        raise OSError(str(error)) from error


def _frames(schema: "pl.Schema", columns: list[str], rows: Rows) -> Iterator["pl.DataFrame"]:
    import polars as pl

    while some := list(islice(rows, ROWS)):
        scores = np.stack([row for _, row in some])
        values: dict[str, Any] = {columns[0]: [name for name, _ in some]}
        values |= {name: scores[:, place] for place, name in enumerate(columns[1:])}
        yield pl.DataFrame(values, schema=schema)


def _columns(labels: list[str]) -> list[str]:
    """The names of the columns; that of the pictures differs from every label."""
    picture = PICTURE
    while picture in labels:
        picture += "_"
    return [picture, *labels]
