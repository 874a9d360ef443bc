"""The split of each picture of a run: ``split.parquet``, and the scores beside it."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting.splits import SPLITS, UNUSED
from tagonaut.data.tables.parquet_pages import check_pages
from tagonaut.deciding.arrays import ROUNDING
from tagonaut.errors import TagonautError
from tagonaut.files.reading import open_regular
from tagonaut.labels import LabelSet
from tagonaut.limits import CELL_SHARE, CELLS, MEMORY

NO_FOLD = -1
OWN = "column "
"""Before the name of a column of the data's own."""
MARK = "tagonaut.split"
"""In the metadata of a run's scores: the fingerprint of the split that they belong to."""


@dataclass(frozen=True)
class SplitTable:
    """Id, content hash and split of n pictures, with ``targets[n, k]`` and ``known[n, k]``.

    ``folds[n]``: the fold whose model never saw the picture, -1 for none. ``paths[n]``: the
    picture's absolute path at that time, ``""`` where it is not known. ``pixels[n]``: the digest of
    its pixels, ``""`` where it is not known. ``columns`` holds the data's other columns, as text.
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
    pixels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.folds):
            object.__setattr__(self, "folds", np.full(len(self.ids), NO_FOLD))
        if not self.paths:
            object.__setattr__(self, "paths", ("",) * len(self.ids))
        if not self.pixels:
            object.__setattr__(self, "pixels", ("",) * len(self.ids))

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        hashes: list[str],
        splits: NDArray[np.str_],
        folds: NDArray[np.intp] | None = None,
        pixels: Sequence[str] = (),
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
            tuple(pixels),
        )

    def rows(self, part: str) -> NDArray[np.intp]:
        """The rows of one split."""
        return np.flatnonzero(self.splits == part)

    @property
    def folded(self) -> bool:
        """Whether the training pictures were assigned to folds."""
        return bool((self.folds >= 0).any())

    def out_of_sample(self) -> NDArray[np.intp]:
        """The rows that tune the decision rule: those in folds, else the validation split's.

        The model that scored them did not learn from them.
        """
        return np.flatnonzero(self.folds >= 0) if self.folded else self.rows(SPLITS[1])

    def learned(self) -> NDArray[np.intp]:
        """The rows that a model learned from: the training split, and all that are in folds."""
        return np.flatnonzero((self.splits == SPLITS[0]) | (self.folds >= 0))

    def fingerprint(self) -> str:
        """The SHA-256 of all ids, contents, splits and folds, in order."""
        pictures = (self.ids, self.hashes, self.splits.tolist(), self.folds.tolist())
        return hashlib.sha256(json.dumps(pictures).encode()).hexdigest()

    def label_counts(self) -> dict[str, dict[str, int]]:
        """Count the pictures with each label in each split; ``""`` counts all of the split."""
        positives = (self.targets & self.known).astype(int)
        counts = {"": {part: len(self.rows(part)) for part in SPLITS}}
        for k, label in enumerate(self.labels.names):
            counts[label] = {part: int(positives[self.rows(part), k].sum()) for part in SPLITS}
        return counts

    def write(self, file: Path) -> None:
        """Write Parquet: id, hash, split, fold, path, pixels, one target per label (null: unknown).

        A column of the data follows as ``column NAME``, so that none can pass for one of these.
        """
        frame = pl.DataFrame(
            {
                "id": self.ids,
                "hash": self.hashes,
                "split": self.splits.tolist(),
                "fold": pl.Series([None if k < 0 else int(k) for k in self.folds], dtype=pl.Int16),
                "path": pl.Series(self.paths, dtype=pl.String),
                "pixels": pl.Series(self.pixels, dtype=pl.String),
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
        """Read what ``write`` wrote; raises ``TagonautError``.

        Runs of older versions have neither paths, nor columns, nor pixels.
        """
        frame = read_parquet(file)
        own = [name for name in frame.columns if name.startswith(OWN)]
        at = [name for name in ("path", "pixels") if name in frame.columns]
        texts = _texts(file, frame, ["id", "hash", "split", *at, *own])
        columns = [f"target {label}" for label in labels.names]
        _check_types(file, frame, columns, lambda dtype: dtype.is_integer(), "whole numbers")
        _check_types(file, frame, ["fold"], lambda dtype: dtype.is_integer(), "whole numbers")
        targets = frame.select(columns)
        given = targets.fill_null(0).to_numpy()
        if (wrong := given[(given != 0) & (given != 1)]).size:
            raise TagonautError(f"{file}: damaged: a target is {wrong[0]}, not 0 or 1")
        if strange := sorted({*texts["split"]} - {*SPLITS, UNUSED}):
            raise TagonautError(f"{file}: damaged: {strange[0]!r:.60} is not a split")
        folds = frame["fold"].cast(pl.Int64, strict=False).fill_null(NO_FOLD).to_numpy()
        if ((folds < NO_FOLD) | (folds >= len(frame))).any():
            raise TagonautError(f"{file}: damaged: there is no fold {folds.max()}")
        return cls(
            texts["id"],
            texts["hash"],
            np.array(texts["split"], dtype=np.str_),
            given.astype(np.uint8),
            targets.select(pl.all().is_not_null()).to_numpy(),
            labels,
            folds.astype(np.intp),
            texts.get("path", ()),
            {name.removeprefix(OWN): texts[name] for name in own},
            texts.get("pixels", ()),
        )


def _path(path: Path) -> str:
    """The absolute path; empty if its bytes are no text, which Parquet cannot hold."""
    text = str(path.absolute())
    try:
        text.encode()
    except UnicodeEncodeError:
        return ""
    return text


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def score_frame(ids: Sequence[str], scores: NDArray[np.float32], labels: LabelSet) -> pl.DataFrame:
    """``scores[n, k]`` as a table: id, and one column per label."""
    columns = [pl.Series(f"score {label}", scores[:, k]) for k, label in enumerate(labels.names)]
    return pl.DataFrame([pl.Series("id", ids, dtype=pl.String), *columns])


def write_kept_scores(file: Path, table: SplitTable, scores: NDArray[np.float32]) -> None:
    """Write ``scores[n, k]`` of the table's pictures as Parquet, without rows of NaN.

    The file is marked by the table: pictures of the same name may be elsewhere in another run's
    split.
    """
    rows = np.flatnonzero(np.isfinite(scores[:, 0]))
    frame = score_frame([table.ids[row] for row in rows], scores[rows], table.labels)
    frame.write_parquet(file, metadata={MARK: table.fingerprint()})


def read_kept_scores(file: Path, table: SplitTable) -> NDArray[np.float32]:
    """Read what ``write_kept_scores`` wrote; raises ``TagonautError``, for another table's too."""
    stored, kept = _stored_scores(file, table.labels)
    at = {name: row for row, name in enumerate(table.ids)}
    if _mark(file) != table.fingerprint() or not at.keys() >= {*stored}:
        raise TagonautError(
            f"{file}: damaged, or of another run: the scores do not belong to this run's "
            "pictures and splits"
        )
    scores = np.full(table.targets.shape, np.nan, dtype=np.float32)
    scores[[at[name] for name in stored]] = kept
    return scores


def read_scores(file: Path, table: SplitTable, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """``scores[len(rows), k]`` of these rows; raises ``TagonautError`` if a row has none."""
    scores = read_kept_scores(file, table)[rows]
    if (absent := np.isnan(scores[:, 0])).any():
        name = table.ids[rows[absent][0]]
        raise TagonautError(f"{file}: damaged: the scores of {name!r:.60} are missing")
    return scores


def _mark(file: Path) -> str:
    """The fingerprint in the file's metadata; empty if it has none."""
    try:
        return pl.read_parquet_metadata(file).get(MARK, "")
    except (OSError, pl.exceptions.PolarsError):
        return ""


def _stored_scores(file: Path, labels: LabelSet) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The ids that the file holds, and ``scores[n, k]`` in [0, 1]."""
    frame = read_parquet(file)
    ids = _texts(file, frame, ["id"])["id"]
    columns = [f"score {label}" for label in labels.names]
    _check_types(file, frame, columns, lambda dtype: dtype.is_float(), "numbers")
    scores = frame.select(pl.col(columns).cast(pl.Float32).fill_null(np.nan)).to_numpy()
    # NaN is in no range.
    wrong = ~((scores >= -ROUNDING) & (scores <= 1 + ROUNDING))
    if wrong.any():
        row, k = (int(at) for at in np.argwhere(wrong)[0])
        raise TagonautError(
            f"{file}: damaged: the score of {labels.names[k]!r:.60} for {ids[row]!r:.60} is"
            f" {scores[row, k]}, not from 0 to 1"
        )
    return ids, scores


def _texts(file: Path, frame: pl.DataFrame, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The cells of these columns of text, with an id and a hash in each row and no id twice."""
    _check_types(file, frame, names, lambda dtype: dtype == pl.String, "text")
    for name in {"id", "hash"} & {*names}:
        if frame[name].null_count():
            raise TagonautError(f"{file}: damaged: a picture without {name}")
    if frame["id"].n_unique() < len(frame):
        raise TagonautError(f"{file}: damaged: an id is there twice")
    return {name: tuple(map(_text, frame[name])) for name in names}


def _check_types(
    file: Path,
    frame: pl.DataFrame,
    names: Sequence[str],
    right: Callable[[pl.DataType], bool],
    words: str,
) -> None:
    for name in names:
        if name not in frame.columns:
            raise TagonautError(f"{file}: damaged, or of another run: no column {name!r:.60}")
        if not right(frame.schema[name]):
            raise TagonautError(
                f"{file}: damaged: the column {name!r:.60} holds {frame.schema[name]}, not {words}"
            )


def read_parquet(file: Path) -> pl.DataFrame:
    """Read a Parquet file of a run; raises ``TagonautError``, also for one that grows hugely."""
    try:
        with open_regular(file) as opened:
            size = os.fstat(opened.fileno()).st_size
            schema = pl.read_parquet_schema(opened)
        if nested := [name for name, kind in schema.items() if kind.is_nested()]:
            name = nested[0]
            wanted = "numbers" if name.startswith(("score ", "target ", "fold")) else "text"
            raise OSError(
                f"damaged: the column {name!r:.60} holds {schema[name]!s:.60}, not {wanted}"
            )
        # Each row has an id of its own, so that it takes some room in the file.
        rows = pl.scan_parquet(file).select(pl.len()).collect().item()
        if rows > size:
            raise OSError(f"damaged: {rows:,} rows in {size:,} bytes")
        CELLS.check(rows * len(schema), f"{file}: its cells are", TagonautError)
        check_pages(file, TagonautError)
        frame = pl.read_parquet(file)
        texts = [name for name, kind in schema.items() if kind == pl.String]
        longest = frame.select(pl.col(texts).str.len_bytes().max()).row(0) if texts else ()
        size = max(filter(None, longest), default=0)
        claim = f"{file}: damaged: a text of {size:,} bytes is"
        MEMORY.check(size, claim, TagonautError, share=CELL_SHARE)
        return frame
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        # Polars' messages may have several lines; some damage makes it panic.
        raise TagonautError(f"{file}: cannot be read ({' '.join(str(error).split())})") from None
