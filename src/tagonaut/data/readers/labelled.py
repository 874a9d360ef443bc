"""What a source says of its pictures, before their files are looked for."""

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


@dataclass(frozen=True)
class Labelled:
    """n rows: an id, a place in the source (for messages), ``targets[n, k]``, ``known[n, k]``.

    ``columns`` are the source's other columns, as text. ``paths``: the files, where the source
    itself is made of them. ``mentions`` and ``notes``: see ``Dataset``.
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
        source: Path,
        ids: Sequence[str],
        places: Sequence[str],
        tags: Sequence[Sequence[str]],
        spelling: Spelling,
        *,
        labels: Sequence[str] | None = None,
        strict: bool = True,
        said_in: str = "",
        columns: Mapping[str, Sequence[str]] | None = None,
        paths: Sequence[Path] | None = None,
        notes: Sequence[str] = (),
    ) -> Self:
        """Rows of tags, all cells known.

        ``labels``: the only ones; another tag is a ``DataError``, or left out if not ``strict``.
        ``said_in`` follows a place in such a message.
        """
        tags = [spelling.of(row) for row in tags]
        if labels and not strict:
            tags = [[name for name in row if name in labels] for row in tags]
        counts = Counter(name for row in tags for name in row)
        names = tuple(labels or sorted(counts))
        allowed = set(names)
        faults = [
            f"{places[row]}{said_in}: {nearest(name, names)} is not one of the labels"
            for row, found in enumerate(tags)
            for name in dict.fromkeys(found)
            if name not in allowed
        ]
        if faults:
            absent = [nearest(name, list(counts)) for name in names if name not in counts]
            told = f" (and no row has {', '.join(absent)})" if absent else ""
            raise DataError(
                f"{source}: {len(faults):,} tags outside the {len(names)} labels{told}", faults
            )
        notes = [*spelling.notes, *notes]
        repeated = sum(len(set(row)) < len(row) for row in tags)
        if repeated:
            notes.append(f"{source.name}: a tag named twice in {repeated:,} rows, counted once")
        label_set = LabelSet(names)
        targets = label_set.encode(tags)
        return cls(
            source,
            tuple(ids),
            tuple(places),
            targets,
            np.ones(targets.shape, dtype=bool),
            label_set,
            columns or {},
            None if paths is None else tuple(paths),
            tuple(counts[name] for name in names) if repeated else None,
            tuple(notes),
        )
