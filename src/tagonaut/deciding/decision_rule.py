"""The decision rule of a run: it turns scores into tags, and knows what it was tuned on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_probabilities, check_targets
from tagonaut.deciding.calibration import Calibration, CalibrationKind
from tagonaut.deciding.rules import Decider, Examples, Thresholds, read_decider, target_of
from tagonaut.deciding.stored import read_object
from tagonaut.deciding.thresholds import DEFAULT_THRESHOLD, Objective, tunable
from tagonaut.deciding.tuning import DecisionSettings, Tuning, texts
from tagonaut.errors import TagonautError, nearest
from tagonaut.labels import LabelSet

NAMES = ("labels", "decider", "groups", "implications", "calibration", "tuning")


@dataclass(frozen=True)
class DecisionRule:
    """A rule calibrates scores, decides, and adds the labels that others imply.

    ``groups``: exactly one label of each is tagged. ``implications``: pairs; a picture that is
    given the first label is given the second too. Raises ``TagonautError`` for names that are not
    text, repeated labels, and parts that do not fit the labels.
    """

    labels: tuple[str, ...]
    decider: Decider
    groups: tuple[tuple[str, ...], ...] = ()
    implications: tuple[tuple[str, str], ...] = ()
    calibration: Calibration | None = None
    tuning: Tuning | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", texts("labels", self.labels))
        if not self.labels or len(set(self.labels)) < len(self.labels):
            raise TagonautError("a decision rule needs at least one label, and each only once")
        for name in ("groups", "implications"):
            object.__setattr__(self, name, tuple(texts(name, some) for some in getattr(self, name)))
        if self.groups:
            LabelSet(self.labels, self.groups)
        _check_implications(self)
        if self.thresholds is not None and len(self.thresholds) != len(self.labels):
            raise TagonautError(
                f"{len(self.thresholds)} thresholds do not fit {len(self.labels)} labels"
            )
        for label in self.untuned:
            if label not in self.labels:
                raise TagonautError(f"untuned: there is no label {nearest(label, self.labels)}")

    @classmethod
    def at(
        cls,
        labels: Sequence[str],
        threshold: float = DEFAULT_THRESHOLD,
        *,
        groups: Sequence[Sequence[str]] = (),
    ) -> Self:
        """The same threshold for every label, tuned on nothing."""
        thresholds = Thresholds((threshold,) * len(labels))
        return cls(tuple(labels), thresholds, tuple(map(tuple, groups)))

    @classmethod
    def tune(
        cls,
        labels: Sequence[str],
        targets: ArrayLike,
        scores: ArrayLike,
        settings: DecisionSettings | None = None,
        *,
        ids: Sequence[str],
        split: str,
        known: ArrayLike | None = None,
        groups: Sequence[Sequence[str]] = (),
    ) -> Self:
        """The rule that does best on pictures ``ids[n]`` of a ``split``, as ``settings`` say.

        ``scores[n, k]`` in [0, 1] are out of sample: of networks that were not fitted on the
        pictures they score. ``known[n, k]``: the cells whose target is known, by default all.
        Without ``settings`` it is ``shrunk`` and tuned for macro F1. Raises ``TagonautError`` for
        arrays that do not fit, and for an unknown objective or calibration.
        """
        settings = settings or DecisionSettings()
        able = tunable(targets, known=known)
        positive, mask = check_targets(targets, known)
        if len(ids) != len(positive):
            raise TagonautError(f"{len(ids)} ids do not fit targets of {len(positive)} pictures")
        if len(labels) != len(able):
            raise TagonautError(f"{len(labels)} labels do not fit targets of {len(able)}")
        named = LabelSet(tuple(labels), tuple(map(tuple, groups)))
        objective = Objective.of(settings.objective)
        probabilities = check_probabilities(scores, mask.shape)
        calibration = _calibration(settings, able)
        fitted = None
        if calibration != "none":
            fitted = Calibration.fit(calibration, positive, probabilities, known=mask)
            probabilities = fitted.apply(probabilities)
        columns = [[named.index(label) for label in group] for group in named.groups]
        examples = Examples(positive, probabilities, mask, columns)
        rule = settings.rule
        untuned = tuple(label for label, k in zip(named.names, able, strict=True) if not k)
        return cls(
            named.names,
            rule.tune(examples, objective, settings.seed),
            named.groups,
            settings.implications,
            fitted,
            Tuning(settings.objective, rule.kind, split, tuple(ids), untuned, target_of(rule)),
        )

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """``[k]``, of calibrated scores; an infinite one never tags. None for other deciders."""
        return self.decider.thresholds if isinstance(self.decider, Thresholds) else None

    @property
    def metric(self) -> str | None:
        """The objective or target that the rule was tuned for, in words; None if it was not."""
        return self.tuning.aim if self.tuning else None

    @property
    def untuned(self) -> tuple[str, ...]:
        """The labels that could not be tuned; none for a rule that was not tuned."""
        return self.tuning.untuned if self.tuning else ()

    @property
    def pictures(self) -> tuple[str, ...]:
        """The ids of the pictures that the rule was tuned on."""
        return self.tuning.pictures if self.tuning else ()

    def calibrate(self, scores: ArrayLike) -> NDArray[Any]:
        """Probabilities ``[n, k]`` of a network's ``scores[n, k]``; unchanged without calibration.

        Raises ``TagonautError`` for scores not in [0, 1].
        """
        raw = self._checked(scores)
        return raw if self.calibration is None else self.calibration.apply(raw)

    def decide(self, scores: ArrayLike) -> Mask:
        """``tags[n, k]`` of ``scores[n, k]`` that ``calibrate`` returned.

        Raises ``TagonautError`` for scores not in [0, 1].
        """
        columns = LabelSet(self.labels).index
        groups = [[columns(label) for label in group] for group in self.groups]
        tags = self.decider.decide(self._checked(scores), groups)
        # As often as a chain of implications may be long.
        for _ in self.implications:
            for one, other in self.implications:
                tags[:, columns(other)] |= tags[:, columns(one)]
        return tags

    def _checked(self, scores: ArrayLike) -> NDArray[Any]:
        probabilities = check_probabilities(scores)
        if probabilities.shape[1] != len(self.labels):
            raise TagonautError(
                f"scores of {probabilities.shape[1]} labels do not fit "
                f"a decision rule of {len(self.labels)}"
            )
        return probabilities

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file; numbers come back to the bit."""
        return {
            "labels": list(self.labels),
            "decider": {"kind": self.decider.kind, **self.decider.to_json()},
            "groups": [list(group) for group in self.groups],
            "implications": [list(pair) for pair in self.implications],
            "calibration": None if self.calibration is None else self.calibration.to_json(),
            "tuning": None if self.tuning is None else self.tuning.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; raises ``TagonautError`` for a missing or unknown name."""
        found = read_object("a decision rule", values, NAMES)
        calibration, tuning = found["calibration"], found["tuning"]
        return cls(
            found["labels"],
            read_decider(found["decider"]),
            tuple(texts("a group", group) for group in _list("groups", found["groups"])),
            tuple(
                texts("an implication", pair)  # type: ignore[misc]
                for pair in _list("implications", found["implications"])
            ),
            None if calibration is None else Calibration.from_json(calibration),
            None if tuning is None else Tuning.from_json(tuning),
        )


def _calibration(settings: DecisionSettings, able: Mask) -> CalibrationKind | Literal["none"]:
    if settings.calibration != "auto":
        return settings.calibration
    # Without a single example there is nothing to calibrate by.
    return "beta" if settings.rule.needs_probabilities and able.any() else "none"


def _check_implications(rule: DecisionRule) -> None:
    grouped = {label for group in rule.groups for label in group}
    for pair in rule.implications:
        if len(pair) != 2:
            raise TagonautError(f"an implication is a pair of labels, not {list(pair)!r:.60}")
        for label in pair:
            if label not in rule.labels:
                raise TagonautError(
                    f"implications: there is no label {nearest(label, rule.labels)}"
                )
        if pair[1] in grouped:
            raise TagonautError(
                f"implications: {pair[1]!r} is in an exclusive group, of which exactly one is"
                " tagged: it cannot be implied as well"
            )


def _list(name: str, values: Any) -> Sequence[Any]:
    if not isinstance(values, list | tuple):
        raise TagonautError(f"{name} of a decision rule must be a list, not {values!r:.60}")
    return values
