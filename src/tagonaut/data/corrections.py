"""Corrections of labels: a table with a row a wrong cell, such as an audit's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tagonaut.data.dataset import Dataset
from tagonaut.data.tables.cells import FALSE, TRUE
from tagonaut.data.tables.table import Table, read_table
from tagonaut.data.text import printable
from tagonaut.errors import DataError, TagonautError, nearest

PICTURE, LABEL, GIVEN, SUGGESTED, ACCEPT = "picture", "label", "given", "suggested", "accept"
COLUMNS = (PICTURE, LABEL, GIVEN, SUGGESTED, ACCEPT)
"""What a table of corrections has; others are not read."""

YES, NO = TRUE | {"x", "y"}, FALSE | {"", "n"}
_VALUES = {"0": 0, "0.0": 0, "1": 1, "1.0": 1}
_SHOWN = 5


@dataclass(frozen=True)
class _Change:
    """A cell of the data, its value before and after, and where the table says so."""

    row: int
    column: int
    given: int
    suggested: int
    place: str


def correct(dataset: Dataset, file: Path) -> Dataset:
    """The data set with the corrections of a table applied, and a note that tells how many.

    Columns: ``picture`` (an id of the data), ``label``, ``given`` and ``suggested`` (0 or 1), and
    ``accept``: rows are applied where it says yes (1, yes, true, x), all of them where there is no
    such column. A row whose ``given`` is not what the data says any more is left, and told. Raises
    ``DataError`` with the line of each picture or label that there is not.
    """
    if not file.is_file():
        raise TagonautError(f"{file}: there is no such table of corrections")
    table = read_table(file)
    changes = _changes(dataset, table)
    targets, stale = dataset.targets.copy(), []
    applied = 0
    for change in changes:
        cell = (change.row, change.column)
        if not dataset.known[cell] or dataset.targets[cell] != change.given:
            label = dataset.labels.names[change.column]
            says = int(dataset.targets[cell]) if dataset.known[cell] else "unknown"
            told = f"{change.place}: {label!r} of {dataset.ids[change.row]!r} is {says}"
            stale.append(f"{told}, not {change.given}")
            continue
        targets[cell] = change.suggested
        applied += 1
    notes = [f"{file.name}: {applied:,} of {len(table.rows):,} corrections applied"]
    if stale:
        more = f"; and {len(stale) - _SHOWN:,} more" if len(stale) > _SHOWN else ""
        notes.append(
            f"{file.name}: {len(stale):,} corrections left, since the data says something else now:"
            f" {'; '.join(stale[:_SHOWN])}{more}"
        )
    # How often the source names a label is no longer what holds.
    mentions = None if applied else dataset.mentions
    return replace(dataset, targets=targets, notes=(*dataset.notes, *notes), mentions=mentions)


def _changes(dataset: Dataset, table: Table) -> list[_Change]:
    """The accepted rows; raises ``DataError``."""
    if absent := [name for name in COLUMNS[:-1] if name not in table.header]:
        raise DataError(
            f"{table.path}:1: a table of corrections has the columns {', '.join(COLUMNS[:-1])};"
            f" there is no {' and no '.join(absent)}"
        )
    rows, columns = _index(dataset.ids), _index(dataset.labels.names)
    cells = {name: table.column(name) for name in COLUMNS if name in table.header}
    accepted = cells.get(ACCEPT, ["yes"] * len(table.rows))
    found: dict[tuple[int, int], _Change] = {}
    faults = []
    for at, answer in enumerate(accepted):
        if answer.lower() in NO:
            continue
        picture, label = cells[PICTURE][at], cells[LABEL][at]
        if answer.lower() not in YES:
            faults.append(f"{table.where(at, ACCEPT)}: yes, or nothing, not {answer!r}")
        elif picture not in rows:
            known = nearest(picture, [*rows]) if len(faults) < _SHOWN else repr(picture)
            faults.append(f"{table.where(at, PICTURE)}: there is no picture {known}")
        elif label not in columns:
            faults.append(
                f"{table.where(at, LABEL)}: there is no label {nearest(label, [*columns])}"
            )
        else:
            values = [_VALUES.get(cells[name][at]) for name in (GIVEN, SUGGESTED)]
            if values[0] is None or values[1] is None:
                wrong = GIVEN if values[0] is None else SUGGESTED
                faults.append(f"{table.where(at, wrong)}: 0 or 1, not {cells[wrong][at]!r}")
                continue
            change = _Change(rows[picture], columns[label], values[0], values[1], table.where(at))
            before = found.setdefault((change.row, change.column), change)
            if (before.given, before.suggested) != (change.given, change.suggested):
                faults.append(f"{change.place}: contradicts {before.place}")
    if faults:
        raise DataError(f"{table.path}: {len(faults):,} corrections cannot be used", faults)
    return list(found.values())


def _index(names: Sequence[str]) -> dict[str, int]:
    """Where each name is, as a table can hold it; names as they are go first."""
    index: dict[str, int] = {}
    for spelled in (lambda name: name, printable, lambda name: printable(name).strip()):
        for at, name in enumerate(names):
            index.setdefault(spelled(name), at)
    return index
