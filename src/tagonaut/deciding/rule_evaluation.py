"""A rule's quality on pictures that neither it nor the network has seen."""

from collections.abc import Collection, Sequence

from numpy.typing import ArrayLike

from tagonaut.deciding.arrays import Mask
from tagonaut.deciding.decision_rule import DecisionRule
from tagonaut.deciding.evaluation import Evaluation, evaluate
from tagonaut.errors import TagonautError

NAMED = 3
"""Pictures that a message names."""


def evaluate_rule(
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
    """Evaluate the tags that the rule gives pictures ``ids[n]`` for ``scores[n, k]``.

    ``scores`` are the network's, not yet calibrated; ``seen``: ids of the pictures that the network
    learned from. Raises ``TagonautError`` where ``count_in_sample`` or ``evaluate`` does.
    """
    count = count_in_sample(rule, ids, seen=seen, allowed=in_sample)
    probabilities = rule.calibrate(scores)
    return evaluate(
        rule.labels,
        targets,
        probabilities,
        rule.decide(probabilities),
        majority=majority,
        thresholds=rule.thresholds,
        known=known,
        in_sample=count,
    )


def count_in_sample(
    rule: DecisionRule, ids: Sequence[str], *, seen: Collection[str], allowed: bool
) -> int:
    """Count the pictures that the rule was tuned on or the network has ``seen``.

    Figures of such pictures are better than those of new ones. Raises ``TagonautError`` where there
    is any, unless they are ``allowed``.
    """
    tuned, learned = set(rule.pictures), set(seen)
    known = [name for name in ids if name in tuned or name in learned]
    if known and not allowed:
        raise TagonautError(
            f"{len(known):,} of {len(ids):,} pictures were used to fit the network or to tune the "
            f"thresholds ({', '.join(known[:NAMED])}{', …' * (len(known) > NAMED)}): figures on "
            "these say nothing about new pictures"
        )
    return len(known)
