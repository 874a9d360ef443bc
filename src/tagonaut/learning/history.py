"""What happened in each epoch: a table, and which epoch was best."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import fbeta, mean_average_precision, precision, recall

Watched = Literal["map", "f1", "loss"]


class Pruned(Exception):
    """Raised by a callback after an epoch: this fit is not worth going on with."""


@dataclass(frozen=True)
class Figures:
    """Of the validation pictures' known cells; all but the loss are 0 to 1.

    ``loss``: binary cross-entropy of the scores, whatever was fitted. ``precision``, ``recall`` and
    ``f1``: micro, at a threshold of one half.
    """

    loss: float
    map: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Epoch:
    """One pass over the training pictures; ``train_loss`` is of what was fitted."""

    stage: str
    epoch: int
    train_loss: float
    validation_loss: float
    validation_map: float
    validation_precision: float
    validation_recall: float
    validation_f1: float
    learning_rate: float
    seconds: float

    @classmethod
    def of(
        cls,
        stage: str,
        epoch: int,
        train_loss: float,
        figures: Figures,
        learning_rate: float,
        seconds: float,
    ) -> "Epoch":
        """With its validation figures."""
        return cls(
            stage,
            epoch,
            train_loss,
            figures.loss,
            figures.map,
            figures.precision,
            figures.recall,
            figures.f1,
            learning_rate,
            seconds,
        )

    def __str__(self) -> str:
        return (
            f"{self.stage} epoch {self.epoch}: training loss {self.train_loss:.4f},"
            f" validation loss {self.validation_loss:.4f}, mAP {self.validation_map:.4f}"
        )


OnEpoch = Callable[[Epoch], None]
"""Told of each epoch when it is over; may raise ``Pruned``."""


@dataclass
class History:
    """All epochs so far, and the figure that the best has the best of."""

    watch: Watched = "map"
    epochs: list[Epoch] = field(default_factory=list)

    def best(self) -> Epoch:
        """The epoch with the best watched figure; the first of equals."""
        sign = -1 if self.watch == "loss" else 1
        return max(self.epochs, key=lambda epoch: sign * getattr(epoch, f"validation_{self.watch}"))

    def is_over(self, patience: int) -> bool:
        """Whether the best epoch was followed by ``patience`` worse ones; never for 0."""
        since = len(self.epochs) - 1 - self.epochs.index(self.best())
        return 0 < patience <= since

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
) -> Figures:
    """How good ``scores[n, k]`` are on the known cells."""
    likelihood = np.where(targets == 1, scores, 1 - scores).clip(1e-7, 1)
    tags = scores >= 0.5
    return Figures(
        float(-np.log(likelihood)[known].mean()),
        mean_average_precision(targets, scores, known=known),
        precision(targets, tags, known=known, average="micro"),
        recall(targets, tags, known=known, average="micro"),
        fbeta(targets, tags, 1, known=known, average="micro"),
    )
