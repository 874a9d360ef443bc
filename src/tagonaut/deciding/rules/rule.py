"""The decision rule: from scores to tags, and what it was tuned on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_probabilities
from tagonaut.deciding.calibration.calibration import Calibration, CalibrationKind
from tagonaut.deciding.rules.objectives import Objective
from tagonaut.deciding.rules.thresholding import Thresholds
from tagonaut.deciding.rules.thresholds import DEFAULT_THRESHOLD, tunable
from tagonaut.deciding.rules.tuning import Decider, RuleKind, Tuning, texts, tuned_decider
from tagonaut.deciding.stored import read_object
from tagonaut.errors import TagonautError, nearest
from tagonaut.labels import LabelSet

NAMES = ("labels", "decider", "groups", "implications", "calibration", "tuning")
DECIDERS: dict[str, type[Decider]] = {some.kind: some for some in get_args(Decider)}


@dataclass(frozen=True)
class DecisionRule:
    """Scores are calibrated, decided, and brought into line with what labels imply.

    ``groups``: of each exactly one label is tagged. ``implications``: pairs; a picture that is
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
        *,
        ids: Sequence[str],
        split: str,
        objective: str = "f1",
        kind: RuleKind = "shrunk",
        calibration: CalibrationKind | Literal["auto", "none"] = "auto",
        target: float | None = None,
        known: ArrayLike | None = None,
        groups: Sequence[Sequence[str]] = (),
        implications: Sequence[tuple[str, str]] = (),
        seed: int = 0,
    ) -> Self:
        """The rule of a kind that does best by ``objective`` on pictures ``ids[n]``.

        ``scores[n, k]`` in [0, 1] are out of sample: of networks that were not fitted on the
        pictures they score. The kinds:

        ``half``: one half for every label. ``global``: one threshold for all labels. ``optimum``:
        each label's own, the best on these pictures. ``shrunk``: those drawn towards the global
        one, see ``shrunk_thresholds``. ``theory``: where calibrated scores have their best F-beta
        in expectation, see ``theoretical_thresholds`` (one half for exact match). ``expected_f``:
        as many of the likeliest labels as make F-beta highest in expectation. ``precision`` and
        ``recall``: thresholds that keep ``target`` (0.95: at most one tag in twenty is wrong).
        ``cost``: the least cost where a missed tag costs ``target`` times what a wrong one does.
        ``learned_thresholds`` and ``learned_count``: see there.

        ``calibration``: scores are first made probabilities, on the same pictures; ``auto`` does so
        (``beta``) for the kinds that compute with them, ``theory`` and ``expected_f``.

        Raises ``TagonautError`` for arrays that do not fit, an unknown objective or kind, and a
        target that is missing or out of range.
        """
        if kind not in get_args(RuleKind):
            raise TagonautError(
                f"there is no rule {nearest(str(kind), get_args(RuleKind))}:"
                f" {', '.join(get_args(RuleKind))}"
            )
        able = tunable(targets, known=known)
        if len(ids) != len(np.asarray(targets)):
            raise TagonautError(
                f"{len(ids)} ids do not fit targets of {len(np.asarray(targets))} pictures"
            )
        if len(labels) != len(able):
            raise TagonautError(f"{len(labels)} labels do not fit targets of {len(able)}")
        if calibration == "auto":
            # Without a single example there is nothing to calibrate by.
            computes = kind in {"theory", "expected_f"}
            calibration = "beta" if computes and able.any() else "none"
        fitted = None
        if calibration != "none":
            fitted = Calibration.fit(calibration, targets, scores, known=known)
            scores = fitted.apply(scores)
        decider = tuned_decider(
            kind,
            targets,
            scores,
            Objective.of(objective),
            known,
            LabelSet(tuple(labels), tuple(map(tuple, groups))),
            target,
            seed,
        )
        untuned = tuple(label for label, k in zip(labels, able, strict=True) if not k)
        tuning = Tuning(objective, kind, split, tuple(ids), untuned, target)
        return cls(
            tuple(labels),
            decider,
            tuple(map(tuple, groups)),
            tuple((one, other) for one, other in implications),
            fitted,
            tuning,
        )

    @property
    def thresholds(self) -> tuple[float, ...] | None:
        """One a label, of calibrated scores; infinite: never tagged. None where it has none."""
        return self.decider.thresholds if isinstance(self.decider, Thresholds) else None

    @property
    def metric(self) -> str | None:
        """What the rule was tuned for, in words; None where it was not tuned."""
        return self.tuning.aim if self.tuning else None

    @property
    def untuned(self) -> tuple[str, ...]:
        """The labels that could not be tuned; none where nothing was."""
        return self.tuning.untuned if self.tuning else ()

    @property
    def pictures(self) -> tuple[str, ...]:
        """The ids of the pictures that the rule was tuned on."""
        return self.tuning.pictures if self.tuning else ()

    def calibrate(self, scores: ArrayLike) -> NDArray[Any]:
        """Probabilities ``[n, k]`` of a network's ``scores[n, k]``; as they are if not calibrated.

        Raises ``TagonautError`` for scores not in [0, 1].
        """
        raw = self._checked(scores)
        return raw if self.calibration is None else self.calibration.apply(raw)

    def decide(self, scores: ArrayLike) -> Mask:
        """``tags[n, k]`` of what ``calibrate`` gives.

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
        if not isinstance(found["decider"], Mapping):
            raise TagonautError(f"a decider must be an object, not {found['decider']!r:.60}")
        decider = dict(found["decider"])
        kind = decider.pop("kind", None)
        if not isinstance(kind, str) or kind not in DECIDERS:
            raise TagonautError(f"there is no decider {nearest(str(kind), list(DECIDERS))}")
        calibration, tuning = found["calibration"], found["tuning"]
        return cls(
            found["labels"],
            DECIDERS[kind].from_json(decider),
            tuple(texts("a group", group) for group in _list("groups", found["groups"])),
            tuple(
                texts("an implication", pair)  # type: ignore[misc]
                for pair in _list("implications", found["implications"])
            ),
            None if calibration is None else Calibration.from_json(calibration),
            None if tuning is None else Tuning.from_json(tuning),
        )


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
