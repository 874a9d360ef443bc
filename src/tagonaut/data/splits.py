"""Which picture is learned from, which tunes the decisions, and which judges them."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.errors import DataError, TagonautError

SPLITS = ("train", "validation", "test")
UNUSED = "unused"


def split(
    dataset: Dataset,
    parts: str = "60/20/20",
    *,
    seed: int = 0,
    stratify: bool = True,
    in_order: bool = False,
) -> NDArray[np.str_]:
    """``train``, ``validation``, ``test`` or ``unused`` for each picture.

    ``parts``: percentages (``80/10/10``), counts (``20000/7000/5120``; pictures over are unused),
    a table with a ``split`` column (CSV or a run's ``split.parquet``), or three comma-separated
    text files of names for training, validation and test. A picture of which nothing is known is
    unused. ``stratify`` keeps each label's share alike in all parts; ``in_order`` takes the
    pictures as they stand. The same seed gives the same split.
    """
    usable = np.flatnonzero(dataset.known.any(axis=1))
    result = np.full(len(dataset), UNUSED, dtype="<U10")
    if "/" not in parts or not re.fullmatch(r"[\d./ ]+", parts):
        return _from_files(dataset, parts, usable)
    sizes = _sizes(parts, len(usable))
    order = usable if in_order else np.random.default_rng(seed).permutation(usable)
    if stratify and not in_order:
        positives = (dataset.targets & dataset.known)[order].astype(bool)
        assigned = iterative_stratification(positives, sizes)
    else:
        assigned = np.repeat(np.arange(len(sizes)), sizes)
    names = np.array([*SPLITS, UNUSED])
    result[order] = names[assigned]
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


def iterative_stratification(
    positives: NDArray[np.bool_], sizes: Sequence[int]
) -> NDArray[np.intp]:
    """Assign n rows to parts of exactly ``sizes``, each label's share alike in all parts.

    ``positives[n, k]``. The rarest label's pictures are dealt out first, each to the part that
    lacks most of that label, then of pictures. Sechidis, Tsoumakas & Vlahavas, ECML 2011; here a
    full part takes no more, so that the sizes are exact. Ties go to the earlier part: shuffle the
    rows for a random split.
    """
    n, k = positives.shape
    room = np.array(sizes, dtype=float)
    lacking = positives.sum(axis=0)[:, None] * (room / max(n, 1))[None, :]
    assigned = np.full(n, -1, dtype=np.intp)
    remaining = positives.sum(axis=0).astype(float)
    left = np.ones(n, dtype=bool)
    while True:
        label = int(np.argmin(np.where(remaining > 0, remaining, np.inf))) if k else 0
        has_label = k > 0 and remaining[label] > 0
        rows = np.flatnonzero(left & positives[:, label]) if has_label else np.flatnonzero(left)
        for row in rows:
            wanted = lacking[label] if has_label else room
            best = max(
                (part for part in range(len(sizes)) if room[part] >= 1),
                key=lambda part: (wanted[part], room[part] / max(sizes[part], 1)),
            )
            assigned[row] = best
            room[best] -= 1
            lacking[positives[row], best] -= 1
        left[rows] = False
        remaining -= positives[rows].sum(axis=0)
        if not has_label:
            return assigned


def _from_files(dataset: Dataset, parts: str, usable: NDArray[np.intp]) -> NDArray[np.str_]:
    files = [Path(name.strip()) for name in parts.split(",")]
    if absent := [file for file in files if not file.is_file()]:
        raise TagonautError(
            f"--split {parts}: neither three numbers such as 60/20/20 nor a file ({absent[0]})"
        )
    if len(files) == 3:
        named = {
            line.strip(): part
            for part, file in zip(SPLITS, files, strict=True)
            for line in file.read_text(encoding="utf-8-sig").splitlines()
            if line.strip()
        }
    elif len(files) == 1:
        named = _from_table(files[0])
    else:
        raise TagonautError("--split takes one table with a split column, or three lists of names")
    result = np.full(len(dataset), UNUSED, dtype="<U10")
    for row in usable:
        name = dataset.ids[row]
        result[row] = named.get(name) or named.get(Path(name).stem) or UNUSED
    if empty := [part for part in SPLITS if part not in result]:
        raise DataError(f"{parts}: no picture of the data is in {' and '.join(empty)}")
    return result


def _from_table(file: Path) -> dict[str, str]:
    import polars as pl

    from tagonaut.data.table import read_table

    if file.suffix == ".parquet":
        frame = pl.read_parquet(file, columns=["id", "split"])
        named = dict(zip(frame["id"], frame["split"], strict=True))
    else:
        table = read_table(file)
        if "split" not in table.header:
            raise DataError(f"{file}:1: there is no column 'split'")
        named = dict(zip(table.column(table.header[0]), table.column("split"), strict=True))
    named = {
        name: {"val": "validation", "valid": "validation"}.get(part, part)
        for name, part in named.items()
    }
    if strange := sorted(set(named.values()) - {*SPLITS, UNUSED}):
        raise DataError(f"{file}: a split is one of {', '.join(SPLITS)}, not {strange[0]!r}")
    return named
