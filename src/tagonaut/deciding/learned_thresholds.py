"""A threshold for each label and picture, learned from the picture's scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit

from tagonaut.deciding.arrays import Floats, Mask, check_targets
from tagonaut.deciding.groups import one_of_each
from tagonaut.deciding.score_features import Standard, bounded_log_odds
from tagonaut.deciding.stored import read_floats, read_object
from tagonaut.deciding.thresholds import tunable
from tagonaut.errors import TagonautError

PENALTY_OTHERS = 30.0
"""On the squared weights of other labels' scores, which a threshold should take little from."""
PENALTY_OWN = 0.1
"""On that of a label's own score, which only makes its log-odds steeper or flatter."""


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


def fit_cells(cells: Cells) -> tuple[Floats, Floats]:
    """``weights[m, k]`` and ``bias[m]`` of least loss."""
    shape = (cells.logits.shape[1], cells.features.shape[1] + 1)
    found = minimize(
        penalised_entropy,
        np.zeros(shape).ravel(),
        args=(cells,),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-6},
    )
    parameters = found.x.reshape(shape)
    return parameters[:, :-1], parameters[:, -1]


def penalised_entropy(parameters: Floats, cells: Cells) -> tuple[float, Floats]:
    """The loss in nats a picture, and its gradient, of ``[m, k + 1]`` weights and bias, raveled."""
    table = parameters.reshape(cells.logits.shape[1], -1)
    weights, bias = table[:, :-1], table[:, -1]
    margins = cells.logits - cells.features @ weights.T - bias
    entropy = np.where(cells.known, np.logaddexp(0, margins) - cells.positive * margins, 0)
    wrong = np.where(cells.known, cells.positive - expit(margins), 0)
    gradient = np.column_stack(
        [wrong.T @ cells.features + cells.penalty * weights, wrong.sum(axis=0)]
    )
    pictures = len(margins)
    loss = entropy.sum() + (cells.penalty * weights**2).sum() / 2
    return float(loss) / pictures, gradient.ravel() / pictures
