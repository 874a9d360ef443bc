"""The tags of a run: by its rule, and at one half."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from tagonaut.deciding import DecisionRule, count_in_sample
from tagonaut.reports.evaluate.evaluated import Pictures, Tagged


def tag_by_rule(
    rule: DecisionRule, pictures: Pictures, *, seen: Collection[str], in_sample: bool
) -> list[Tagged]:
    """Tags by the rule of a run and at one half, from scores that are calibrated already.

    ``seen``: ids of the pictures that the network learned from. Raises ``TagonautError`` where the
    network or the rule has seen any of the pictures, unless ``in_sample``.
    """
    scores = np.asarray(pictures.scores)
    tuned = replace(rule, calibration=None)
    half = DecisionRule.at(rule.labels, groups=rule.groups)
    title = f"tuned ({rule.metric})" if rule.metric else "as the run decides"
    return [
        Tagged(
            key,
            called,
            some.decide(scores),
            some.thresholds,
            count_in_sample(some, pictures.ids, seen=seen, allowed=in_sample),
        )
        for key, called, some in (("tuned", title, tuned), ("at_0.5", "at 0.5", half))
    ]
