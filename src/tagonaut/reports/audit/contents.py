"""The contents of an audit, which its page and its tables show."""

from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates
from tagonaut.deciding import LabelQuality, suggested_corrections

MISSING, WRONG = "missing tag", "wrong tag"


@dataclass(frozen=True)
class AuditContents:
    """The pictures of ``dataset``, their out-of-fold ``scores[n, k]`` and their labels' quality.

    ``compared``: all pictures that could be read, labelled or not, and ``duplicates`` among these.
    """

    dataset: Dataset
    scores: NDArray[np.float32]
    quality: LabelQuality
    compared: Dataset
    duplicates: Duplicates


@dataclass(frozen=True)
class Cell:
    """One doubtful cell: its row and column, its value, and how probably it is wrong.

    ``together``: a number from 1 that both cells of a swap share; 0 for a cell without a partner.
    """

    row: int
    column: int
    picture: str
    label: str
    given: int
    score: float
    quality: float
    rank: int
    flagged: bool
    together: int = 0

    @property
    def suggested(self) -> int:
        """The other value."""
        return 1 - self.given

    @property
    def kind(self) -> str:
        """The fault, if the cell is wrong."""
        return WRONG if self.given else MISSING


@dataclass(frozen=True)
class Suggestion:
    """A correction to accept or not: one cell, or the two of a swap within an exclusive group.

    The first cell of a swap is the label that is given, the second the one to take its place.
    """

    cells: tuple[Cell, ...]

    @property
    def rank(self) -> int:
        """The rank of its least likely value."""
        return min(cell.rank for cell in self.cells)

    @property
    def label(self) -> str:
        """The label whose value is the least likely."""
        return min(self.cells, key=lambda cell: cell.rank).label

    @property
    def flagged(self) -> bool:
        """Whether the correction is probably right."""
        return any(cell.flagged for cell in self.cells)


def suggestions(contents: AuditContents) -> list[Suggestion]:
    """The corrections to look through, the least likely first; swaps are numbered from 1."""
    dataset, labels = contents.dataset, contents.dataset.labels
    found = suggested_corrections(
        contents.quality,
        dataset.targets,
        dataset.known,
        groups=[[labels.index(name) for name in group] for group in labels.groups],
    )
    swaps = count(1)
    numbers = [next(swaps) if len(cells) > 1 else 0 for cells in found]
    return [
        Suggestion(tuple(_cell(contents, row, column, together) for row, column in cells))
        for cells, together in zip(found, numbers, strict=True)
    ]


def _cell(contents: AuditContents, row: int, column: int, together: int) -> Cell:
    dataset = contents.dataset
    return Cell(
        row,
        column,
        dataset.ids[row],
        dataset.labels.names[column],
        int(dataset.targets[row, column]),
        float(contents.scores[row, column]),
        float(contents.quality.quality[row, column]),
        int(contents.quality.ranks[row, column]),
        bool(contents.quality.flagged[row, column]),
        together,
    )
