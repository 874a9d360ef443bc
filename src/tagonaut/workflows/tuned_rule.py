"""The decision rule that a recipe asks for, and what is to be known of it."""

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding import OUT_OF_FOLD, DecisionRule
from tagonaut.learning.recipes import Recipe
from tagonaut.workflows.split_table import SplitTable


def tuned_rule(
    recipe: Recipe, table: SplitTable, rows: NDArray[np.intp], scores: NDArray[np.float32]
) -> DecisionRule:
    """The rule tuned on these rows of the table, whose raw ``scores[len(rows), k]`` are given."""
    return DecisionRule.tune(
        table.labels.names,
        table.targets[rows],
        scores,
        known=table.known[rows],
        ids=[table.ids[row] for row in rows],
        split=OUT_OF_FOLD if table.folded else "validation",
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
    if rule.thresholds is not None:
        never = [
            label
            for label, threshold in zip(rule.labels, rule.thresholds, strict=True)
            if np.isinf(threshold)
        ]
        if never:
            notes.append(f"{', '.join(never)}: never tagged: no threshold keeps what is asked")
    return tuple(notes)
