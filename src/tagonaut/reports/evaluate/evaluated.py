"""What an evaluation shows: the pictures that were judged, and each way their tags were decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.evaluation import Evaluation
from tagonaut.deciding.metrics.intervals import Intervals


@dataclass(frozen=True)
class Decision:
    """One way to decide: its ``tags[n, k]``, their figures and the intervals of these.

    ``key``: "tuned", "at_0.5" or "given"; ``title``: how people read it, such as "tuned (f1)".
    """

    key: str
    title: str
    tags: NDArray[np.bool_]
    figures: Evaluation
    intervals: Intervals


@dataclass(frozen=True)
class Evaluated:
    """The n pictures and k labels of an evaluation, the first of ``ways`` the main one.

    ``facts``: what was judged, by name. ``in_sample``: the rule or the network has seen the
    pictures. ``paths``: None for a picture that has no file. ``scores`` are calibrated, in [0, 1];
    None where only tags are judged. ``thresholds``: of the main way, None where it has none a
    label. ``by``: for each column that pictures are told apart by, the rows of
    ``figures_by_value``. ``tuned_for``: the objective of the main way, such as samples_f2.
    """

    title: str
    facts: Mapping[str, str]
    notes: Sequence[str]
    in_sample: bool
    labels: Sequence[str]
    ids: Sequence[str]
    paths: Sequence[Path | None]
    targets: NDArray[Any]
    known: NDArray[np.bool_]
    scores: NDArray[Any] | None
    ways: Sequence[Decision]
    thresholds: Sequence[float] | None
    by: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    tuned_for: str | None = None
