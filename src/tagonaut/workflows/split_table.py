"""Which picture is in which split: ``split.parquet``, and the scores beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splits import SPLITS
from tagonaut.errors import TagonautError
from tagonaut.labels import LabelSet


@dataclass(frozen=True)
class SplitTable:
    """Id, content hash and split of n pictures, with ``targets[n, k]`` and ``known[n, k]``."""

    ids: tuple[str, ...]
    hashes: tuple[str, ...]
    splits: NDArray[np.str_]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    labels: LabelSet

    @classmethod
    def of(cls, dataset: Dataset, hashes: list[str], splits: NDArray[np.str_]) -> Self:
        """The table of a data set that was split."""
        targets, known = dataset.targets, dataset.known
        return cls(dataset.ids, tuple(hashes), splits, targets, known, dataset.labels)

    def rows(self, part: str) -> NDArray[np.intp]:
        """The rows of one split."""
        return np.flatnonzero(self.splits == part)

    def label_counts(self) -> dict[str, dict[str, int]]:
        """Pictures with each label in each split; under ``""`` all pictures of the split."""
        positives = (self.targets & self.known).astype(int)
        counts = {"": {part: len(self.rows(part)) for part in SPLITS}}
        for k, label in enumerate(self.labels.names):
            counts[label] = {part: int(positives[self.rows(part), k].sum()) for part in SPLITS}
        return counts

    def write(self, file: Path) -> None:
        """As Parquet: id, hash, split, fold, and a target a label (null: unknown)."""
        frame = pl.DataFrame(
            {
                "id": self.ids,
                "hash": self.hashes,
                "split": self.splits.tolist(),
                "fold": pl.Series([None] * len(self.ids), dtype=pl.Int16),
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
        frame.hstack(targets).write_parquet(file)

    @classmethod
    def read(cls, file: Path, labels: LabelSet) -> Self:
        """The inverse of ``write``; raises ``TagonautError``."""
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
            )
        except pl.exceptions.PolarsError as error:
            raise TagonautError(f"{file}: damaged ({error})") from None


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


def read_parquet(file: Path) -> pl.DataFrame:
    """A Parquet file of a run; raises ``TagonautError``."""
    try:
        return pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TagonautError(f"{file}: cannot be read ({error})") from None
