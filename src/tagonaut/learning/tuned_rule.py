"""The decision rule that a recipe asks for, and notes on its weak points."""

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SplitTable
from tagonaut.deciding import OUT_OF_FOLD, DecisionRule, ShareSettings
from tagonaut.learning.recipes import Recipe


def tuned_rule(
    recipe: Recipe,
    table: SplitTable,
    rows: NDArray[np.intp],
    scores: NDArray[np.float32],
    *,
    folded: bool | None = None,
) -> DecisionRule:
    """The rule tuned on these rows of the table by their raw ``scores[len(rows), k]``.

    ``folded``: whether the scores are out of fold; by default as the table is.
    """
    if folded is None:
        folded = table.folded
    return DecisionRule.tune(
        table.labels.names,
        table.targets[rows],
        scores,
        recipe.tuning(),
        ids=[table.ids[row] for row in rows],
        split=OUT_OF_FOLD if folded else "validation",
        known=table.known[rows],
        groups=table.labels.groups,
    )


def rule_notes(
    rule: DecisionRule,
    table: SplitTable,
    rows: NDArray[np.intp],
    scores: NDArray[np.float32],
) -> tuple[str, ...]:
    """Notes on labels whose decisions cannot be trusted.

    ``scores[len(rows), k]`` are the raw ones of these rows of the table, which tuned the rule.
    """
    targets, known = table.targets[rows], table.known[rows]
    tags = rule.decide(rule.calibrate(scores))
    split = rule.tuning.split if rule.tuning else ""
    notes = []
    if rule.untuned:
        notes.append(
            f"{', '.join(rule.untuned)}: not tuned, because no {split} picture has the label, or "
            "all have it"
        )
    without = ((targets == 0) & known).any(axis=0)
    if everywhere := [rule.labels[k] for k in np.flatnonzero(tags.all(axis=0) & without)]:
        notes.append(
            f"{', '.join(everywhere)}: predicted for every {split} picture, including those without"
            " the label: the model has not learned it, despite its F1"
        )
    if never := _never_tagged(rule):
        notes.append(f"{', '.join(never)}: never tagged: no threshold reaches the target")
    return (*notes, *_missed_targets(rule, targets, tags, known))


def _never_tagged(rule: DecisionRule) -> list[str]:
    together = {name for group in (*rule.groups, *rule.implications) for name in group}
    return [
        label
        for label, threshold in zip(rule.labels, rule.thresholds or (), strict=False)
        if np.isinf(threshold) and label not in together
    ]


def _missed_targets(
    rule: DecisionRule,
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> list[str]:
    """A note where deciding together takes back what each label's threshold would keep."""
    settings = rule.tuning.rule if rule.tuning else None
    if not isinstance(settings, ShareSettings):
        return []
    found = settings.reached(targets, tags, known)
    short = [
        f"{rule.labels[k]} ({100 * found[k]:.0f} %)"
        for k in np.flatnonzero(found < settings.target - 1e-9)
    ]
    if not short:
        return []
    return [
        f"{', '.join(short)}: {settings.kind} is below {100 * settings.target:g} % even on the "
        "pictures that tuned it: labels that are decided together cannot all reach it"
    ]
