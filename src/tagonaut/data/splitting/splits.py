"""Which picture is learned from, which tunes the decisions, and which judges them."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting.stratification import in_turn, stratified
from tagonaut.data.tables.table import read_table
from tagonaut.errors import DataError, TagonautError, nearest

SPLITS = ("train", "validation", "test")
UNUSED = "unused"
COLUMN = "column:"
SPELLINGS = {"val": "validation", "valid": "validation", "training": "train", "": UNUSED}


def split(
    dataset: Dataset,
    parts: str = "60/20/20",
    *,
    seed: int = 0,
    stratify: bool = True,
    in_order: bool = False,
    groups: NDArray[np.intp] | None = None,
) -> NDArray[np.str_]:
    """``train``, ``validation``, ``test`` or ``unused`` for each picture.

    ``parts``: percentages (``80/10/10``), counts (``20000/7000/5120``; pictures over are unused),
    a table with a ``split`` column (of any kind, or a run's ``split.parquet``), a column of the
    data's own table (``column:NAME``), three comma-separated text files of names for training,
    validation and test, or a table of folds: fold 0 is the test split, the next one validation, the
    others train; with ``FILE:2``, fold 2 is the test split.

    A picture of which nothing is known is unused. ``stratify`` keeps the share of each label, and
    of each pair of labels, alike in all parts; ``in_order`` takes the pictures as they stand.
    Pictures of one number in ``groups[n]`` go to one part (-1: a picture alone); the parts' sizes
    are then approximate. The same seed gives the same split. Raises ``TagonautError``, also for a
    group that is larger than every part.
    """
    usable = np.flatnonzero(dataset.known.any(axis=1))
    if not len(usable):
        raise DataError("there is nothing to split: of no picture is any label known")
    if is_dealt(parts):
        sizes = _sizes(parts, len(usable))
        order = usable if in_order else np.random.default_rng(seed).permutation(usable)
        dealt = _deal(dataset, order, sizes, groups, stratify=stratify and not in_order)
        result = np.array([*SPLITS, UNUSED, UNUSED])[dealt]
    else:
        _check_free(parts, groups)
        result = _given(dataset, parts)
        result[~dataset.known.any(axis=1)] = UNUSED
    if empty := [part for part in SPLITS if part not in result]:
        raise DataError(f"split {parts}: no picture of the data is in {' and '.join(empty)}")
    return result


def is_dealt(parts: str) -> bool:
    """Whether ``parts`` are percentages or counts, to be dealt, and no split that is given."""
    return "/" in parts and re.fullmatch(r"[\d./ ]+", parts) is not None


def folds(
    dataset: Dataset,
    k: int | str,
    *,
    seed: int = 0,
    stratify: bool = True,
    groups: NDArray[np.intp] | None = None,
) -> NDArray[np.intp]:
    """The fold of each picture, from 0; -1 for a picture of which nothing is known.

    ``k``: how many folds (2 or more), a table with a ``fold`` column, or a column of the data's own
    table (``column:NAME``); whatever numbers stand there are counted from 0. ``stratify`` and
    ``groups``: see ``split``. Raises ``TagonautError``.
    """
    usable = dataset.known.any(axis=1)
    if isinstance(k, str) and not re.fullmatch(r"-?\d+", k.strip()):
        _check_free(k, groups)
        result = _as_folds(k, _cells(dataset, k, ("fold",))[1])
        result[~usable] = -1
        return result
    k, n = int(k), int(usable.sum())
    if not 2 <= k <= n:
        raise TagonautError(f"{n:,} pictures cannot be split into {k} folds (2 to {n:,})")
    sizes = [n // k + (fold < n % k) for fold in range(k)]
    order = np.random.default_rng(seed).permutation(np.flatnonzero(usable))
    result = _deal(dataset, order, sizes, groups, stratify=stratify)
    if empty := sorted(set(range(k)) - set(result.tolist())):
        raise DataError(f"{k} folds: the groups leave nothing for fold {empty[0]}")
    return result


def held_out(folds: NDArray[np.intp], fold: int) -> NDArray[np.str_]:
    """The splits of one turn of cross-validation: ``fold`` judges, the next one validates."""
    k = int(folds.max(initial=-1)) + 1
    if not 0 <= fold < k or k < 3:
        raise TagonautError(
            f"fold {fold} of {k}: a split of train, validation and test needs three folds or more,"
            " counted from 0"
        )
    result = np.full(len(folds), "train", dtype="<U10")
    result[folds == fold] = "test"
    result[folds == (fold + 1) % k] = "validation"
    result[folds < 0] = UNUSED
    return result


def _sizes(parts: str, n: int) -> list[int]:
    """Pictures in each part, and a last part for those left over."""
    try:
        numbers = [float(number) for number in parts.split("/")]
    except ValueError:
        numbers = []
    if len(numbers) != 3 or min(numbers) <= 0:
        raise TagonautError(
            f"a split is three numbers such as 60/20/20 (per cent) or counts, not {parts!r}"
        )
    total = sum(numbers)
    if np.isclose(total, 100) or np.isclose(total, 1):
        ideal = np.array(numbers) / total * n
        sizes = np.floor(ideal).astype(int)
        sizes[np.argsort(sizes - ideal, kind="stable")[: n - sizes.sum()]] += 1
    elif all(number.is_integer() for number in numbers):
        sizes = np.array(numbers).astype(int)
    else:
        raise TagonautError(f"split {parts!r}: percentages that do not add up to 100")
    if sizes.sum() > n:
        raise TagonautError(f"split {parts!r} asks for {sizes.sum():,} pictures; there are {n:,}")
    if sizes.min() < 1:
        raise TagonautError(f"split {parts!r} of {n:,} pictures leaves a part empty")
    return [*map(int, sizes), n - int(sizes.sum())]


def _deal(
    dataset: Dataset,
    order: NDArray[np.intp],
    sizes: Sequence[int],
    groups: NDArray[np.intp] | None,
    *,
    stratify: bool,
) -> NDArray[np.intp]:
    """The part of each picture; those that are not in ``order`` get -1."""
    bound = np.arange(len(order)) if groups is None else _numbered(groups[order])
    weights = np.bincount(bound)
    if weights.max() > max(sizes):
        members = [dataset.ids[row] for row in order[bound == weights.argmax()]]
        number = "" if groups is None else f" {groups[order[bound == weights.argmax()][0]]}"
        raise DataError(
            f"group{number} ({', '.join(sorted(members)[:3])}, …) is larger than every part:"
            f" {len(members):,} pictures that stay together, for parts of at most {max(sizes):,}"
            " (group more narrowly, or make a part larger)"
        )
    if stratify:
        known = dataset.known[order]
        positives = (dataset.targets[order] > 0) & known
        part = stratified(positives, known, bound, sizes)
    else:
        part = in_turn(weights, sizes)
    result = np.full(len(dataset), -1, dtype=np.intp)
    result[order] = part[bound]
    return result


def _numbered(groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """The groups counted from 0 as they first appear, each picture alone (-1) one of its own."""
    alone = groups < 0
    own = groups.max(initial=-1) + 1 + np.arange(len(groups))
    _, first, which = np.unique(
        np.where(alone, own, groups), return_index=True, return_inverse=True
    )
    return np.argsort(np.argsort(first))[which]


def _check_free(parts: str, groups: NDArray[np.intp] | None) -> None:
    if groups is not None:
        raise TagonautError(f"split {parts}: a split that is given cannot be grouped as well")


def _given(dataset: Dataset, parts: str) -> NDArray[np.str_]:
    if parts.count(",") == 2 and not parts.startswith(COLUMN):
        cells = _listed(dataset, [Path(name.strip()) for name in parts.split(",")])
    else:
        place, fold = _place(parts)
        column, cells = _cells(dataset, place, ("split", "fold") if fold is None else ("fold",))
        if column == "fold":
            return held_out(_as_folds(place, cells), fold or 0)
    cells = [SPELLINGS.get(cell, cell) for cell in map(str.lower, cells)]
    if strange := sorted(set(cells) - {*SPLITS, UNUSED}):
        raise DataError(f"{parts}: a split is one of {', '.join(SPLITS)}, not {strange[0]!r}")
    return np.array(cells, dtype="<U10")


def _place(parts: str) -> tuple[str, int | None]:
    """``FILE:2`` as a file of folds and the fold to hold out."""
    match = re.fullmatch(r"(.+):(\d+)", parts)
    if match is None or parts.startswith(COLUMN) or Path(parts).is_file():
        return parts, None
    return match[1], int(match[2])


def _listed(dataset: Dataset, files: Sequence[Path]) -> list[str]:
    """The split of each picture, from three lists of names."""
    named: dict[str, str] = {}
    for part, file in zip(SPLITS, files, strict=True):
        if not file.is_file():
            raise TagonautError(f"--split: there is no list of names {file}")
        for line in file.read_text(encoding="utf-8-sig").splitlines():
            if line.strip():
                _put(named, line.strip(), part, file)
    return _looked_up(dataset, named)


def _cells(dataset: Dataset, place: str, columns: Sequence[str]) -> tuple[str, list[str]]:
    """The first of ``columns`` that a table has, and its cell for each picture (``""``: none).

    With ``column:NAME`` in place of a table, that column of the data.
    """
    if place.startswith(COLUMN):
        return columns[0], column_of(dataset, place.removeprefix(COLUMN))
    file = Path(place)
    if not file.is_file():
        raise TagonautError(
            f"{place}: neither three numbers such as 60/20/20, nor a file, nor {COLUMN}NAME"
        )
    table = read_table(file)
    column = next((name for name in columns if name in table.header), None)
    if column is None:
        raise DataError(f"{file}:1: there is no column {' or '.join(map(repr, columns))}")
    named: dict[str, str] = {}
    ids = table.column("id" if "id" in table.header else table.header[0])
    for name, cell in zip(ids, table.column(column), strict=True):
        _put(named, name, cell, file)
    return column, _looked_up(dataset, named)


def _put(named: dict[str, str], name: str, cell: str, file: Path) -> None:
    if named.setdefault(name, cell) != cell:
        raise DataError(f"{file}: {name!r} is in {named[name]} and in {cell}")


def _looked_up(dataset: Dataset, named: dict[str, str]) -> list[str]:
    return [named.get(name) or named.get(Path(name).stem) or "" for name in dataset.ids]


def column_of(dataset: Dataset, name: str, *, otherwise: str = "") -> list[str]:
    """A column of the data's own table, as text.

    Raises ``TagonautError`` if there is none; its message names those that there are, and what
    could stand there ``otherwise``.
    """
    if name not in dataset.columns.columns:
        having = ", ".join(dataset.columns.columns) or "no column but the ids and the labels"
        raise TagonautError(
            f"the data has no column {nearest(name, dataset.columns.columns)};"
            f" there is {having}{otherwise}"
        )
    return ["" if cell is None else str(cell).strip() for cell in dataset.columns[name]]


def _as_folds(place: str, cells: Sequence[str]) -> NDArray[np.intp]:
    """Whole numbers, counted from 0; -1 where there is none."""
    # Data frames write whole numbers as 1.0 where some are missing.
    cells = [cell.removesuffix(".0") for cell in cells]
    if strange := sorted({cell for cell in cells if cell and not cell.isdecimal()}):
        raise DataError(f"{place}: a fold is a whole number, not {strange[0]!r}")
    numbers = np.array([int(cell) if cell else -1 for cell in cells], dtype=np.intp)
    used = np.unique(numbers[numbers >= 0])
    if len(used) < 2:
        raise DataError(f"{place}: two folds or more are needed; the pictures are in {len(used)}")
    return np.where(numbers < 0, -1, np.searchsorted(used, numbers))
