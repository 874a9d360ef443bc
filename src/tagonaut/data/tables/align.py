"""Aligns predictions with the truth: row by row, label by label."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.picture_names import PictureNames
from tagonaut.data.tables.cells import is_unknown, number
from tagonaut.data.tables.label_table import LabelTable
from tagonaut.errors import DataError, nearest

MissingPrediction = Literal["error", "skip"]


@dataclass(frozen=True)
class Aligned:
    """n pictures with ``targets[n, k]`` (0 or 1), ``known[n, k]`` and predictions ``values[n, k]``.

    ``rows[n]`` are those of the truth, and ``columns`` its other columns. ``notes`` has a line for
    each guess; ``skipped`` counts the pictures left out because they have no prediction.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    values: NDArray[np.float64]
    rows: NDArray[np.intp]
    columns: Mapping[str, Sequence[str]]
    notes: tuple[str, ...]
    skipped: int = 0


def align(
    truth: LabelTable, predictions: LabelTable, *, missing: MissingPrediction = "error"
) -> Aligned:
    """Pair rows by the names of pictures, and columns by the names of labels.

    See ``PictureNames`` for how names of pictures match. If one table has no names, rows or columns
    pair in their order. A picture without a prediction is an error, or left out (``skip``). Labels
    that are in no list of tags are predicted for no picture. Labels whose every cell in the truth
    is unknown (-1) are left out, with a note. Raises ``DataError`` for rows and labels without a
    partner, for names of several pictures, for unknown predictions, and for a truth that is neither
    0 nor 1.
    """
    notes = [*truth.notes, *predictions.notes]
    labels, columns = _columns(truth, predictions, notes)
    rows, theirs = _rows(truth, predictions, missing, notes)
    values = np.zeros((len(rows), len(labels)))
    for k, column in enumerate(columns):
        if column is not None:
            values[:, k] = predictions.values[theirs, column]
    _check_predictions(predictions, theirs, columns)
    targets = truth.values[rows]
    known = ~np.isnan(targets)
    _check_truth(truth, rows, targets, known)
    names = truth.names or predictions.names
    chosen = rows if truth.names else theirs
    return Aligned(
        tuple(names[row] for row in chosen) if names else tuple(f"row {row + 1}" for row in rows),
        labels,
        np.where(known, targets, 0).astype(np.uint8),
        known,
        values,
        rows,
        {name: [cells[row] for row in rows] for name, cells in truth.columns.items()},
        tuple(notes),
        len(truth.values) - len(rows),
    )


def _columns(
    truth: LabelTable, predictions: LabelTable, notes: list[str]
) -> tuple[tuple[str, ...], Sequence[int | None]]:
    """The labels, and the predictions' column of each; None for a label that no picture has."""
    if truth.labels is None or predictions.labels is None:
        count, theirs = truth.values.shape[1], predictions.values.shape[1]
        if predictions.tags or count != theirs:
            raise DataError(
                f"{predictions.path} has {theirs} labels and {truth.path} has {count}: unless "
                "both name their labels, columns are matched by position, and the numbers must "
                "be equal"
            )
        notes.append(f"one table does not name its labels: {count} labels matched by position")
        labels = truth.labels or predictions.labels
        return labels or tuple(f"label {k + 1}" for k in range(count)), range(count)
    at = _pair(truth, predictions, notes)
    absent = [name for name in truth.labels if name not in at]
    if absent and not predictions.tags:
        faults = [f"{name}{_instead(predictions, name)}" for name in absent]
        raise DataError(f"{predictions.path}: no predictions for {len(absent)} labels", faults)
    return truth.labels, [at.get(name) for name in truth.labels]


def _instead(predictions: LabelTable, name: str) -> str:
    """A hint, if a column of the label's name holds no predictions."""
    cells = predictions.columns.get(name)
    if cells is None:
        return ""
    return f": its column has values other than numbers from 0 to 1, the first is {cells[0]!r}"


def _pair(truth: LabelTable, predictions: LabelTable, notes: list[str]) -> dict[str, int]:
    """The predictions' column of each label of the truth that is in both tables."""
    labels, named = truth.labels or (), predictions.labels or ()
    unknown = {_key(name) for name, cells in truth.columns.items() if _says_nothing(cells)}
    unjudged = []
    by_key: dict[str, list[str]] = defaultdict(list)
    for name in labels:
        by_key[_key(name)].append(name)
    at, alike, faults = {}, [], []
    for column, name in enumerate(named):
        same = [name] if name in labels else by_key.get(_key(name), [])
        # A column of exactly the label's name goes first.
        if not same and _key(name) in unknown:
            unjudged.append(repr(name))
            continue
        if len(same) != 1 or (same[0] != name and (same[0] in named or same[0] in at)):
            faults.append(f"{nearest(name, labels)} is not a label of the truth")
            continue
        if same[0] != name:
            alike.append(f"{name!r} as {same[0]!r}")
        at[same[0]] = column
    if faults:
        raise DataError(
            f"{predictions.path}: {len(faults)} of its labels are not in the truth (if the truth "
            "lacks labels because no picture has them, list all labels with --labels)",
            faults,
        )
    if unjudged:
        notes.append(
            f"{', '.join(unjudged)}: unknown for every picture of {truth.path.name}, so "
            "predictions are not evaluated"
        )
    if alike:
        notes.append(
            f"{predictions.path.name}: labels matched despite their spelling: {', '.join(alike)}"
        )
    return at


def _says_nothing(cells: Sequence[str]) -> bool:
    return all(is_unknown(number(str(cell))) for cell in cells if cell is not None)


def _key(name: str) -> str:
    return "".join(name.split()).casefold()


def _rows(
    truth: LabelTable, predictions: LabelTable, missing: MissingPrediction, notes: list[str]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows of each table that pair, in the truth's order."""
    if truth.names is None or predictions.names is None:
        count, theirs = len(truth.values), len(predictions.values)
        if count != theirs:
            raise DataError(
                f"{predictions.path} has {theirs:,} rows and {truth.path} has {count:,}: unless "
                "both name their pictures, rows are matched by position, and the numbers must be "
                "equal"
            )
        notes.append(f"one table does not name its pictures: {count:,} rows matched by position")
        return np.arange(count), np.arange(count)
    partner = _partners(truth, predictions, notes)
    if not partner:
        raise DataError(
            f"{predictions.path} predicts none of the {len(truth.names):,} pictures of"
            f" {truth.path}: its first name is {predictions.names[0]!r}, and the truth's"
            f" {truth.names[0]!r}"
        )
    absent = [truth.places[row] for row in range(len(truth.names)) if row not in partner]
    if absent and missing == "error":
        raise DataError(
            f"{predictions.path}: no predictions for {len(absent):,} of {len(truth.names):,} "
            "pictures (--missing skip leaves them out)",
            [f"{place}: no prediction" for place in absent],
        )
    if absent:
        notes.append(f"{len(absent):,} pictures without prediction left out, first {absent[0]}")
    rows = sorted(partner)
    return np.array(rows, dtype=np.intp), np.array([partner[row] for row in rows], dtype=np.intp)


def _partners(truth: LabelTable, predictions: LabelTable, notes: list[str]) -> dict[int, int]:
    """The row of predictions for each row of the truth that has one."""
    ours, theirs = truth.names or (), predictions.names or ()
    index = PictureNames(theirs)
    partner: dict[int, int] = {}
    taken: dict[int, int] = {}
    used: set[int] = set()
    faults = []
    for row, name in enumerate(ours):
        found = index.find(name)
        used |= set(found)
        if not found:
            continue
        first = found[0]
        if first in taken:
            other = truth.places[taken[first]]
            faults.append(
                f"{truth.places[row]}: {name!r} and the name in {other} match the same prediction"
            )
        same = predictions.values[found] == predictions.values[first]
        if not (same | np.isnan(predictions.values[found])).all():
            listed = ", ".join(predictions.places[at] for at in found[:3])
            faults.append(f"{listed}: {len(found)} different predictions for {name!r}")
        partner[row] = first
        taken[first] = row
    if faults:
        raise DataError(
            f"{predictions.path}: {len(faults):,} pictures cannot be matched one to one", faults
        )
    if repeated := len(used) - len(taken):
        notes.append(f"{predictions.path.name}: {repeated:,} rows are repeated, and count once")
    extra = [row for row in range(len(theirs)) if row not in used]
    if extra and partner:
        shown = ", ".join(theirs[row] for row in extra[:3])
        more = ", …" if len(extra) > 3 else ""
        notes.append(
            f"{predictions.path.name}: {len(extra):,} predictions left out, because the truth "
            f"does not have their pictures: {shown}{more}"
        )
    return partner


def _check_predictions(
    predictions: LabelTable, rows: NDArray[np.intp], columns: Sequence[int | None]
) -> None:
    used = [column for column in columns if column is not None]
    faults = [
        f"{predictions.cell(int(rows[row]), used[at])}: no prediction"
        for row, at in np.argwhere(np.isnan(predictions.values[rows][:, used]))
    ]
    if faults:
        raise DataError(f"{predictions.path}: {len(faults):,} cells are empty or unknown", faults)


def _check_truth(
    truth: LabelTable,
    rows: NDArray[np.intp],
    targets: NDArray[np.float64],
    known: NDArray[np.bool_],
) -> None:
    faults = [
        f"{truth.cell(int(rows[row]), int(column))}: {targets[row, column]:g} is neither 0 nor 1"
        for row, column in np.argwhere(known & (targets != 0) & (targets != 1))
    ]
    if faults:
        raise DataError(f"{truth.path}: the truth must be 0 or 1 (-1 or empty: unknown)", faults)
