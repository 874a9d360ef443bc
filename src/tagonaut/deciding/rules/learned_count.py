"""How many labels a picture has, learned from its scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Floats, Mask, check_targets
from tagonaut.deciding.calibration.score_features import Standard, bounded_log_odds
from tagonaut.deciding.rules.label_order import LabelOrder
from tagonaut.deciding.stored import read_floats, read_object
from tagonaut.errors import TagonautError

LARGEST_SHARE = 0.01
"""The pictures of most labels, up to this share of all, count as having the most of the others."""


@dataclass(frozen=True)
class LearnedCount:
    """Tags a picture's likeliest labels, as many as a linear model of its sorted log-odds says.

    The label count estimation of Li, Song and Luo (2017, CVPR, "Improving Pairwise Ranking for
    Multi-label Image Classification"), from scores instead of a network's features. The model says
    the count whose row of ``weights @ sorted_log_odds + bias`` is highest. Of an exclusive group
    the likeliest label is tagged, and counts.
    """

    kind: ClassVar[str] = "learned_count"
    counts: tuple[int, ...]
    """``[c]``, rising: the counts that can come out."""
    weights: tuple[tuple[float, ...], ...]
    """``[c, k]``; the highest log-odds of a picture come first."""
    bias: tuple[float, ...]
    """``[c]``."""

    def __post_init__(self) -> None:
        counts = read_floats("counts of a learned count", self.counts, dimensions=1)
        weights = read_floats("weights of a learned count", self.weights, dimensions=2)
        bias = read_floats("bias of a learned count", self.bias, dimensions=1)
        if not len(counts) == len(weights) == len(bias):
            raise TagonautError(
                f"a learned count needs weights and bias for each count, but has {len(counts)} "
                f"counts, {len(weights)} rows of weights and a bias of {len(bias)}"
            )
        whole = (counts == np.floor(counts)).all() and (np.diff(counts) > 0).all()
        if not (whole and counts[0] >= 0 and counts[-1] <= weights.shape[1]):
            raise TagonautError(
                "counts of a learned count: must be whole numbers, rising, from 0 to the number "
                f"of labels, which is {weights.shape[1]}"
            )
        object.__setattr__(self, "counts", tuple(counts.astype(int).tolist()))
        object.__setattr__(self, "weights", tuple(map(tuple, weights.tolist())))
        object.__setattr__(self, "bias", tuple(bias.tolist()))

    @classmethod
    def fit(cls, targets: ArrayLike, scores: ArrayLike, *, known: ArrayLike | None = None) -> Self:
        """Multinomial logistic regression of the counts of ``targets[n, k]`` on ``scores[n, k]``.

        Pictures with a label that is not known are left out, as nobody can count theirs. Raises
        ``TagonautError`` for arrays that do not fit, and where no picture is left.
        """
        positive, mask = check_targets(targets, known)
        logits = bounded_log_odds(scores)
        if logits.shape != mask.shape:
            raise TagonautError(
                f"scores has the shape {list(logits.shape)} but the targets have {list(mask.shape)}"
            )
        whole = mask.all(axis=1)
        if not whole.any():
            raise TagonautError(
                "the number of labels cannot be learned: of no picture all labels are known"
            )
        numbers = _capped(positive[whole].sum(axis=1))
        counts = np.unique(numbers)
        weights, bias = np.zeros((1, mask.shape[1])), np.zeros(1)
        if len(counts) > 1:
            features = _falling(logits[whole])
            standard = Standard.of(features)
            weights, bias = standard.fold(*_regression(standard.apply(features), numbers))
        return cls(
            tuple(counts.tolist()), tuple(map(tuple, weights.tolist())), tuple(bias.tolist())
        )

    def decide(self, scores: Floats, groups: Sequence[Sequence[int]]) -> Mask:
        """``tags[n, k]`` of ``scores[n, k]``; ``groups`` are of columns."""
        logits = bounded_log_odds(scores, len(self.weights[0]))
        votes = _falling(logits) @ np.array(self.weights).T + np.array(self.bias)
        order = LabelOrder.of(np.asarray(scores, dtype=np.float64), groups)
        counts = np.array(self.counts)[votes.argmax(axis=1)]
        return order.tags(counts.clip(order.least, order.most))

    def to_json(self) -> dict[str, Any]:
        """Plain values; they come back to the bit."""
        return {
            "counts": list(self.counts),
            "weights": [list(row) for row in self.weights],
            "bias": list(self.bias),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError``."""
        return cls(**read_object("a learned count", values, ["counts", "weights", "bias"]))


def _capped(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    most = np.sort(numbers)[math.ceil((1 - LARGEST_SHARE) * len(numbers)) - 1]
    return np.minimum(numbers, most)


def _falling(logits: Floats) -> Floats:
    return -np.sort(-logits, axis=1)


def _regression(features: Floats, numbers: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """``weights[c, k]`` and ``bias[c]``, a row for each distinct number."""
    # Imported here: it takes longer than everything else in this room.
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000).fit(features, numbers)
    if len(model.classes_) > 2:
        return model.coef_, model.intercept_
    # Of two classes scikit-learn keeps the log-odds of the second alone.
    return np.vstack([0 * model.coef_, model.coef_]), np.r_[0, model.intercept_]
