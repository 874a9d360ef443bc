"""The results of a partition as a table: one row per photo."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PICTURE, STATUS, REASON, TAGS = OWN = ("picture", "status", "reason", "tags")


@dataclass(frozen=True)
class Row:
    """A photo: its status, its tags, its scores ``[k]``.

    The status is ``tagged``, ``failed``, ``passed over`` or ``gone``.
    """

    picture: str
    status: str
    reason: str = ""
    tags: Sequence[str] = ()
    scores: NDArray[np.float32] | None = None


def columns(labels: Sequence[str]) -> list[str]:
    """The columns of the table; ours get underscores appended if a label has the same name."""
    own = list(OWN)
    for place in range(len(own)):
        while own[place] in labels:
            own[place] += "_"
    return [*own, *labels]


def parquet(labels: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A Parquet file: name, status, reason, tags, and one column of scores per label."""
    import polars as pl

    rows = list(rows)
    names = columns(labels)
    picture, status, reason, tags = names[: len(OWN)]
    values: dict[str, pl.Series] = {
        picture: pl.Series([row.picture for row in rows], dtype=pl.String),
        status: pl.Series([row.status for row in rows], dtype=pl.String),
        reason: pl.Series([row.reason or None for row in rows], dtype=pl.String),
        tags: pl.Series([list(row.tags) for row in rows], dtype=pl.List(pl.String)),
    }
    for place, label in enumerate(names[len(OWN) :]):
        column = [None if row.scores is None else float(row.scores[place]) for row in rows]
        values[label] = pl.Series(column, dtype=pl.Float32)
    file = io.BytesIO()
    pl.DataFrame(values).write_parquet(file)
    return file.getvalue()
