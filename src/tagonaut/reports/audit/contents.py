"""What the page and the tables of an audit are made of."""

from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates
from tagonaut.deciding.label_swaps import ALONE, with_swaps

LISTED_SHARE = 0.05
"""Of all cells by rank, so many are in the table whether flagged or not."""
MISSING, WRONG = "missing tag", "wrong tag"


@dataclass(frozen=True)
class AuditContents:
    """The pictures of ``dataset``, and what is thought of their labels.

    ``scores[n, k]``, ``quality[n, k]`` (NaN: not judged), ``ranks[n, k]`` (from 1; 0: not judged),
    ``flagged[n, k]``; ``area[k]`` under the ROC curve and ``judged[k]``, whether cells of a label
    could be flagged. ``compared``: all pictures that could be read, labelled or not, and
    ``duplicates`` among these.
    """

    dataset: Dataset
    scores: NDArray[np.float32]
    quality: NDArray[np.float64]
    ranks: NDArray[np.intp]
    flagged: NDArray[np.bool_]
    area: NDArray[np.float64]
    judged: NDArray[np.bool_]
    compared: Dataset
    duplicates: Duplicates


@dataclass(frozen=True)
class Cell:
    """One doubtful cell: its row and column, and what is said of it.

    ``together``: a number from 1 that both cells of a swap have; 0 for a cell that stands alone.
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
        """What is wrong if the cell is."""
        return WRONG if self.given else MISSING


@dataclass(frozen=True)
class Suggestion:
    """What is accepted or not: a cell, or the two of a swap within an exclusive group.

    Of a swap the first cell is the label that is given, the second the one to take its place.
    """

    cells: tuple[Cell, ...]

    @property
    def rank(self) -> int:
        """That of the least likely of its values."""
        return min(cell.rank for cell in self.cells)

    @property
    def label(self) -> str:
        """The label whose value is the least likely."""
        return min(self.cells, key=lambda cell: cell.rank).label

    @property
    def flagged(self) -> bool:
        """Whether it is probably right."""
        return any(cell.flagged for cell in self.cells)


def suggestions(contents: AuditContents) -> list[Suggestion]:
    """The flagged cells and the first 5 % by rank that speak for the other value, by rank.

    Within exclusive groups as ``with_swaps`` says.
    """
    asked = int((contents.ranks > 0).sum())
    first = (contents.ranks > 0) & (contents.ranks <= LISTED_SHARE * asked)
    dataset, labels = contents.dataset, contents.dataset.labels
    chosen, partners = with_swaps(
        contents.flagged | (first & (np.nan_to_num(contents.quality, nan=1) < 0.5)),
        dataset.targets,
        dataset.known,
        contents.quality,
        [[labels.index(name) for name in group] for group in labels.groups],
    )
    # Of a swap the label that is given stands for both.
    leads = chosen & ((partners == ALONE) | (dataset.targets == 1))
    found = [
        [(row, column), *([(row, partners[row, column])] if partners[row, column] >= 0 else [])]
        for row, column in np.argwhere(leads).tolist()
    ]
    found.sort(key=lambda cells: min(contents.ranks[cell] for cell in cells))
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
        float(contents.quality[row, column]),
        int(contents.ranks[row, column]),
        bool(contents.flagged[row, column]),
        together,
    )
