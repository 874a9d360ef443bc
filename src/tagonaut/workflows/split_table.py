"""Which picture is in which split: ``split.parquet``, and the scores beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splits import SPLITS
from tagonaut.errors import TagonautError
from tagonaut.labels import LabelSet

NO_FOLD = -1
OWN = "column "
"""Before the name of a column of the data's own."""


@dataclass(frozen=True)
class SplitTable:
    """Id, content hash and split of n pictures, with ``targets[n, k]`` and ``known[n, k]``.

    ``folds[n]``: the fold whose model never saw the picture, -1 for none. ``paths[n]``: where the
    pictures were, absolute, ``""`` where that is not known. ``columns``: the data's other columns,
    as text.
    """

    ids: tuple[str, ...]
    hashes: tuple[str, ...]
    splits: NDArray[np.str_]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    labels: LabelSet
    folds: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    paths: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.folds):
            object.__setattr__(self, "folds", np.full(len(self.ids), NO_FOLD))
        if not self.paths:
            object.__setattr__(self, "paths", ("",) * len(self.ids))

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        hashes: list[str],
        splits: NDArray[np.str_],
        folds: NDArray[np.intp] | None = None,
    ) -> Self:
        """The table of a data set that was split."""
        return cls(
            dataset.ids,
            tuple(hashes),
            splits,
            dataset.targets,
            dataset.known,
            dataset.labels,
            np.full(len(dataset), NO_FOLD) if folds is None else folds,
            tuple(_path(path) for path in dataset.paths),
            {
                name: tuple(_text(cell) for cell in dataset.columns[name])
                for name in dataset.columns.columns
            },
        )

    def rows(self, part: str) -> NDArray[np.intp]:
        """The rows of one split."""
        return np.flatnonzero(self.splits == part)

    @property
    def folded(self) -> bool:
        """Whether the pictures that were learned from were dealt into folds."""
        return bool((self.folds >= 0).any())

    def out_of_sample(self) -> NDArray[np.intp]:
        """The rows that tune the decisions: those in folds, else the validation split's.

        What scored them did not learn from them: the network, or the one of their fold.
        """
        return np.flatnonzero(self.folds >= 0) if self.folded else self.rows(SPLITS[1])

    def learned(self) -> NDArray[np.intp]:
        """The rows that a model learned from: the training split, and all that are in folds."""
        return np.flatnonzero((self.splits == SPLITS[0]) | (self.folds >= 0))

    def label_counts(self) -> dict[str, dict[str, int]]:
        """Pictures with each label in each split; under ``""`` all pictures of the split."""
        positives = (self.targets & self.known).astype(int)
        counts = {"": {part: len(self.rows(part)) for part in SPLITS}}
        for k, label in enumerate(self.labels.names):
            counts[label] = {part: int(positives[self.rows(part), k].sum()) for part in SPLITS}
        return counts

    def write(self, file: Path) -> None:
        """As Parquet: id, hash, split, fold, path, a target a label (null: unknown), the columns.

        A column of the data is ``column NAME``, so that none can pass for another of these.
        """
        frame = pl.DataFrame(
            {
                "id": self.ids,
                "hash": self.hashes,
                "split": self.splits.tolist(),
                "fold": pl.Series([None if k < 0 else int(k) for k in self.folds], dtype=pl.Int16),
                "path": pl.Series(self.paths, dtype=pl.String),
            }
        )
        columns = [
            pl.Series(
                f"target {label}",
                np.where(self.known[:, k], self.targets[:, k].astype(np.int16), -1),
            )
            for k, label in enumerate(self.labels.names)
        ]
        targets = pl.DataFrame(columns).select(pl.when(pl.all() >= 0).then(pl.all()).cast(pl.UInt8))
        own = [
            pl.Series(f"{OWN}{name}", cells, dtype=pl.String)
            for name, cells in self.columns.items()
        ]
        frame.hstack(targets).hstack(own).write_parquet(file)

    @classmethod
    def read(cls, file: Path, labels: LabelSet) -> Self:
        """The inverse of ``write``; raises ``TagonautError``.

        Runs of older versions have neither paths nor columns.
        """
        frame = read_parquet(file)
        try:
            targets = frame.select(f"target {label}" for label in labels.names)
            return cls(
                tuple(frame["id"]),
                tuple(frame["hash"]),
                frame["split"].to_numpy().astype(str),
                targets.fill_null(0).to_numpy().astype(np.uint8),
                targets.select(pl.all().is_not_null()).to_numpy(),
                labels,
                frame["fold"].cast(pl.Int64).fill_null(NO_FOLD).to_numpy().astype(np.intp),
                tuple(map(_text, frame["path"])) if "path" in frame.columns else (),
                {
                    name.removeprefix(OWN): tuple(map(_text, frame[name]))
                    for name in frame.columns
                    if name.startswith(OWN)
                },
            )
        except (pl.exceptions.PolarsError, ValueError) as error:
            raise TagonautError(f"{file}: damaged ({error})") from None


def _path(path: Path) -> str:
    """Absolute; nothing for one whose bytes are no text, which Parquet cannot hold."""
    text = str(path.absolute())
    try:
        text.encode()
    except UnicodeEncodeError:
        return ""
    return text


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def write_scores(file: Path, ids: list[str], scores: NDArray[np.float32], labels: LabelSet) -> None:
    """``scores[n, k]`` as Parquet: id, and a column a label."""
    columns = [pl.Series(f"score {label}", scores[:, k]) for k, label in enumerate(labels.names)]
    pl.DataFrame([pl.Series("id", ids, dtype=pl.String), *columns]).write_parquet(file)


def read_scores(file: Path, ids: list[str], labels: LabelSet) -> NDArray[np.float32]:
    """``scores[n, k]`` of these pictures, in their order; raises ``TagonautError``."""
    frame = read_parquet(file)
    at = {name: row for row, name in enumerate(frame["id"])}
    try:
        scores = frame.select(f"score {label}" for label in labels.names).to_numpy()
        return scores[[at[name] for name in ids]].astype(np.float32)
    except (pl.exceptions.PolarsError, KeyError) as error:
        raise TagonautError(f"{file}: damaged, or of another run ({error})") from None


def read_kept_scores(file: Path, table: SplitTable) -> NDArray[np.float32]:
    """``scores[n, k]`` of all pictures of the table, NaN where the run kept none."""
    frame = read_parquet(file)
    scores = np.full(table.targets.shape, np.nan, dtype=np.float32)
    at = {name: row for row, name in enumerate(table.ids)}
    try:
        kept = frame.select(f"score {label}" for label in table.labels.names)
        values = kept.cast(pl.Float32).to_numpy()
        rows = [at[name] for name in frame["id"]]
    except (pl.exceptions.PolarsError, KeyError) as error:
        raise TagonautError(f"{file}: damaged, or of another run ({error})") from None
    scores[rows] = values
    return scores


def read_parquet(file: Path) -> pl.DataFrame:
    """A Parquet file of a run; raises ``TagonautError``."""
    try:
        return pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TagonautError(f"{file}: cannot be read ({error})") from None
