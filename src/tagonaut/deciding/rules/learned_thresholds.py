"""A threshold for each label and picture, learned from the picture's scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from tagonaut.deciding.arrays import Floats, Mask, check_targets
from tagonaut.deciding.calibration.score_features import Standard, bounded_log_odds
from tagonaut.deciding.groups import one_of_each
from tagonaut.deciding.rules.thresholds import tunable
from tagonaut.deciding.stored import read_floats, read_object
from tagonaut.errors import TagonautError

PENALTY_OTHERS = 30.0
"""On the squared weights of other labels' scores, which a threshold should take little from."""
PENALTY_OWN = 0.1
"""On that of a label's own score, which only makes its log-odds steeper or flatter."""
MAX_STEPS, MAX_HALVINGS = 100, 60
# In nats: a step that promises less is the last.
CONVERGED = 1e-9
# Of the squared error that conjugate gradients start with.
EXACTNESS = 1e-6
TINY = 1e-9


@dataclass(frozen=True)
class LearnedThresholds:
    """A label is tagged where the log-odds of its score reach ``weights @ log_odds + bias``.

    The threshold estimation of Li, Song and Luo (2017, CVPR, "Improving Pairwise Ranking for
    Multi-label Image Classification"), from the scores of all labels instead of a network's
    features, so that it needs nothing but arrays.
    """

    kind: ClassVar[str] = "learned_thresholds"
    weights: tuple[tuple[float, ...], ...]
    """``[k, k]``, what each label's threshold takes from the log-odds of all."""
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
        squared weights is added, which keeps thresholds near one a label. A cell that is not known
        counts in no sum, though its score may move other labels' thresholds. Labels that are not
        ``tunable`` keep 0.5. Raises ``TagonautError`` for arrays that do not fit.
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


class Cells(NamedTuple):
    """What is fitted: m labels, by the scores of k."""

    features: Floats
    """``[n, k]``, standardised."""
    logits: Floats
    """``[n, m]``."""
    positive: Mask
    known: Mask
    penalty: Floats
    """``[m, k]``, on the squared weights."""

    def of(self, labels: NDArray[np.intp]) -> "Cells":
        if len(labels) == len(self.penalty):
            return self
        return Cells(
            self.features,
            self.logits[:, labels],
            self.positive[:, labels],
            self.known[:, labels],
            self.penalty[labels],
        )


def fit_cells(cells: Cells) -> tuple[Floats, Floats]:
    """``weights[m, k]`` and ``bias[m]`` of least loss.

    Newton's method. The labels share nothing but the features, so that each has a step of its own,
    and one matrix product serves them all.
    """
    labels, width = cells.penalty.shape
    table = np.zeros((labels, width + 1))
    features = np.column_stack([cells.features, np.ones(len(cells.features))])
    whole = Cells(
        features,
        cells.logits,
        cells.positive,
        cells.known,
        np.column_stack([cells.penalty, np.zeros(labels)]),
    )
    spectrum = np.linalg.eigh(features.T @ features)
    open_labels = np.arange(labels)
    for _ in range(MAX_STEPS):
        some = whole.of(open_labels)
        point = table[open_labels]
        step, decrement = _newton_step(point, some, spectrum)
        moved, lower = _backtracked(point, step, decrement, some)
        table[open_labels] = moved
        open_labels = open_labels[lower & (decrement > CONVERGED)]
        if not len(open_labels):
            break
    return table[:, :-1], table[:, -1]


def penalised_entropy(table: Floats, cells: Cells) -> Floats:
    """The loss of each label in nats, ``[m]``, of a ``table[m, k]`` of weights."""
    margins = cells.logits - cells.features @ table.T
    entropy = np.where(cells.known, np.logaddexp(0, margins) - cells.positive * margins, 0)
    return np.asarray(entropy.sum(axis=0) + (cells.penalty * table**2).sum(axis=1) / 2)


def _newton_step(
    table: Floats, cells: Cells, spectrum: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """The steps ``[m, k]`` down, and how much of the loss each promises to take twice over.

    Each label's equations by conjugate gradients. The features' own ``spectrum``, their squares'
    eigenvalues and vectors, stands in for each label's, in which pictures weigh differently: so few
    turns are needed however much the features say the same.
    """
    probabilities = expit(cells.logits - cells.features @ table.T)
    weights = np.where(cells.known, probabilities * (1 - probabilities), 0)
    wrong = np.where(cells.known, cells.positive - probabilities, 0)
    downhill = -(wrong.T @ cells.features + cells.penalty * table)
    values, vectors = spectrum
    scale = 1 / (
        np.maximum(weights.mean(axis=0), TINY)[:, np.newaxis] * np.maximum(values, TINY)
        + cells.penalty.mean(axis=1, keepdims=True)
    )

    def eased(residual: Floats) -> Floats:
        return ((residual @ vectors) * scale) @ vectors.T

    step, residual = np.zeros_like(table), downhill.copy()
    direction = toward = eased(residual)
    size = start = _dots(residual, toward)
    for _ in range(2 * table.shape[1]):
        curved = (weights * (cells.features @ direction.T)).T @ cells.features
        curved += cells.penalty * direction
        length = _ratio(size, _dots(direction, curved))
        step += length * direction
        residual -= length * curved
        toward = eased(residual)
        before, size = size, _dots(residual, toward)
        if (size <= EXACTNESS * start).all():
            break
        direction = toward + _ratio(size, before) * direction
    return step, _dots(downhill, step)[:, 0]


def _backtracked(
    table: Floats, step: Floats, decrement: Floats, cells: Cells
) -> tuple[Floats, Mask]:
    """The table after the steps, each halved until its loss falls, and whether it does."""
    loss = penalised_entropy(table, cells)
    moved, waiting, size = table.copy(), np.arange(len(table)), 1.0
    for _ in range(MAX_HALVINGS):
        trial = table[waiting] + size * step[waiting]
        promised = loss[waiting] - 1e-4 * size * decrement[waiting]
        # Near the optimum the losses differ by rounding.
        enough = penalised_entropy(trial, cells.of(waiting)) <= promised + 1e-13 * loss[waiting]
        moved[waiting[enough]] = trial[enough]
        waiting = waiting[~enough]
        if not len(waiting):
            break
        size /= 2
    lower = np.ones(len(table), dtype=np.bool_)
    lower[waiting] = False
    return moved, lower


def _dots(one: Floats, other: Floats) -> Floats:
    return np.einsum("mk,mk->m", one, other)[:, np.newaxis]


def _ratio(share: Floats, whole: Floats) -> Floats:
    return np.divide(share, whole, out=np.zeros_like(whole), where=whole > 0)
