"""A graph's scores of a run's pictures, beside those of the run's own network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SplitTable
from tagonaut.deciding import mean_average_precision
from tagonaut.errors import PictureError
from tagonaut.models.export import ExportedNetwork
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.pixels.preprocessing import SCORING_BATCH, Pixels, Preprocessing
from tagonaut.progress import track


@dataclass(frozen=True)
class GraphScores:
    """``scores[n, k]`` of ``rows[n]`` of a run's table, not calibrated."""

    rows: NDArray[np.intp]
    scores: NDArray[np.float32]

    def fall(self, table: SplitTable, stored: NDArray[np.float32]) -> float:
        """How far the mean average precision (0 to 1) is below that of the run's own scores."""
        targets, known = table.targets[self.rows], table.known[self.rows]
        own = mean_average_precision(targets, stored[self.rows], known=known)
        found = mean_average_precision(targets, self.scores, known=known)
        # Undefined where no picture has any label.
        return float(np.nan_to_num(own - found))


def graph_scores(
    graph: Any,
    preprocessing: Preprocessing,
    pictures: Mapping[int, Path],
    *,
    folds: NDArray[np.intp] | None = None,
) -> GraphScores | None:
    """Score picture files by their row of a table; None if none can be read.

    ``folds[n]``, of all rows of the table: each picture is scored by the network of its fold alone,
    which a graph made ``apart`` gives.
    """
    network = ExportedNetwork(graph, "")
    decoded = prepared(list(pictures.values()), preprocessing)
    rows: list[int] = []
    found: list[NDArray[np.float32]] = []
    waiting: list[Pixels] = []

    def score() -> None:
        batch = np.stack(waiting)
        if folds is None:
            found.append(network.scores(batch))
        else:
            own = folds[rows[-len(waiting) :]]
            found.append(network.scores_apart(batch)[np.arange(len(own)), own])
        waiting.clear()

    for row, picture in zip(pictures, track(decoded, "scoring", total=len(pictures)), strict=True):
        if isinstance(picture, PictureError):
            continue
        rows.append(row)
        waiting.append(picture)
        if len(waiting) == SCORING_BATCH:
            score()
    if waiting:
        score()
    return GraphScores(np.array(rows, dtype=np.intp), np.concatenate(found)) if rows else None
