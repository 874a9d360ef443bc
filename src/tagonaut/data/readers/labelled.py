"""The labels that a source gives its pictures, before their files are looked for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.readers.spelling import Spelling
from tagonaut.errors import DataError, nearest
from tagonaut.labels import LabelSet
from tagonaut.limits import CELLS

# The faults of which the nearest label is searched.
_NEAREST = 20


@dataclass(frozen=True)
class Tagged:
    """n rows of a source: an id, a place in the source (for messages) and a list of tags each.

    ``column``: the column of the tags, for messages. The others: see ``Labelled``.
    """

    source: Path
    ids: Sequence[str]
    places: Sequence[str]
    tags: Sequence[Sequence[str]]
    column: str | None = None
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    paths: Sequence[Path] | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Labelled:
    """n rows: an id, a place in the source (for messages), ``targets[n, k]``, ``known[n, k]``.

    ``columns`` holds the source's other columns, as text. ``paths``: the files, if the source
    itself consists of them. ``mentions`` and ``notes``: see ``Dataset``.
    """

    source: Path
    ids: tuple[str, ...]
    places: tuple[str, ...]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    labels: LabelSet
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    paths: tuple[Path, ...] | None = None
    mentions: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of_tags(
        cls,
        rows: Tagged,
        spelling: Spelling,
        *,
        labels: Sequence[str] | None = None,
        strict: bool = True,
    ) -> Self:
        """Encode rows of tags; all cells are known.

        ``labels``: the only ones, by default all tags; another tag raises ``DataError``, or is left
        out if not ``strict``.
        """
        tags = [spelling.of(row) for row in rows.tags]
        if labels and not strict:
            allowed = set(labels)
            tags = [[name for name in row if name in allowed] for row in tags]
        counts = Counter(name for row in tags for name in row)
        names = tuple(labels or sorted(counts))
        CELLS.check(
            len(tags) * len(names),
            f"{rows.source}: {len(tags):,} pictures times {len(names):,} labels are",
            DataError,
        )
        _check_tags(rows, tags, names, counts)
        notes = [*spelling.notes, *rows.notes]
        repeated = sum(len(set(row)) < len(row) for row in tags)
        if repeated:
            notes.append(f"{rows.source.name}: {repeated:,} rows name a tag twice; it counts once")
        label_set = LabelSet(names)
        targets = label_set.encode(tags)
        return cls(
            rows.source,
            tuple(rows.ids),
            tuple(rows.places),
            targets,
            np.ones(targets.shape, dtype=bool),
            label_set,
            rows.columns,
            None if rows.paths is None else tuple(rows.paths),
            tuple(counts[name] for name in names) if repeated else None,
            tuple(notes),
        )


def _check_tags(
    rows: Tagged, tags: Sequence[Sequence[str]], labels: Sequence[str], counts: Mapping[str, int]
) -> None:
    """Raise ``DataError`` for tags that are not among the labels."""
    allowed = set(labels)
    column = f", column {rows.column}" if rows.column else ""
    strange = [
        (row, name)
        for row, found in enumerate(tags)
        for name in dict.fromkeys(found)
        if name not in allowed
    ]
    if strange:
        # Only so many are shown; the nearest name takes a while to find.
        faults = [
            f"{rows.places[row]}{column}:"
            f" {nearest(name, labels) if at < _NEAREST else repr(name)} is not one of the labels"
            for at, (row, name) in enumerate(strange)
        ]
        unnamed = [name for name in labels if name not in counts]
        absent = [nearest(name, list(counts)) for name in unnamed[:_NEAREST]]
        if len(unnamed) > _NEAREST:
            absent.append(f"{len(unnamed) - _NEAREST:,} more")
        unused = f" (and no row has {', '.join(absent)})" if absent else ""
        raise DataError(
            (f"{rows.source}: {len(faults):,} tags are not among the {len(labels)} labels{unused}"),
            faults,
        )
