"""A threshold for each label and picture, learned from the picture's scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from tagonaut.deciding.arrays import (
    EDGE,
    Floats,
    Mask,
    check_probabilities,
    check_targets,
    log_odds,
)
from tagonaut.deciding.groups import one_of_each
from tagonaut.deciding.rules.settings import Examples, RuleSettings
from tagonaut.deciding.stored import read_floats, read_object
from tagonaut.deciding.thresholds import Objective, tunable
from tagonaut.errors import TagonautError

PENALTY_OTHERS = 30.0
"""The penalty on squared weights of other labels' scores, which should move a threshold little."""
PENALTY_OWN = 0.1
"""The penalty on that of its own score, which only makes its log-odds steeper or flatter."""
GRADIENT = 1e-6
"""Nats per unit of a weight: where the loss is flatter, the optimum is reached."""


@dataclass(frozen=True)
class LearnedThresholds:
    """A label is tagged where the log-odds of its score reach ``weights @ log_odds + bias``.

    The threshold estimation of Li, Song and Luo (2017, CVPR, "Improving Pairwise Ranking for
    Multi-label Image Classification"), from the scores of all labels instead of a network's
    features, so that it needs nothing but arrays.
    """

    kind: ClassVar[str] = "learned_thresholds"
    weights: tuple[tuple[float, ...], ...]
    """``[k, k]``: the effect of all labels' log-odds on each label's threshold."""
    bias: tuple[float, ...]

    def __post_init__(self) -> None:
        weights = read_floats("weights of learned thresholds", self.weights, dimensions=2)
        bias = read_floats("bias of learned thresholds", self.bias, dimensions=1)
        if weights.shape != (len(bias), len(bias)):
            raise TagonautError(
                f"weights of learned thresholds: must be {len(bias)} times {len(bias)}, as many as "
                f"there are in bias, not {weights.shape[0]} times {weights.shape[1]}"
            )
        object.__setattr__(self, "weights", tuple(map(tuple, weights.tolist())))
        object.__setattr__(self, "bias", tuple(bias.tolist()))

    @classmethod
    def fit(cls, targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = None) -> Self:
        """The thresholds of least cross-entropy for ``targets[n, k]``, ``scores[n, k]`` in [0, 1].

        The logit of a cell is its log-odds less its threshold, and thresholds are linear in the
        picture's standardised log-odds; half of ``PENALTY_OTHERS`` and ``PENALTY_OWN`` times the
        squared weights is added, which keeps the thresholds of a label near each other. A cell that
        is not known counts in no sum, though its score may move other labels' thresholds. Labels
        that are not ``tunable`` keep 0.5. Raises ``TagonautError`` for arrays that do not fit.
        """
        positive, mask = check_targets(targets, known)
        logits = bounded_log_odds(scores)
        if logits.shape != mask.shape:
            raise TagonautError(
                f"scores has the shape {list(logits.shape)} but the targets have {list(mask.shape)}"
            )
        tuned = tunable(positive, known=mask)
        labels = mask.shape[1]
        weights, bias = np.zeros((labels, labels)), np.zeros(labels)
        if tuned.any():
            standard = Standard.of(logits)
            penalty = np.where(np.eye(labels, dtype=np.bool_), PENALTY_OWN, PENALTY_OTHERS)
            cells = Cells(
                standard.apply(logits),
                logits[:, tuned],
                positive[:, tuned],
                mask[:, tuned],
                penalty[tuned],
            )
            weights[tuned], bias[tuned] = standard.fold(*fit_cells(cells))
        return cls(tuple(map(tuple, weights.tolist())), tuple(bias.tolist()))

    def decide(self, scores: Floats, groups: Sequence[Sequence[int]]) -> Mask:
        """``tags[n, k]`` of ``scores[n, k]``; ``groups`` are of columns."""
        logits = bounded_log_odds(scores, len(self.bias))
        margins = logits - logits @ np.array(self.weights).T - np.array(self.bias)
        return one_of_each(margins >= 0, margins, groups)

    def to_json(self) -> dict[str, Any]:
        """Plain values; they come back to the bit."""
        return {"weights": [list(row) for row in self.weights], "bias": list(self.bias)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""
        return cls(**read_object("learned thresholds", values, ["weights", "bias"]))


@dataclass(frozen=True)
class LearnedThresholdsRule(RuleSettings):
    """Thresholds that depend on all scores of the picture, see ``LearnedThresholds.fit``."""

    kind: ClassVar[str] = "learned_thresholds"
    description: ClassVar[str] = "thresholds learned from all scores of a picture"
    decider: ClassVar[type[LearnedThresholds]] = LearnedThresholds

    def tune(self, examples: Examples, objective: Objective, seed: int) -> LearnedThresholds:
        """See ``RuleSettings``; the objective and groups are not considered."""
        return LearnedThresholds.fit(examples.targets, examples.scores, known=examples.known)

    def aim(self, objective: str) -> str:
        """Its name: it is learned by cross-entropy, whatever the objective."""
        return "learned thresholds"


class Cells(NamedTuple):
    """The cells of m labels, and the scores of k labels that they are fitted by."""

    features: Floats
    """``[n, k]``, standardised."""
    logits: Floats
    """``[n, m]``."""
    positive: Mask
    known: Mask
    penalty: Floats
    """``[m, k]``, on the squared weights."""


def fit_cells(cells: Cells) -> tuple[Floats, Floats]:
    """``weights[m, k]`` and ``bias[m]`` with the lowest loss of each label.

    The loss is convex and the labels share nothing but the features, so that each is minimised by
    itself, by L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995).
    """
    features = np.column_stack([cells.features, np.ones(len(cells.features))])
    # The bias bears no penalty.
    penalties = np.column_stack([cells.penalty, np.zeros(len(cells.penalty))])
    table = np.empty(penalties.shape)
    for label, penalty in enumerate(penalties):
        rows = cells.known[:, label]
        table[label] = _fit_label(
            features[rows], cells.logits[rows, label], cells.positive[rows, label] * 1.0, penalty
        )
    return table[:, :-1], table[:, -1]


def _fit_label(features: Floats, logits: Floats, targets: Floats, penalty: Floats) -> Floats:
    """``parameters[k]`` with the least penalised cross-entropy."""
    # Imported here: it takes longer than the whole room.
    from scipy.optimize import minimize

    def loss(parameters: Floats) -> tuple[float, Floats]:
        margins = logits - features @ parameters
        pull = penalty * parameters
        value = np.logaddexp(0, margins).sum() - targets @ margins + pull @ parameters / 2
        return float(value), (targets - expit(margins)) @ features + pull

    # It may end before it is as flat as GRADIENT, where the loss differs by rounding alone.
    options = {"ftol": 0, "gtol": GRADIENT}
    start = np.zeros(features.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x)


class Standard(NamedTuple):
    """The shift and scale that give each column mean 0 and standard deviation 1, ``float64[k]``."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, features: Floats) -> "Standard":
        """The one of ``features[n, k]``; a constant column is only shifted."""
        deviation = features.std(axis=0)
        return cls(features.mean(axis=0), np.where(deviation > 1e-9, deviation, 1))

    def apply(self, features: Floats) -> Floats:
        """``features[n, k]``, standardised."""
        return (features - self.mean) / self.deviation

    def fold(self, weights: Floats, bias: Floats) -> tuple[Floats, Floats]:
        """``weights[m, k]`` and ``bias[m]`` for features that are not standardised."""
        folded = weights / self.deviation
        return folded, bias - folded @ self.mean


def bounded_log_odds(scores: ArrayLike, labels: int | None = None) -> Floats:
    """The log-odds of ``scores[n, k]``, at most 17 from 0.

    Raises ``TagonautError`` for scores not in [0, 1], or not of ``labels`` labels.
    """
    numbers = check_probabilities(scores).astype(np.float64)
    if labels is not None and numbers.shape[1] != labels:
        raise TagonautError(f"scores of {numbers.shape[1]} labels do not fit a rule of {labels}")
    return log_odds(numbers.clip(EDGE, 1 - EDGE))
