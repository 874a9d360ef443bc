"""Applies corrections of labels: a table with one row per wrong cell, such as an audit's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tagonaut.data.dataset import Dataset
from tagonaut.data.picture_names import ambiguity
from tagonaut.data.tables import FALSE, TRUE, Table, read_table
from tagonaut.data.text import printable
from tagonaut.errors import DataError, TagonautError, nearest

PICTURE, LABEL, GIVEN, SUGGESTED, ACCEPT = "picture", "label", "given", "suggested", "accept"
COLUMNS = (PICTURE, LABEL, GIVEN, SUGGESTED, ACCEPT)
"""The columns of a table of corrections; others are not read."""

YES, NO = TRUE | {"x", "y"}, FALSE | {"", "n"}
_VALUES = {"0": 0, "0.0": 0, "1": 1, "1.0": 1}
_SHOWN = 5


@dataclass(frozen=True)
class _Change:
    """A cell of the data, its value before and after, and the place of its row in the table."""

    row: int
    column: int
    given: int
    suggested: int
    place: str


def correct(dataset: Dataset, file: Path) -> Dataset:
    """Apply a table of corrections; a note of the new data set counts them.

    Columns: ``picture`` (a name, see ``PictureNames``), ``label``, ``given`` and ``suggested`` (0
    or 1), and ``accept``: rows are applied if it is yes (1, yes, true, x); without this column all
    rows are. A row whose ``given`` differs from the data is left out, and a note says so. Raises
    ``DataError`` with the line of each unknown picture or label.
    """
    if not file.is_file():
        raise TagonautError(f"{file}: file not found")
    table = read_table(file)
    targets, stale = dataset.targets.copy(), []
    applied = 0
    for change in _changes(dataset, table):
        cell = (change.row, change.column)
        if not dataset.known[cell] or dataset.targets[cell] != change.given:
            label = dataset.labels.names[change.column]
            value = int(dataset.targets[cell]) if dataset.known[cell] else "unknown"
            picture = dataset.ids[change.row]
            stale.append(f"{change.place}: {label!r} of {picture!r} is {value}, not {change.given}")
            continue
        targets[cell] = change.suggested
        applied += 1
    notes = [f"{file.name}: {applied:,} of {len(table.rows):,} corrections applied"]
    if stale:
        more = f"; and {len(stale) - _SHOWN:,} more" if len(stale) > _SHOWN else ""
        notes.append(
            f"{file.name}: {len(stale):,} corrections left out, since the data has changed:"
            f" {'; '.join(stale[:_SHOWN])}{more}"
        )
    # The source's counts of its labels no longer hold.
    mentions = None if applied else dataset.mentions
    return replace(dataset, targets=targets, notes=(*dataset.notes, *notes), mentions=mentions)


def has_answers(file: Path) -> bool:
    """Whether anybody has answered in the column ``accept``, or changed the table in another way.

    So it is for a table that cannot be read, or has no such column.
    """
    try:
        return any(cell.strip() for cell in read_table(file).column(ACCEPT))
    except (TagonautError, KeyError, ValueError):
        return True


def _changes(dataset: Dataset, table: Table) -> list[_Change]:
    """The accepted rows; raises ``DataError``."""
    if absent := [name for name in COLUMNS[:-1] if name not in table.header]:
        raise DataError(
            f"{table.path}:1: a table of corrections has the columns {', '.join(COLUMNS[:-1])}, "
            f"but this one lacks {', '.join(absent)}"
        )
    pictures, labels = dataset.names(), _label_columns(dataset.labels.names)
    cells = {name: table.column(name) for name in COLUMNS if name in table.header}
    found: dict[tuple[int, int], _Change] = {}
    faults: list[str] = []
    for at, answer in enumerate(cells.get(ACCEPT, ["yes"] * len(table.rows))):
        if answer.lower() in NO:
            continue
        row = {name: column[at] for name, column in cells.items()}
        rows = pictures.find(row[PICTURE])
        fault = _fault(dataset, row, rows, labels, compare=len(faults) < _SHOWN)
        if fault:
            faults.append(f"{table.where(at, fault[0])}: {fault[1]}")
            continue
        values = _VALUES[row[GIVEN]], _VALUES[row[SUGGESTED]]
        change = _Change(rows[0], labels[row[LABEL]], *values, table.where(at))
        before = found.setdefault((change.row, change.column), change)
        if (before.given, before.suggested) != values:
            faults.append(f"{change.place}: contradicts {before.place}")
    if faults:
        raise DataError(f"{table.path}: {len(faults):,} corrections cannot be used", faults)
    return list(found.values())


def _fault(
    dataset: Dataset,
    row: Mapping[str, str],
    found: Sequence[int],
    labels: Mapping[str, int],
    *,
    compare: bool,
) -> tuple[str, str] | None:
    """The column that makes a row unusable, and why; ``compare``: with the nearest id."""
    answer, picture, label = row.get(ACCEPT, "yes"), row[PICTURE], row[LABEL]
    if answer.lower() not in YES:
        return ACCEPT, f"has to be yes or empty, not {answer!r}"
    if len(found) > 1:
        return PICTURE, ambiguity(picture, [dataset.ids[at] for at in found])
    if not found:
        name = nearest(picture, dataset.ids) if compare else repr(picture)
        return PICTURE, f"there is no picture {name}"
    if label not in labels:
        return LABEL, f"there is no label {nearest(label, [*labels])}"
    for column in (GIVEN, SUGGESTED):
        if row[column] not in _VALUES:
            return column, f"has to be 0 or 1, not {row[column]!r}"
    return None


def _label_columns(names: Sequence[str]) -> dict[str, int]:
    """The column of each label, also as a table spells it; names as they are go first."""
    index: dict[str, int] = {}
    for spelled in (str, printable, lambda name: printable(name).strip()):
        for at, name in enumerate(names):
            index.setdefault(spelled(name), at)
    return index
