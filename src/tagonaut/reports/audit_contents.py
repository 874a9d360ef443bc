"""What the page and the tables of an audit are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import Duplicates

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
    """One doubtful cell: its row and column, and what is said of it."""

    row: int
    column: int
    picture: str
    label: str
    given: int
    score: float
    quality: float
    rank: int
    flagged: bool

    @property
    def suggested(self) -> int:
        """The other value."""
        return 1 - self.given

    @property
    def kind(self) -> str:
        """What is wrong if the cell is."""
        return WRONG if self.given else MISSING


def doubtful_cells(contents: AuditContents) -> list[Cell]:
    """The flagged cells and the first 5 % by rank that speak for the other value, by rank."""
    asked = int((contents.ranks > 0).sum())
    first = (contents.ranks > 0) & (contents.ranks <= LISTED_SHARE * asked)
    chosen = contents.flagged | (first & (np.nan_to_num(contents.quality, nan=1) < 0.5))
    dataset = contents.dataset
    cells = [
        Cell(
            row,
            column,
            dataset.ids[row],
            dataset.labels.names[column],
            int(dataset.targets[row, column]),
            float(contents.scores[row, column]),
            float(contents.quality[row, column]),
            int(contents.ranks[row, column]),
            bool(contents.flagged[row, column]),
        )
        for row, column in np.argwhere(chosen).tolist()
    ]
    return sorted(cells, key=lambda cell: cell.rank)
