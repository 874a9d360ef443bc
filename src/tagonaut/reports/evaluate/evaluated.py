"""The parts of an evaluation: its subject, the pictures, and each decision on their tags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.named_subset import Chosen, PictureList
from tagonaut.deciding import Evaluation, Intervals


@dataclass(frozen=True)
class Subject:
    """The subject of an evaluation: its names in the document and on the page.

    ``facts`` are shown on the page by name, ``about`` are keys of the document. Existing files of
    the same ``source`` belong to the same evaluation. ``tuned_for``: the objective of the first
    decision, such as samples_f2. ``left_out`` counts pictures, ``unreadable`` has a line for each.
    """

    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    tuned_for: str | None = None
    left_out: int = 0
    unreadable: Sequence[str] = ()


@dataclass(frozen=True)
class Pictures:
    """n pictures with ``targets``, ``known`` and ``scores``, all ``[n, k]``.

    ``scores`` are calibrated, in [0, 1]; None where there are only tags. ``paths``: None for a
    picture that has no file. ``columns``: the data's other columns, by name.
    """

    labels: Sequence[str]
    ids: Sequence[str]
    paths: Sequence[Path | None]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    scores: NDArray[Any] | None
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def take(self, rows: NDArray[np.intp]) -> "Pictures":
        """These pictures alone, in this order."""
        return Pictures(
            self.labels,
            [self.ids[row] for row in rows],
            [self.paths[row] for row in rows],
            self.targets[rows],
            self.known[rows],
            None if self.scores is None else self.scores[rows],
            {name: [cells[row] for row in rows] for name, cells in self.columns.items()},
        )


class Selection(NamedTuple):
    """The pictures that a file names: its names, and those of them that are here."""

    named: PictureList
    chosen: Chosen


class Tagged(NamedTuple):
    """The tags of one decision, ``tags[n, k]``, before they are evaluated.

    ``key``: "tuned", "at_0.5" or "given"; ``title``: how people read it, such as "tuned (f1)".
    ``thresholds[k]``: None where it has none for each label. ``in_sample`` counts the pictures that
    the network or the rule has seen.
    """

    key: str
    title: str
    tags: NDArray[np.bool_]
    thresholds: Sequence[float] | None
    in_sample: int = 0


@dataclass(frozen=True)
class Decision:
    """``Tagged``, with the figures and the intervals of these tags."""

    key: str
    title: str
    tags: NDArray[np.bool_]
    thresholds: Sequence[float] | None
    figures: Evaluation
    intervals: Intervals


@dataclass(frozen=True)
class Evaluated:
    """An evaluation, complete; the first of ``decisions`` is the main one.

    ``by``: for each column that makes subgroups, the rows of ``figures_by_value``.
    ``only``: the figures of the pictures that a file names (``figures_of_selection``).
    """

    subject: Subject
    pictures: Pictures
    decisions: Sequence[Decision]
    by: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    only: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()

    @property
    def main(self) -> Decision:
        """The decision whose figures are shown first."""
        return self.decisions[0]

    @property
    def half(self) -> Decision | None:
        """The decision at one half, if it is shown beside the main one."""
        return next((some for some in self.decisions[1:] if some.key == "at_0.5"), None)

    @property
    def in_sample(self) -> bool:
        """Whether the network or the rule has seen any of the pictures."""
        return bool(self.main.figures["in_sample"])
