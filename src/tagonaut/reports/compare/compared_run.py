"""A run in a comparison: its scores and its targets, without its network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import DecisionRule


@dataclass(frozen=True)
class RunSplit:
    """One split: ``targets``, ``known`` and ``scores``, all ``[n, k]``, of n pictures.

    ``pictures`` are identified by their content. Scores are NaN where the run kept none.
    """

    pictures: tuple[str, ...]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    scores: NDArray[np.float32]

    def take(self, rows: NDArray[np.intp], columns: Sequence[int]) -> "RunSplit":
        """These pictures and labels alone, in that order."""
        cells = np.ix_(rows, np.asarray(columns, dtype=np.intp))
        return RunSplit(
            tuple(self.pictures[row] for row in rows),
            self.targets[cells],
            self.known[cells],
            self.scores[cells],
        )


@dataclass(frozen=True)
class ComparedRun:
    """``about``: its ``metrics.json``; ``history``: the rows of ``history.csv``, numbers as such.

    ``splits``: ``train``, ``validation`` and ``test``.
    """

    name: str
    path: str
    about: Mapping[str, Any]
    rule: DecisionRule
    splits: Mapping[str, RunSplit]
    history: Sequence[Mapping[str, float | str | None]]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it was trained for."""
        return self.rule.labels
