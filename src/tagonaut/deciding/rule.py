"""The decision rule: from scores to tags, and what it was tuned on."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_beta, check_probabilities
from tagonaut.deciding.thresholds import DEFAULT_THRESHOLD, best_thresholds, tunable
from tagonaut.errors import TagonautError, nearest
from tagonaut.labels import LabelSet


@dataclass(frozen=True)
class DecisionRule:
    """A label is tagged where its score is at or above its threshold; of a group, exactly one is.

    Raises ``TagonautError`` for names that are not text, repeated labels, thresholds that are not
    one a label or not in [0, 1], a metric other than ``"f1"``, ``"f2"``, ``"f0.5"`` and so on, and
    groups that do not fit the labels.
    """

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    metric: str | None = None
    """What the thresholds were tuned for; None where they were not tuned."""
    split: str | None = None
    """The name of the split that they were tuned on."""
    pictures: tuple[str, ...] = ()
    """The ids of the pictures whose out-of-sample scores they were tuned on."""
    untuned: tuple[str, ...] = ()
    """The labels left at ``DEFAULT_THRESHOLD``: those pictures have no positive, or no negative."""
    groups: tuple[tuple[str, ...], ...] = ()
    """Of each exactly one label is tagged: the one whose odds are highest over its threshold's."""

    def __post_init__(self) -> None:
        for name in ("labels", "pictures", "untuned"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        object.__setattr__(self, "thresholds", _numbers(self.thresholds))
        if not self.labels or len(set(self.labels)) < len(self.labels):
            raise TagonautError("a decision rule needs at least one label, and each only once")
        if len(self.thresholds) != len(self.labels):
            raise TagonautError(
                f"{len(self.thresholds)} thresholds do not fit {len(self.labels)} labels"
            )
        for label, threshold in zip(self.labels, self.thresholds, strict=True):
            if not 0 <= threshold <= 1:
                raise TagonautError(f"the threshold of {label!r} is {threshold}, not from 0 to 1")
        for label in self.untuned:
            if label not in self.labels:
                raise TagonautError(f"untuned: there is no label {nearest(label, self.labels)}")
        if self.metric is not None:
            _beta(self.metric)
        if self.split is not None:
            _texts("split", [self.split])
        groups = tuple(_texts("a group", group) for group in self.groups)
        object.__setattr__(self, "groups", groups)
        if groups:
            LabelSet(self.labels, groups)

    @classmethod
    def at(
        cls,
        labels: Sequence[str],
        threshold: float = DEFAULT_THRESHOLD,
        *,
        groups: Sequence[Sequence[str]] = (),
    ) -> Self:
        """The same threshold for every label, tuned on nothing."""
        return cls(tuple(labels), (threshold,) * len(labels), groups=tuple(map(tuple, groups)))

    @classmethod
    def tune(
        cls,
        labels: Sequence[str],
        targets: ArrayLike,
        scores: ArrayLike,
        *,
        metric: str,
        ids: Sequence[str],
        split: str,
        known: ArrayLike | None = None,
        groups: Sequence[Sequence[str]] = (),
    ) -> Self:
        """The rule with the highest ``metric`` (``"f2"``) of each label on these pictures.

        ``scores[n, k]`` in [0, 1] are out of sample: of a model that was not fitted on pictures
        ``ids[n]``. Raises what ``best_thresholds`` raises, and ``TagonautError`` where there are
        not n ids and k labels.
        """
        thresholds = best_thresholds(targets, scores, beta=_beta(metric), known=known).tolist()
        pictures = len(np.asarray(targets))
        if len(ids) != pictures:
            raise TagonautError(f"{len(ids)} ids do not fit targets of {pictures} pictures")
        tuned = tunable(targets, known=known)
        untuned = tuple(label for label, k in zip(labels, tuned, strict=False) if not k)
        return cls(
            tuple(labels),
            tuple(thresholds),
            metric,
            split,
            tuple(ids),
            untuned,
            tuple(map(tuple, groups)),
        )

    def decide(self, scores: ArrayLike) -> Mask:
        """``tags[n, k]`` of ``scores[n, k]``; raises ``TagonautError`` for scores not in [0, 1]."""
        probabilities = check_probabilities(scores)
        if probabilities.shape[1] != len(self.labels):
            raise TagonautError(
                f"scores of {probabilities.shape[1]} labels do not fit "
                f"a decision rule of {len(self.labels)}"
            )
        thresholds = np.array(self.thresholds)
        tags = probabilities >= thresholds
        for group in self.groups:
            columns = [self.labels.index(label) for label in group]
            over = _log_odds(probabilities[:, columns]) - _log_odds(thresholds[columns])
            tags[:, columns] = np.eye(len(columns), dtype=bool)[over.argmax(axis=1)]
        return tags

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file; thresholds come back to the bit."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError`` for a missing or unknown name."""
        if not isinstance(values, Mapping):
            raise TagonautError(f"a decision rule is read from an object, not {values!r:.60}")
        names = [item.name for item in fields(cls)]
        for name in values:
            if name not in names:
                raise TagonautError(f"a decision rule has no {nearest(str(name), names)}")
        if missing := [name for name in names if name not in values]:
            raise TagonautError(f"the decision rule lacks {', '.join(missing)}")
        return cls(**values)


def _log_odds(probabilities: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    # In float64, the widest that has finite odds.
    inside = probabilities.astype(np.float64).clip(1e-300, 1 - 2**-53)
    return np.log(inside) - np.log1p(-inside)


def _beta(metric: str) -> float:
    found = re.fullmatch(r"f(\d+(?:\.\d+)?)", metric) if isinstance(metric, str) else None
    if found is None:
        raise TagonautError(f"thresholds are tuned for f1, f2, f0.5 and so on, not for {metric!r}")
    return check_beta(float(found[1]))


def _texts(name: str, values: Any) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TagonautError(f"{name} of a decision rule must be a list of text, not {values!r:.60}")
    texts = tuple(values)
    for text in texts:
        if not isinstance(text, str):
            raise TagonautError(f"{name} of a decision rule must be text, not {text!r:.60}")
    return texts


def _numbers(values: Any) -> tuple[float, ...]:
    if not isinstance(values, Iterable):
        raise TagonautError(f"thresholds must be a list of numbers, not {values!r:.60}")
    numbers = tuple(values)
    for number in numbers:
        if not isinstance(number, Real) or isinstance(number, bool):
            raise TagonautError(f"a threshold must be a number, not {number!r:.60}")
    return tuple(float(number) for number in numbers)
