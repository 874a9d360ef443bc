"""What happened in each epoch: a table, and which epoch was best."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import mean_average_precision


@dataclass(frozen=True)
class Epoch:
    """One pass over the training pictures; losses are means over known cells, mAP is 0 to 1."""

    stage: str
    epoch: int
    train_loss: float
    validation_loss: float
    validation_map: float
    learning_rate: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.stage} epoch {self.epoch}: training loss {self.train_loss:.4f},"
            f" validation loss {self.validation_loss:.4f}, mAP {self.validation_map:.4f}"
        )


@dataclass
class History:
    """All epochs so far."""

    epochs: list[Epoch] = field(default_factory=list)

    def best(self) -> Epoch:
        """The epoch with the highest validation mAP; the first of equals."""
        return max(self.epochs, key=lambda epoch: epoch.validation_map)

    def write(self, path: Path) -> None:
        """As ``history.csv``."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(Epoch.__dataclass_fields__)
            writer.writerows(
                [
                    f"{value:.6g}" if isinstance(value, float) else value
                    for value in vars(epoch).values()
                ]
                for epoch in self.epochs
            )


def validation_figures(
    targets: NDArray[np.uint8], scores: NDArray[np.float32], known: NDArray[np.bool_]
) -> tuple[float, float]:
    """Binary cross-entropy and mAP of ``scores[n, k]`` on the known cells."""
    likelihood = np.where(targets == 1, scores, 1 - scores).clip(1e-7, 1)
    loss = float(-np.log(likelihood)[known].mean())
    return loss, mean_average_precision(targets, scores, known=known)
