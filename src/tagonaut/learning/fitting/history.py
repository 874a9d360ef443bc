"""The history of a fit: the figures of each epoch, and the best epoch."""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import fbeta, mean_average_precision, precision, recall

Watched = Literal["map", "f1", "loss"]


class Pruned(Exception):
    """Raised by a callback after an epoch to end a fit that is not promising."""


@dataclass(frozen=True)
class Figures:
    """Figures on the validation pictures' known cells; all but the loss are between 0 and 1.

    ``loss``: binary cross-entropy of the scores, whichever loss was fitted. ``precision``,
    ``recall`` and ``f1``: micro averages at a threshold of 0.5.
    """

    loss: float
    map: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Epoch:
    """One pass over the training pictures; ``train_loss`` is the loss that was fitted."""

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
        """The epoch with these validation figures."""
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
"""Called with each epoch when it is over; may raise ``Pruned``."""


@dataclass
class History:
    """All epochs so far; ``watch`` names the figure that chooses the best one."""

    watch: Watched = "map"
    epochs: list[Epoch] = field(default_factory=list)

    def best(self) -> Epoch:
        """The epoch whose weights are kept: that with the best watched figure, the first of equals.

        It belongs to the last stage, whose epoch 0 is the result of the stage before. The loss is
        watched if no epoch has the figure; mAP does not exist without a positive, for instance.
        """
        stage = [epoch for epoch in self.epochs if epoch.stage == self.epochs[-1].stage]
        found = [getattr(epoch, f"validation_{self.watch}") for epoch in stage]
        if self.watch == "loss" or all(map(math.isnan, found)):
            found = [-epoch.validation_loss for epoch in stage]
        worth = [-math.inf if math.isnan(figure) else figure for figure in found]
        return stage[worth.index(max(worth))]

    def is_over(self, patience: int) -> bool:
        """Whether ``patience`` epochs followed the best one; 0 disables.

        Also true if the loss is not a number, since such weights do not recover.
        """
        since = len(self.epochs) - 1 - self.epochs.index(self.best())
        return 0 < patience <= since or math.isnan(self.epochs[-1].validation_loss)

    def write(self, path: Path) -> None:
        """Write the epochs as ``history.csv``."""
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
    """The figures of ``scores[n, k]`` on the known cells; NaN if any score is not finite."""
    if not np.isfinite(scores).all():
        return Figures(*[math.nan] * len(fields(Figures)))
    likelihood = np.where(targets == 1, scores, 1 - scores).clip(1e-7, 1)
    tags = scores >= 0.5
    return Figures(
        float(-np.log(likelihood)[known].mean()),
        mean_average_precision(targets, scores, known=known),
        precision(targets, tags, known=known, average="micro"),
        recall(targets, tags, known=known, average="micro"),
        fbeta(targets, tags, 1, known=known, average="micro"),
    )
