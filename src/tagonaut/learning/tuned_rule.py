"""The decision rule that a recipe asks for, and what is to be known of it."""

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SplitTable
from tagonaut.deciding import OUT_OF_FOLD, DecisionRule, precision, recall
from tagonaut.learning.recipes.recipe import Recipe


def tuned_rule(
    recipe: Recipe,
    table: SplitTable,
    rows: NDArray[np.intp],
    scores: NDArray[np.float32],
    *,
    folded: bool | None = None,
) -> DecisionRule:
    """The rule tuned on these rows of the table, whose raw ``scores[len(rows), k]`` are given.

    ``folded``: whether they are out of fold; by default as the table is.
    """
    if folded is None:
        folded = table.folded
    return DecisionRule.tune(
        table.labels.names,
        table.targets[rows],
        scores,
        known=table.known[rows],
        ids=[table.ids[row] for row in rows],
        split=OUT_OF_FOLD if folded else "validation",
        groups=table.labels.groups,
        **recipe.tuning(),
    )


def rule_notes(
    rule: DecisionRule,
    table: SplitTable,
    rows: NDArray[np.intp],
    scores: NDArray[np.float32],
) -> tuple[str, ...]:
    """What could not be tuned, and what looks like recall and is nothing learned."""
    split = rule.tuning.split if rule.tuning else ""
    notes = []
    if rule.untuned:
        notes.append(
            f"{', '.join(rule.untuned)}: no decision of their own could be tuned (the"
            f" {split} pictures have no example, or nothing else)"
        )
    tags = rule.decide(rule.calibrate(scores))
    without = ((table.targets[rows] == 0) & table.known[rows]).any(axis=0)
    everywhere = [rule.labels[k] for k in np.flatnonzero(tags.all(axis=0) & without)]
    if everywhere:
        notes.append(
            f"{', '.join(everywhere)}: said of every {split} picture, of those without it too:"
            " nothing was learned of it, whatever its F1"
        )
    together = {name for group in (*rule.groups, *rule.implications) for name in group}
    if rule.thresholds is not None:
        never = [
            label
            for label, threshold in zip(rule.labels, rule.thresholds, strict=True)
            if np.isinf(threshold) and label not in together
        ]
        if never:
            notes.append(f"{', '.join(never)}: never tagged: no threshold keeps what is asked")
    notes += _target_notes(rule, table.targets[rows], tags, table.known[rows])
    return tuple(notes)


def _target_notes(
    rule: DecisionRule,
    targets: NDArray[np.uint8],
    tags: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> list[str]:
    """Where deciding together takes back what each label's threshold would keep."""
    tuning = rule.tuning
    if tuning is None or tuning.target is None or tuning.kind not in {"precision", "recall"}:
        return []
    metric = precision if tuning.kind == "precision" else recall
    counted = tags if tuning.kind == "precision" else targets == 1
    found = metric(targets, tags, known=known)
    short = (found < tuning.target - 1e-9) & (counted & known).any(axis=0)
    if not short.any():
        return []
    told = ", ".join(f"{rule.labels[k]} ({100 * found[k]:.0f} %)" for k in np.flatnonzero(short))
    return [
        f"{told}: {tuning.kind} is below {100 * tuning.target:g} % on the very pictures that tuned"
        " it: labels that are decided together cannot each keep it"
    ]
