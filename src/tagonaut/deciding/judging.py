"""A rule's quality, on pictures that neither it nor the network has seen."""

from collections.abc import Collection, Sequence

from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Mask
from tagonaut.deciding.decision_rule import DecisionRule
from tagonaut.deciding.evaluation import Evaluation, evaluate
from tagonaut.errors import TagonautError

SHOWN = 3


def judge(
    rule: DecisionRule,
    ids: Sequence[str],
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    majority: Sequence[bool] | Mask,
    known: ArrayLike | None = None,
    seen: Collection[str] = (),
    in_sample: bool = False,
) -> Evaluation:
    """The evaluation of the tags that the rule gives pictures ``ids[n]`` for ``scores[n, k]``.

    ``scores`` are the network's, not yet calibrated; ``seen``: ids of the pictures that the network
    learned from. Raises ``TagonautError`` where the rule was tuned on any of the pictures or they
    are among ``seen``: their figures are better than those of new pictures. With ``in_sample`` they
    are judged all the same, and the evaluation's ``in_sample`` counts them. Raises also what
    ``evaluate`` raises.
    """
    tuned, learned = set(rule.pictures), set(seen)
    familiar = [name for name in ids if name in tuned or name in learned]
    if familiar and not in_sample:
        raise TagonautError(
            f"{len(familiar):,} of {len(ids):,} pictures were learned from, or the thresholds were"
            f" tuned on them ({', '.join(familiar[:SHOWN])}{', …' * (len(familiar) > SHOWN)}):"
            " they say nothing of new pictures"
        )
    probabilities = rule.calibrate(scores)
    return evaluate(
        rule.labels,
        targets,
        probabilities,
        rule.decide(probabilities),
        majority=majority,
        thresholds=rule.thresholds,
        known=known,
        in_sample=len(familiar),
    )
