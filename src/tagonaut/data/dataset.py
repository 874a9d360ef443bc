"""Labelled pictures, without their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.picture_names import PictureNames
from tagonaut.data.text import printable
from tagonaut.errors import PictureError
from tagonaut.labels import LabelSet
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.overlap import overlap
from tagonaut.pixels.hashing import content_hash

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Dataset:
    """n pictures and their k labels.

    ``targets[n, k]`` (0 or 1) counts only where ``known[n, k]``: absent is not the same as unknown.
    ``columns`` holds the table's other columns, one row per picture; ``notes`` holds one line for
    each thing that the reader decided by itself. ``mentions[k]`` counts how often the source names
    each label, if it repeats any on one picture. ``others`` are pictures that were found beside
    these and are not in the source.
    """

    ids: tuple[str, ...]
    paths: tuple[Path, ...]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    labels: LabelSet
    columns: "pl.DataFrame"
    notes: tuple[str, ...] = field(default=(), compare=False)
    mentions: tuple[int, ...] | None = field(default=None, compare=False)
    others: tuple[Path, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        shape = (len(self.ids), len(self.labels))
        if self.targets.shape != shape or self.known.shape != shape:
            raise ValueError(f"targets and known must be of shape {shape}")
        if len(self.paths) != len(self.ids) or self.columns.height not in {0, len(self.ids)}:
            raise ValueError("each picture needs a path and a row of columns")

    def __len__(self) -> int:
        return len(self.ids)

    def names(self) -> PictureNames:
        """Finds the pictures by their ids, or by the names of their files."""
        return PictureNames(self.ids, [str(path) for path in self.paths])

    def subset(self, rows: NDArray[Any] | Sequence[int]) -> Self:
        """The pictures of these rows (indices or a mask), in that order."""
        index = np.arange(len(self))[np.asarray(rows)] if len(rows) else np.arange(0)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in index),
            paths=tuple(self.paths[i] for i in index),
            targets=self.targets[index],
            known=self.known[index],
            columns=self.columns[index] if self.columns.height else self.columns,
            mentions=None,
        )

    def with_labels(self, names: Sequence[str]) -> Self:
        """The same pictures with only these labels, in this order; raises ``TagonautError``.

        Exclusive groups that lose a label are dropped.
        """
        columns = [self.labels.index(name) for name in names]
        groups = tuple(group for group in self.labels.groups if set(group) <= set(names))
        return replace(
            self,
            targets=self.targets[:, columns],
            known=self.known[:, columns],
            labels=LabelSet(tuple(names), groups),
            mentions=None,
        )

    def with_printable_names(self) -> Self:
        """The same pictures; names hold no bytes that are no text, see ``text.printable``."""
        names = tuple(map(printable, self.labels.names))
        groups = tuple(tuple(map(printable, group)) for group in self.labels.groups)
        return replace(
            self,
            ids=tuple(map(printable, self.ids)),
            labels=LabelSet(names, groups),
            columns=self.columns.rename(printable),
            notes=tuple(map(printable, self.notes)),
        )


def hash_picture(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex; raises ``PictureError``."""
    return content_hash(path)[0].hex()


def hash_pictures(paths: Sequence[Path]) -> list[str | PictureError]:
    """The content hash of each file, or the error for one that cannot be read."""
    return list(overlap(try_to_hash, paths, workers=4, ahead=64))


def try_to_hash(path: Path) -> str | PictureError:
    """The content hash of a file, or the error if it cannot be read."""
    try:
        return hash_picture(path)
    except PictureError as error:
        return error


def digest_pixels(paths: Sequence[Path]) -> list[str]:
    """The digest of each picture's pixels, which writing tags leaves as it is.

    Empty for a file that cannot be read, or of a format whose parts are not known.
    """
    return list(overlap(_try_to_digest, paths, workers=4, ahead=64))


def _try_to_digest(path: Path) -> str:
    try:
        return pixels_digest(path)
    except (OSError, PictureError):
        return ""
