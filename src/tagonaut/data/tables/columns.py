"""Recognises the columns of a table: names of pictures, tags, and values of labels."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tagonaut.data.tables.cells import is_share, is_unknown, number
from tagonaut.data.tables.table import ITEMS, Table
from tagonaut.pixels.decode import is_picture

TAG_COLUMNS = (
    *("tags", "labels", "keywords", "classes", "categories"),
    *("tag", "label", "keyword", "class", "category"),
)
ID_COLUMNS = (
    *("image_name", "image", "filename", "file_name", "file", "id", "name"),
    *("path", "picture", "image_id", "image_path", "file_path", "filepath"),
)


def find_columns(table: Table) -> tuple[str | None, str | None]:
    """The columns of picture names and of tags, by their own names; None if there is none.

    A column of zeros, ones or scores is a label whatever its name; a column of picture files' names
    is that of the pictures.
    """
    lowered = {name.lower(): name for name in reversed(table.header)}
    ids = _find_ids(table, lowered)
    taken = ids or table.header[0]
    tags = (lowered[name] for name in TAG_COLUMNS if lowered.get(name, taken) != taken)
    # Zeros and ones may be tags, a label's numbers; scores are not.
    return ids, next((name for name in tags if not _is_scores(table, name)), None)


def picture_column(table: Table) -> str:
    """The column of names in a table that lists pictures: by its own name, else the first."""
    lowered = {name.lower(): name for name in reversed(table.header)}
    return next((lowered[name] for name in ID_COLUMNS if name in lowered), table.header[0])


def _find_ids(table: Table, lowered: Mapping[str, str]) -> str | None:
    called = (lowered[name] for name in ID_COLUMNS if name in lowered)
    pictures = [name for name in called if not is_value(table, name)]
    if not pictures:
        return next((name for name in table.header if _is_files(table, name)), None)
    first = table.header[0]
    if first not in pictures or _is_files(table, pictures[0]):
        return pictures[0]
    # The numbers of rows are no names beside a column that holds some.
    numbered = all(cell.isdecimal() for cell in table.column(first))
    return pictures[0] if numbered else first


def is_value(table: Table, name: str) -> bool:
    """Whether a column holds mostly numbers from 0 to 1; a stray cell in it is then a fault."""
    numbers = [number(cell) for cell in table.column(name)]
    known = [found for found in numbers if not is_unknown(found)]
    return 2 * sum(map(is_share, known)) > len(known)


def _is_scores(table: Table, name: str) -> bool:
    numbers = (number(cell) for cell in table.column(name))
    return is_value(table, name) and any(found is not None and 0 < found < 1 for found in numbers)


def _is_files(table: Table, name: str) -> bool:
    return all(is_picture(Path(cell)) for cell in table.column(name))


def split_tags(
    table: Table, column: str, delimiter: str | None = None, labels: Sequence[str] = ()
) -> list[list[str]]:
    """The tags of each row; the ``delimiter`` is guessed by default, from the ``labels`` if any."""
    cells = table.column(column)
    between = ITEMS if column in table.lists else delimiter or _delimiter(cells, labels)
    return [_split(cell, between) for cell in cells]


def other_columns(table: Table, used: set[str]) -> dict[str, list[str]]:
    """The cells of the columns that are not ``used``, by name."""
    return {name: table.column(name) for name in table.header if name not in used}


def _delimiter(cells: Sequence[str], labels: Sequence[str]) -> str:
    """The mark that splits the cells into most labels; without labels, the first that occurs."""
    present = [mark for mark in (";", ",", "|") if any(mark in cell for cell in cells)]
    if not labels:
        return [*present, " "][0]
    allowed = set(labels)
    # A mark that does not occur leaves labels whole that hold a space.
    return max(
        [*present, " ", ";"],
        key=lambda mark: sum(name in allowed for cell in cells for name in _split(cell, mark)),
    )


def _split(cell: str, delimiter: str) -> list[str]:
    return [name.strip() for name in re.split(re.escape(delimiter), cell) if name.strip()]
